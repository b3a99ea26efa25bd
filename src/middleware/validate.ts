import { zValidator } from "@hono/zod-validator";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { z } from "zod";
import { Code, NexoError } from "../protocol/codes.ts";
import { LIMITS } from "../protocol/limits.ts";
import { describeIssue } from "../protocol/parse.ts";
import type { AppEnv } from "./context.ts";

/** Validates the JSON body with a schema. @throws NexoError INVALID_PARAMETER, naming the field */
export const body = <T extends z.ZodType>(schema: T) =>
  zValidator("json", schema, (result) => {
    if (!result.success) throw new NexoError(Code.INVALID_PARAMETER, describeIssue(result.error));
  });

/** Validates the query string with a schema. @throws NexoError INVALID_PARAMETER, naming the field */
export const query = <T extends z.ZodType>(schema: T) =>
  zValidator("query", schema, (result) => {
    if (!result.success) throw new NexoError(Code.INVALID_PARAMETER, describeIssue(result.error));
  });

/** Validates path parameters with a schema. @throws NexoError INVALID_PARAMETER, naming the parameter */
export const param = <T extends z.ZodType>(schema: T) =>
  zValidator("param", schema, (result) => {
    if (!result.success) throw new NexoError(Code.INVALID_PARAMETER, describeIssue(result.error));
  });

/** Refuses a body that is too long, without reading it to the end. */
export function limitedBody(): MiddlewareHandler {
  const [usual, admin] = [limitedTo(LIMITS.bodyBytes), limitedTo(LIMITS.adminBodyBytes)];
  return (c, next) => (c.req.path.startsWith("/admin/") ? admin : usual)(c, next);
}

function limitedTo(maxSize: number): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize,
    onError: () => {
      throw new NexoError(Code.TOO_LARGE, `body: must have at most ${maxSize} bytes`);
    },
  });
  // It reads a body of unknown length. What later middleware throws does not pass through it: the app answers it.
  return (c, next) => received(limit(c, next));
}

/**
 * Waits for the bytes of a body. A client that goes away before the end is not a failure of the server, so it must not
 * look like one in the logs.
 * @throws NexoError INVALID_PARAMETER
 */
export async function received<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof NexoError ? error : new NexoError(Code.INVALID_PARAMETER, "body: ended early");
  }
}

/**
 * Refuses a body that is not JSON in UTF-8. The validator alone would skip a body of another content type and see an
 * empty object. An empty body is an empty object, whatever its type.
 */
export function jsonBody() {
  return createMiddleware<AppEnv>(async function jsonBodyMiddleware(c, next) {
    if (c.req.method === "POST" || c.req.method === "PUT") {
      const data = await received(c.req.arrayBuffer());
      const isEmpty = data.byteLength === 0;
      if (!isEmpty) assertJsonType(c.req.header("Content-Type"));
      // Hono would decode it again for each reader. It caches promises, whatever its types say.
      Object.assign(c.req.bodyCache, { text: Promise.resolve(isEmpty ? "{}" : jsonText(data)) });
    }
    await next();
  });
}

function assertJsonType(contentType: string | undefined): void {
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? "")) {
    throw new NexoError(Code.INVALID_PARAMETER, "Content-Type: must be application/json");
  }
}

function jsonText(data: ArrayBuffer): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(data);
    JSON.parse(text);
    return text;
  } catch {
    throw new NexoError(Code.INVALID_PARAMETER, "body: must be JSON in UTF-8");
  }
}
