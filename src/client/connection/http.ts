import { Code } from "../../protocol/codes.ts";
import { NexoClientError, NO_ANSWER, noAnswer } from "../errors.ts";
import type { FileLike } from "../files/file.ts";
import { reportsProgress, sendWithProgress } from "../files/sending-bytes.ts";
import type { Logger } from "../logger.ts";
import { type AbortSignalLike, type FetchLike, globalFetch } from "./environment.ts";

/** Bytes of a file a millisecond: an upload that is slower is given up. */
const SLOWEST = 10;
/** Longer than the server's longest internal timeout. */
const DEADLINE = 20_000;

export interface HttpParts {
  /** The server's address; trailing slashes are ignored. */
  readonly url: string;
  /** Used instead of the global `fetch`. */
  readonly fetch?: FetchLike | undefined;
  /** The current token, "" before the login; a promise while the app is being asked for one. */
  readonly token: () => string | Promise<string>;
  /** The server has refused this token: it is invalid or expired. @returns whether there is another token by now */
  readonly refused?: ((token: string, code: number) => boolean | Promise<boolean>) | undefined;
  readonly logger?: Logger | undefined;
}

/** The start of the next page of a list. */
interface PageMeta {
  readonly next_cursor: string;
  readonly has_more: boolean;
}

/** The fields of every answer of the server. */
interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
  readonly meta?: PageMeta;
}

/** The raw reply. */
export interface Reply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** The body. */
  readonly text: string;
  /** The parsed body; null if it is no envelope: something between the client and the server has answered. */
  readonly envelope: Envelope | null;
}

/** The parts of a request that every body has. */
interface Init {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Options that any call accepts. */
export interface CallOptions {
  /** Cancels the call: it rejects, with the signal's reason as its cause. The server may still have acted on it. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A request; has a query or a body, as the route defines, or neither. */
export interface Call extends CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly file?: FileLike;
  /** Called with the bytes of the file sent so far, where the platform reports them. */
  readonly progress?: ((sent: number) => void) | undefined;
}

/** Calls routes and unpacks their envelope. */
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

  /** Sends a request and returns the reply, even an error. @throws NexoClientError if no reply came */
  async exchange(method: string, path: string, call: Call = {}): Promise<Reply> {
    const { query, body, signal } = call;
    const { token: bearer } = this.#parts;
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
    const timer = setTimeout(end, DEADLINE + (call.file?.size ?? 0) / SLOWEST);
    signal?.addEventListener("abort", end);
    const init = { method, headers, signal: abort.signal };
    try {
      const response = await this.#fetch(this.url + path + queryString(query), init, call);
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

  #fetch(url: string, init: Init, { body, file, progress }: Call): ReturnType<FetchLike> {
    const { fetch } = this.#parts;
    if (file && !fetch && reportsProgress()) return sendWithProgress(url, { ...init, body: file, progress });
    const sent = file ?? (body === undefined ? undefined : JSON.stringify(body));
    // A FileLike is a Blob: that is what apps have.
    return (fetch ?? globalFetch)(url, sent === undefined ? init : { ...init, body: sent as string });
  }

  /** Rejects all current and later requests with this error. [LINK-2] */
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

/** Whether the token is no longer valid for any request. */
function isOver({ code }: NexoClientError): boolean {
  return code === Code.TOKEN_INVALID || code === Code.TOKEN_EXPIRED;
}

function opened({ status, headers, envelope }: Reply): Envelope {
  const requestId = headers.get("X-Request-Id") ?? "";
  const retryAfter = secondsOf(headers.get("Retry-After"));
  // Whatever the status, this is not from the server but from a proxy or a network's login page. [LINK-5]
  if (!envelope) throw new NexoClientError(NO_ANSWER, `HTTP ${status} without an envelope`, { requestId, retryAfter });
  if (envelope.code === 0) return envelope;
  throw new NexoClientError(envelope.code, envelope.msg, { requestId, retryAfter });
}

/** The seconds of a Retry-After. A date is ignored: the local clock may be wrong. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header.trim()) ? Number(header) : undefined;
}

function parse(text: string): Envelope | null {
  try {
    const value = JSON.parse(text);
    // Proxies also answer in JSON with a code.
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
