import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { judgeReply } from "../contract.ts";

/** One HTTP answer of the Worker. `raw` is the unparsed body. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly raw: string;
  readonly code: number;
  readonly msg: string;
  readonly data: T;
  readonly meta: { next_cursor: string; has_more: boolean } | undefined;
}

type Query = Readonly<Record<string, string | number | undefined>>;

export interface Call {
  readonly token?: string | undefined;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export const ORIGIN = "https://nexo.test";

export function urlOf(path: string, query: Query = {}): URL {
  const url = new URL(path, ORIGIN);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** A request to the whole Worker, as from outside. */
export async function call<T = unknown>(method: string, path: string, given: Call = {}): Promise<Answer<T>> {
  const headers = new Headers(given.headers);
  if (given.token !== undefined) headers.set("Authorization", `Bearer ${given.token}`);
  const hasBody = given.body !== undefined;
  if (hasBody && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  const body = typeof given.body === "string" ? given.body : JSON.stringify(given.body);
  const response = await exports.default.fetch(
    new Request(urlOf(path, given.query), { method, headers, ...(hasBody && { body }) }),
  );
  const raw = await response.text();
  judgeReply(method, path, { status: response.status, text: raw });
  const envelope = raw.startsWith("{") ? JSON.parse(raw) : {};
  const { code = Number.NaN, msg = "", data, meta } = envelope;
  return { status: response.status, headers: response.headers, raw, code, msg, data, meta };
}

/** The data of an answer that must be a success. */
export function ok<T>(answer: Answer<T>): T {
  expect(answer, answer.raw).toMatchObject({ code: 0, status: 200 });
  return answer.data;
}
