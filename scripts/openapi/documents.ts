import * as z from "zod";
import type { Code } from "../../src/protocol/codes.ts";
import {
  FRAME_ANSWERS,
  type FrameAnswer,
  frameNumbers,
  PUSHES,
  type PushContent,
  pushNumbers,
} from "../../src/protocol/frame-answers.ts";
import { FRAMES } from "../../src/protocol/frame-requests.ts";
import { ROUTE_ANSWERS, type RouteAnswer, routeKeys } from "../../src/protocol/route-answers.ts";
import { ROUTES, type RouteInput, type RouteKey } from "../../src/protocol/routes.ts";
import { table } from "../markdown.ts";
import { openApi } from "./http.ts";
import { fieldsOf } from "./schemas.ts";
import { asyncApi } from "./sockets.ts";

/** The generated documents, by file. @param manifest package.json, which has the version */
export function documents(manifest: string): Map<string, string> {
  const version = String(JSON.parse(manifest).version);
  const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
  return new Map([
    ["docs/openapi.json", text(openApi(version))],
    ["docs/asyncapi.json", text(asyncApi(version))],
  ]);
}

/** The tables of docs/PROTOCOL.md that are generated from src/protocol, by the names of their markers. */
export function protocolTables(): Record<string, string> {
  return {
    routes: table(
      ["route", "in", "`data`", "codes in addition to those of all routes"],
      routeKeys()
        .filter((key) => !isAdmin(key))
        .map(routeRow),
    ),
    frames: table(
      ["req_identifier", "data", "answer's data", "codes in addition to those of all frames"],
      frameNumbers().map(frameRow),
    ),
    pushes: table(["push", "data", "to whom"], pushNumbers().map(pushRow)),
  };
}

/** The table of docs/ADMIN.md. */
export function adminTables(): Record<string, string> {
  const head = ["route", "scope", "in", "`data`", "codes in addition to those of all routes with a key"];
  return {
    admin: table(
      head,
      routeKeys()
        .filter(isAdmin)
        .map((key) => {
          const { scope }: RouteInput = ROUTES[key];
          const [route = "", ...rest] = routeRow(key);
          return [route.replace(marked(true), ""), scope ?? "", ...rest];
        }),
    ),
  };
}

function isAdmin(key: RouteKey): boolean {
  const { scope }: RouteInput = ROUTES[key];
  return scope !== undefined;
}

function routeRow(key: RouteKey): string[] {
  const { body, query, params }: RouteInput = ROUTES[key];
  const { answer, codes, isNew, paged }: RouteAnswer = ROUTE_ANSWERS[key];
  const fields = [params, query, body].flatMap((schema) => (schema ? namesIn(schema) : []));
  return [
    `${key}${marked(isNew)}`,
    fields.join(", ") || "–",
    `${nameOf(answer)}${paged ? ", with `meta`" : ""}`,
    listed(codes),
  ];
}

function frameRow(number: ReturnType<typeof frameNumbers>[number]): string[] {
  const { takes, gives, codes, isNew }: FrameAnswer = FRAME_ANSWERS[number];
  return [`${number} ${FRAMES[number].name}${marked(isNew)}`, takes, gives, listed(codes)];
}

function pushRow(number: ReturnType<typeof pushNumbers>[number]): string[] {
  const { name, gives, to, isNew }: PushContent = PUSHES[number];
  return [`${number} ${name}${marked(isNew)}`, gives, to];
}

const marked = (isNew: true | undefined) => (isNew ? " **new**" : "");

const listed = (codes: readonly Code[]) => [...codes].sort((a, b) => a - b).join(" ") || "–";

/** The fields of a request; optional ones have a question mark. */
function namesIn(schema: z.ZodType): string[] {
  return Object.entries(fieldsOf(schema)).map(([name, field]) =>
    field.safeParse(undefined).success ? `${name}?` : name,
  );
}

/** The name of an answer: a named schema by its name, others by their form. */
function nameOf(schema: z.ZodType): string {
  const name = schema.meta()?.id;
  if (name !== undefined) return name;
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodType) return `[${nameOf(schema.element)}]`;
  if (schema instanceof z.ZodUnion) {
    return schema.options.map((option) => (option instanceof z.ZodType ? nameOf(option) : "?")).join(" or ");
  }
  return schema instanceof z.ZodNull ? "null" : "–";
}
