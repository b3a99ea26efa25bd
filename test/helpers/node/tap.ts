import type { FetchLike, SocketEvent, SocketLike } from "../../../src/client/index.ts";
import { judgeFrame, judgeReply } from "../contract.ts";
import { RawJson } from "./json.ts";

/**
 * What tests put between the SDK and the wire, using the SDK's options: a fetch and a WebSocket class that record what
 * arrives and can send what no client should.
 */

/** What is sent instead of, or in addition to, what the SDK sends. */
export type Oddities = {
  raw?: string | Uint8Array<ArrayBuffer> | undefined;
  headers?: Record<string, string> | undefined;
};

/** The global fetch, with an unchanged body (invalid JSON, invalid UTF-8) and more headers. */
export function fetchWith({ raw, headers = {} }: Oddities = {}): FetchLike {
  return (url, init) => {
    const given = init.body ?? null;
    const body = raw ?? (typeof given === "string" ? RawJson.into(given) : given);
    return fetch(url, { ...init, body, headers: { ...init.headers, ...headers } });
  };
}

/**
 * The global fetch for a client of the SDK. An answer that breaks the contract is thrown uncaught, which fails the
 * whole run.
 */
export const judgedFetch: FetchLike = async (url, init) => {
  const response = await fetchWith()(url, init);
  const text = await response.text();
  queueMicrotask(() => judgeReply(init.method, new URL(url).pathname, { status: response.status, text }));
  return { status: response.status, headers: response.headers, text: async () => text };
};

/** One frame as it arrived, with `data` decoded; `encoded` says that it was base64. */
export type Frame<T = unknown> = {
  req_identifier: number;
  msg_incr: string;
  operation_id: string;
  err_code: number;
  err_msg: string;
  data: T;
  encoded: boolean;
  /** Whether the frame was a binary one. */
  binary: boolean;
  raw: string;
};

export type TapOptions = {
  headers?: Record<string, string>;
  /** Use the form of v2's clients: `data` as a base64 string of JSON. */
  v2?: boolean;
  /** Gets each frame before the SDK does. A text that is not a frame (`pong`) is passed unchanged. */
  arrived?: (arrival: Frame | string) => void;
};

/** Node's WebSocket, used by the SDK, with a test that observes the wire. */
export class Tap implements SocketLike {
  readonly #ws: WebSocket;
  readonly #v2: boolean;
  #changes: Record<string, unknown> = {};
  #sent = "";
  /** The connection has ended, on both sides. */
  readonly gone: Promise<void>;

  constructor(url: string | URL, protocols: string[], options: TapOptions = {}) {
    const { headers = {}, v2 = false, arrived = () => undefined } = options;
    this.#ws = new WebSocket(url, { protocols, headers });
    this.#ws.binaryType = "arraybuffer";
    this.#v2 = v2;
    this.#ws.addEventListener("message", ({ data }) => {
      const arrival = unpacked(data);
      arrived(arrival);
      // Thrown uncaught, it fails the whole run.
      if (typeof arrival !== "string") judgeFrame(arrival);
    });
    this.gone = new Promise((resolve) => this.#ws.addEventListener("close", () => resolve()));
  }

  get url(): string {
    return this.#ws.url;
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  /** The msg_incr of the SDK's last request. */
  get sent(): string {
    return this.#sent;
  }

  /** Changes fields of the SDK's next request. */
  change(fields: Record<string, unknown>): void {
    this.#changes = fields;
  }

  /** Called with what the SDK sends: requests, and the heartbeat. */
  send(text: string): void {
    this.#ws.send(text.startsWith("{") ? this.#request(JSON.parse(text)) : text);
  }

  /** Sends a text or binary frame unchanged. */
  sendRaw(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(frame);
  }

  close(): void {
    this.#ws.close();
  }

  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: SocketEvent) => void): void {
    this.#ws.addEventListener(type, (event: SocketEvent) => {
      listener(type === "message" ? { type, data: plain(event.data) } : event);
    });
  }

  #request(frame: Record<string, unknown>): string {
    const data = this.#v2 && frame.data !== undefined ? encode(frame.data) : frame.data;
    const changed = { ...frame, data, ...this.#changes };
    this.#changes = {};
    this.#sent = String(frame.msg_incr);
    return RawJson.into(JSON.stringify(changed));
  }
}

function unpacked(arrived: unknown): Frame | string {
  const binary = arrived instanceof ArrayBuffer;
  const raw = binary ? Buffer.from(arrived).toString("utf8") : String(arrived);
  let frame: Frame;
  try {
    frame = JSON.parse(raw) as Frame;
  } catch {
    return raw;
  }
  const encoded = typeof frame.data === "string";
  return { ...frame, data: encoded ? decode(frame.data as string) : frame.data, encoded, binary, raw };
}

/** A frame as the SDK reads it, with its data not in base64. */
function plain(arrived: unknown): string {
  const arrival = unpacked(arrived);
  if (typeof arrival === "string") return arrival;
  if (!arrival.encoded) return arrival.raw;
  const { encoded: _, binary: __, raw: ___, ...frame } = arrival;
  return JSON.stringify(frame);
}

function encode(data: unknown): string {
  return Buffer.from(RawJson.into(JSON.stringify(data))).toString("base64");
}

function decode(data: string): unknown {
  return data === "" ? null : JSON.parse(Buffer.from(data, "base64").toString("utf8"));
}
