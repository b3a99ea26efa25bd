import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { patience, within } from "./deadline.ts";
import { toJson } from "./json.ts";

/** One HTTP answer; `raw` is the body as it came, for comparisons byte for byte. */
export type Answer<T = unknown> = {
  what: string;
  status: number;
  headers: Headers;
  raw: string;
  requestId: string;
  code: number;
  msg: string;
  data: T;
  meta: { next_cursor?: string | number; has_more?: boolean } | undefined;
};

type Query = Record<string, string | number | undefined>;
type Call = { query?: Query; body?: unknown; raw?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> };

/** Calls routes as they are told to, right or wrong. `as(token)` is the same server for a signed-in user. */
export class Rest {
  readonly url: string;
  readonly token: string | undefined;

  constructor(url: string, token?: string) {
    this.url = url.replace(/\/+$/, "");
    this.token = token;
  }

  as(token: string): Rest {
    return new Rest(this.url, token);
  }

  get<T = unknown>(path: string, query: Query = {}): Promise<Answer<T>> {
    return this.call("GET", path, { query });
  }

  post<T = unknown>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return this.call("POST", path, { body });
  }

  put<T = unknown>(path: string, body: unknown, query: Query = {}): Promise<Answer<T>> {
    return this.call("PUT", path, { body, query });
  }

  /** `raw` is sent as it is (broken JSON, other content types); `body` is sent as JSON. */
  async call<T = unknown>(method: string, path: string, call: Call = {}): Promise<Answer<T>> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers.authorization = `Bearer ${this.token}`;
    if (call.body !== undefined) headers["content-type"] = "application/json";
    const body = call.raw ?? (call.body === undefined ? null : toJson(call.body));
    const what = `${method} ${path}`;
    const response = await fetch(this.url + path + queryString(call.query ?? {}), {
      method,
      body,
      headers: { ...headers, ...call.headers },
      signal: AbortSignal.timeout(3 * patience),
    }).catch((cause: unknown) => {
      throw new Error(`${what}: no answer (${cause})`, { cause });
    });
    return toAnswer<T>(what, response.status, response.headers, await response.text());
  }
}

export function rest(url: string): Rest {
  return new Rest(url);
}

/**
 * An upgrade made by hand: shows the status, headers and body of a refusal, which no WebSocket
 * class does. An upgrade that is granted (101) is let go at once.
 */
export async function upgrade(url: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const target = new URL(path, url);
  const open = target.protocol === "https:" ? httpsRequest : httpRequest;
  const what = `upgrade ${target.pathname}`;
  const answered = new Promise<Answer>((resolve, reject) => {
    const request = open(target, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64"),
        ...headers,
      },
    });
    request.once("upgrade", (response, socket) => {
      socket.destroy();
      resolve(toAnswer(what, 101, headersOf(response), ""));
    });
    request.once("response", async (response) => {
      const chunks = await response.toArray();
      const text = Buffer.concat(chunks).toString("utf8");
      resolve(toAnswer(what, response.statusCode ?? 0, headersOf(response), text));
    });
    request.once("error", reject);
    request.end();
  });
  return within(answered, () => `an answer to ${what}`);
}

function toAnswer<T>(what: string, status: number, headers: Headers, raw: string): Answer<T> {
  let envelope: { code?: number; msg?: string; data?: T; meta?: Answer["meta"] } = {};
  try {
    envelope = (JSON.parse(raw) ?? {}) as typeof envelope;
  } catch {
    // Not JSON: code stays NaN, which no expectation takes for an envelope.
  }
  return {
    what,
    status,
    headers,
    raw,
    requestId: headers.get("x-request-id") ?? "",
    code: envelope.code ?? Number.NaN,
    msg: envelope.msg ?? "",
    data: envelope.data as T,
    meta: envelope.meta,
  };
}

function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value));
  }
  return params.size === 0 ? "" : `?${params}`;
}

function headersOf(response: IncomingMessage): Headers {
  return new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
}
