import type { Context, Hono, MiddlewareHandler } from "hono";
import type { z } from "zod";
import { Json } from "../durable/json.ts";
import type { ROUTE_ANSWERS, RouteData } from "../protocol/route-answers.ts";
import { ROUTES, type RouteInput, type RouteKey } from "../protocol/routes.ts";
import type { AppEnv } from "./context.ts";
import { ok, okJson } from "./envelope.ts";
import { body, param, query } from "./validate.ts";

/** A page of a list, and where the next page begins; "" on the last page. */
export class Page<T> {
  readonly data: T;
  readonly next: string;

  constructor(data: T, next: string) {
    this.data = data;
    this.next = next;
  }
}

/** Routes that are added from the table. */
type HandledKey = {
  [K in RouteKey]: (typeof ROUTE_ANSWERS)[K] extends { apart: true } ? never : K;
}[RouteKey];

type Answer<K extends RouteKey> = (typeof ROUTE_ANSWERS)[K] extends { paged: true } ? Page<Data<K>> : Data<K>;
type Data<K extends RouteKey> = (RouteData<K> extends readonly (infer Item)[] ? readonly Item[] : RouteData<K>) | Json;

type Part<K extends RouteKey, P extends "body" | "query" | "params"> =
  (typeof ROUTES)[K] extends Record<P, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;

/** The input of a request, checked by the schemas of its route. */
interface Input<K extends RouteKey> {
  readonly body: Part<K, "body">;
  readonly query: Part<K, "query">;
  readonly params: Part<K, "params">;
}

/** Handles a route. @throws NexoError, which is answered in the envelope */
type Handler<K extends RouteKey> = (input: Input<K>, c: Context<AppEnv>) => Answer<K> | Promise<Answer<K>>;

/** A handler for every route below a path, for example `group`. */
export type HandlersBelow<Path extends string> = Pick<
  Handlers,
  Extract<HandledKey, `${string} /${Path}` | `${string} /${Path}/${string}`>
>;

/** A handler for every route. */
export type Handlers = { readonly [K in HandledKey]: Handler<K> };

/** Adds every route to the app. Each route checks the request, calls its handler, and answers in the envelope. */
export function addRoutes(app: Hono<AppEnv>, handlers: Handlers): void {
  const isKey = (key: string): key is HandledKey => key in handlers;
  for (const key of Object.keys(ROUTES).filter(isKey)) addRoute(app, key, handlers);
}

function addRoute<K extends HandledKey>(app: Hono<AppEnv>, key: K, handlers: Handlers): void {
  const [method = "", path = ""] = key.split(" ");
  app.on([method], [path], ...checks(ROUTES[key]), async (c) => {
    const valid = (target: string): unknown => c.req.valid(target as never);
    // The checks above stored exactly what the table declares for this key.
    const input = { body: valid("json"), query: valid("query"), params: valid("param") } as Input<K>;
    return answered(c, await handlers[key](input, c));
  });
}

function checks({ params, query: fields, body: data }: RouteInput): MiddlewareHandler[] {
  return [...(params ? [param(params)] : []), ...(fields ? [query(fields)] : []), ...(data ? [body(data)] : [])];
}

function answered(c: Context<AppEnv>, answer: unknown): Response {
  if (!(answer instanceof Page)) return answer instanceof Json ? okJson(c, answer) : ok(c, answer);
  const meta = { next_cursor: answer.next, has_more: answer.next !== "" };
  return answer.data instanceof Json ? okJson(c, answer.data, meta) : ok(c, answer.data, meta);
}
