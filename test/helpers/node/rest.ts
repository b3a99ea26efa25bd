import { type Api, apiOver } from "../../../src/client/api.ts";
import { type Call, Http, type Reply } from "../../../src/client/connection/http.ts";
import { judgeReply } from "../contract.ts";
import { fetchWith, type Oddities } from "./tap.ts";

/** One HTTP answer. `raw` is the unparsed body, for comparisons byte for byte. */
export type Answer<T = unknown> = {
  what: string;
  status: number;
  headers: Reply["headers"];
  raw: string;
  requestId: string;
  /** NaN if the body is not an envelope. No expectation accepts NaN. */
  code: number;
  msg: string;
  data: T;
  meta: { next_cursor: string; has_more: boolean } | undefined;
};

type Query = NonNullable<Call["query"]>;

/** The SDK's routes, and the same with their envelopes. `as(token)` is the same server for a signed-in user. */
export class Rest {
  readonly url: string;
  readonly token: string;
  /** The routes of the SDK. */
  readonly api: Api;

  constructor(url: string, token = "") {
    this.url = url;
    this.token = token;
    this.api = apiOver(this.#http());
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

  async call<T = unknown>(method: string, path: string, { raw, headers, ...call }: Call & Oddities = {}) {
    return toAnswer<T>(`${method} ${path}`, await this.#http({ raw, headers }).exchange(method, path, call));
  }

  #http(odd: Oddities = {}): Http {
    return new StrictHttp({ url: this.url, token: () => this.token, fetch: fetchWith(odd) });
  }
}

/** The SDK's transport, which checks every answer against the contract. */
class StrictHttp extends Http {
  override async exchange(method: string, path: string, call?: Call): Promise<Reply> {
    const reply = await super.exchange(method, path, call);
    judgeReply(method, path, reply);
    return reply;
  }
}

export function toAnswer<T>(what: string, { status, headers, text, envelope }: Reply): Answer<T> {
  const requestId = headers.get("x-request-id") ?? "";
  const { code = Number.NaN, msg = "", data, meta } = envelope ?? {};
  return { what, status, headers, raw: text, requestId, code, msg, data: data as T, meta };
}
