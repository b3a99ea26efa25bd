import { Code } from "../../protocol/codes.ts";
import { NexoClientError, NO_ANSWER, noAnswer } from "../errors.ts";
import { type FetchLike, globalFetch } from "./environment.ts";

/** Longer than the server takes at worst to give up on a part of itself. */
const DEADLINE = 20_000;

export interface HttpParts {
  /** The server's address; slashes at its end do not count. */
  readonly url: string;
  /** In place of the global one. */
  readonly fetch?: FetchLike | undefined;
  /** The token of now; "" before the login. */
  readonly token: () => string;
  /** The server has refused this token: it is invalid, or has expired. */
  readonly refused?: ((token: string, code: number) => void) | undefined;
}

/** Where the next page of a list begins. */
interface PageMeta {
  readonly next_cursor: string;
  readonly has_more: boolean;
}

/** What every answer of the server has. */
interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
  readonly meta?: PageMeta;
}

/** What came back, as it is. */
export interface Reply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** The body. */
  readonly text: string;
  /** What the body holds; null where it is no envelope: something on the way to the server has answered. */
  readonly envelope: Envelope | null;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** A request; exactly one of query and body as the route has it, or none. */
export interface Call {
  readonly query?: Query;
  readonly body?: unknown;
}

/** Calls routes and takes their envelope apart. */
export class Http {
  readonly url: string;
  readonly #parts: HttpParts;
  readonly #open = new Set<AbortController>();
  #closed: NexoClientError | null = null;

  constructor(parts: HttpParts) {
    this.url = parts.url.replace(/\/+$/, "");
    this.#parts = parts;
  }

  /** @throws NexoClientError */
  async data<T>(method: string, path: string, call?: Call): Promise<T> {
    const { data } = await this.#answer(method, path, call);
    return data as T;
  }

  /** A page of a list. @throws NexoClientError */
  async page<T>(method: string, path: string, call?: Call): Promise<{ items: T[]; next: string }> {
    const { data, meta } = await this.#answer(method, path, call);
    return { items: data as T[], next: meta?.next_cursor ?? "" };
  }

  /** Asks, and gives the reply whatever it says. @throws NexoClientError where none came */
  async exchange(method: string, path: string, { query, body }: Call = {}): Promise<Reply> {
    if (this.#closed) throw this.#closed;
    const { fetch = globalFetch, token } = this.#parts;
    const headers: Record<string, string> = {};
    if (token() !== "") headers.Authorization = `Bearer ${token()}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const abort = new AbortController();
    this.#open.add(abort);
    const timer = setTimeout(() => abort.abort(), DEADLINE);
    const init = { method, headers, signal: abort.signal };
    try {
      const response = await fetch(
        this.url + path + queryString(query),
        body === undefined ? init : { ...init, body: JSON.stringify(body) },
      );
      const text = await response.text();
      if (this.#closed) throw this.#closed;
      return { status: response.status, headers: response.headers, text, envelope: parse(text) };
    } catch (error) {
      throw this.#closed ?? noAnswer(`${method} ${path}: no answer`, error);
    } finally {
      clearTimeout(timer);
      this.#open.delete(abort);
    }
  }

  /** Ends all requests, and refuses those to come, with this. [LINK-2] */
  close(why: NexoClientError): void {
    this.#closed = why;
    for (const abort of this.#open) abort.abort();
  }

  async #answer(method: string, path: string, call?: Call): Promise<Envelope> {
    const token = this.#parts.token();
    try {
      return opened(await this.exchange(method, path, call));
    } catch (error) {
      if (error instanceof NexoClientError && isOver(error)) this.#parts.refused?.(token, error.code);
      throw error;
    }
  }
}

/** Whether the token is good for nothing any more, whatever is asked with it. */
function isOver({ code }: NexoClientError): boolean {
  return code === Code.TOKEN_INVALID || code === Code.TOKEN_EXPIRED;
}

function opened({ status, headers, envelope }: Reply): Envelope {
  const requestId = headers.get("X-Request-Id") ?? "";
  const retryAfter = secondsOf(headers.get("Retry-After"));
  // Not from the server, whatever the status: from a proxy, or the login page of a network. [LINK-5]
  if (!envelope) throw new NexoClientError(NO_ANSWER, `HTTP ${status} without an envelope`, { requestId, retryAfter });
  if (envelope.code === 0) return envelope;
  throw new NexoClientError(envelope.code, envelope.msg, { requestId, retryAfter });
}

/** The seconds of a Retry-After. A date is ignored: the own clock may be wrong. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header.trim()) ? Number(header) : undefined;
}

function parse(text: string): Envelope | null {
  try {
    const value = JSON.parse(text);
    // Proxies too answer in JSON with a code.
    return typeof value?.code === "number" && typeof value.msg === "string" && "data" in value ? value : null;
  } catch {
    return null;
  }
}

function queryString(query: Query = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
