import { Code } from "../../protocol/codes.ts";
import { NexoClientError, NO_ANSWER, noAnswer } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type AbortSignalLike, type FetchLike, globalFetch } from "./environment.ts";

/** Longer than the server takes at worst to give up on a part of itself. */
const DEADLINE = 20_000;

export interface HttpParts {
  /** The server's address; slashes at its end do not count. */
  readonly url: string;
  /** In place of the global one. */
  readonly fetch?: FetchLike | undefined;
  /** The token of now, "" before the login; a promise where the app is being asked for one. */
  readonly token: () => string | Promise<string>;
  /** The server has refused this token: it is invalid, or has expired. @returns whether there is another by now */
  readonly refused?: ((token: string, code: number) => boolean | Promise<boolean>) | undefined;
  readonly logger?: Logger | undefined;
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

/** What may be said with any call. */
export interface CallOptions {
  /** Gives the call up: it rejects, with the signal's reason as its cause. The server may have acted all the same. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A request; exactly one of query and body as the route has it, or none. */
export interface Call extends CallOptions {
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
  async exchange(method: string, path: string, { query, body, signal }: Call = {}): Promise<Reply> {
    const { fetch = globalFetch, token: bearer } = this.#parts;
    const given = bearer();
    const token = typeof given === "string" ? given : await given;
    if (this.#closed) throw this.#closed;
    if (signal?.aborted) throw aborted(method, path, signal);
    const headers: Record<string, string> = {};
    if (token !== "") headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const abort = new AbortController();
    this.#open.add(abort);
    const end = () => abort.abort();
    const timer = setTimeout(end, DEADLINE);
    signal?.addEventListener("abort", end);
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
      if (signal?.aborted && !this.#closed) throw aborted(method, path, signal);
      throw this.#closed ?? noAnswer(`${method} ${path}: no answer`, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      this.#open.delete(abort);
    }
  }

  /** Ends all requests, and refuses those to come, with this. [LINK-2] */
  close(why: NexoClientError): void {
    this.#closed = why;
    for (const abort of this.#open) abort.abort();
  }

  async #answer(method: string, path: string, call?: Call): Promise<Envelope> {
    if (this.#closed) throw this.#closed;
    const given = this.#parts.token();
    const token = typeof given === "string" ? given : await given;
    try {
      return await this.#ask(method, path, call);
    } catch (error) {
      if (!(error instanceof NexoClientError && isOver(error))) throw error;
      if (!(await this.#parts.refused?.(token, error.code))) throw error;
      return await this.#ask(method, path, call);
    }
  }

  async #ask(method: string, path: string, call: Call | undefined): Promise<Envelope> {
    try {
      return opened(await this.exchange(method, path, call));
    } catch (error) {
      if (error instanceof NexoClientError) {
        const { code, requestId, retryAfter } = error;
        this.#parts.logger?.debug("a call failed", { method, path, code, requestId, retryAfter });
      }
      throw error;
    }
  }
}

function aborted(method: string, path: string, { reason }: AbortSignalLike): NexoClientError {
  return new NexoClientError(NO_ANSWER, `${method} ${path}: given up`, { retryable: false, cause: reason });
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
