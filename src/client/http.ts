import type { FetchLike } from "./environment.ts";
import { NexoClientError, NO_ANSWER, noAnswer } from "./errors.ts";

/** Longer than the server takes at worst to give up on a part of itself. */
const DEADLINE = 20_000;

export interface HttpParts {
  readonly url: string;
  readonly fetch: FetchLike;
  /** The token of now; "" before the login. */
  readonly token: () => string;
}

/** Where the next page of a list begins. */
interface PageMeta {
  readonly next_cursor: string;
  readonly has_more: boolean;
}

interface Envelope {
  code: number;
  msg: string;
  data: unknown;
  meta?: PageMeta;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** A request; exactly one of query and body as the route has it, or none. */
export interface Call {
  readonly query?: Query;
  readonly body?: unknown;
}

/** Calls routes and takes their envelope apart. */
export class Http {
  readonly #parts: HttpParts;

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  /** @throws NexoClientError */
  async data<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const { data } = await this.#call(method, path, call);
    return data as T;
  }

  /** A page of a list. @throws NexoClientError */
  async page<T>(method: string, path: string, call: Call = {}): Promise<{ items: T[]; next: string }> {
    const { data, meta } = await this.#call(method, path, call);
    return { items: data as T[], next: meta?.next_cursor ?? "" };
  }

  async #call(method: string, path: string, { query, body }: Call): Promise<Envelope> {
    const { url, fetch, token } = this.#parts;
    const headers: Record<string, string> = {};
    if (token() !== "") headers.Authorization = `Bearer ${token()}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), DEADLINE);
    const init = { method, headers, signal: abort.signal };
    try {
      const response = await fetch(
        url + path + queryString(query),
        body === undefined ? init : { ...init, body: JSON.stringify(body) },
      );
      return opened(await response.text(), response.status, response.headers);
    } catch (error) {
      if (error instanceof NexoClientError) throw error;
      throw noAnswer(`${method} ${path}: no answer`, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function opened(text: string, status: number, headers: { get(name: string): string | null }): Envelope {
  const envelope = parse(text);
  const requestId = headers.get("X-Request-Id") ?? "";
  if (!envelope) {
    // Not the server but something on the way to it.
    const retryable = status >= 500 || status === 429;
    throw new NexoClientError(NO_ANSWER, `HTTP ${status} without an envelope`, { requestId, retryable });
  }
  if (envelope.code === 0) return envelope;
  const retryAfter = Number(headers.get("Retry-After") ?? Number.NaN);
  throw new NexoClientError(envelope.code, envelope.msg, {
    requestId,
    retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
  });
}

function parse(text: string): Envelope | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value?.code === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}

function queryString(query: Query = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
