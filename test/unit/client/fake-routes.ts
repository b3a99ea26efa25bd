import type { FetchLike } from "../../../src/client/index.ts";

/** The answer of a route: data, or a code with an HTTP status and headers. An Error means no answer. */
export type RouteAnswer =
  | { readonly data: unknown }
  | { readonly code: number; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly text: string; readonly status: number }
  | Error;

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly token: string;
}

/** The server's routes, simulated by a test: the requests by path, and the answers. A route without an answer fails. */
export class FakeRoutes {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, (asked: Asked) => RouteAnswer | Promise<RouteAnswer>>();

  on(path: string, answer: (asked: Asked) => RouteAnswer | Promise<RouteAnswer>): this {
    this.answers.set(path, answer);
    return this;
  }

  count(path: string): number {
    return this.asked.filter((asked) => asked.path === path).length;
  }

  readonly fetch: FetchLike = async (url, { headers, body }) => {
    const { pathname: path, searchParams: query } = new URL(url);
    const token = headers.Authorization?.replace("Bearer ", "") ?? "";
    const asked: Asked = { path, query, body: JSON.parse(body ?? "{}"), token };
    this.asked.push(asked);
    const answer = (await this.answers.get(path)?.(asked)) ?? new Error(`no network for ${path}`);
    if (answer instanceof Error) throw answer;
    if ("text" in answer) return reply(answer.status, answer.text);
    if ("data" in answer) return reply(200, JSON.stringify({ code: 0, msg: "success", data: answer.data }));
    const text = JSON.stringify({ code: answer.code, msg: "refused", data: null });
    return reply(answer.status, text, answer.headers);
  };
}

function reply(status: number, text: string, headers: Record<string, string> = {}) {
  return { status, headers: { get: (name: string) => headers[name] ?? null }, text: async () => text };
}
