import { connect, type Socket } from "node:net";
import type { FetchLike } from "../../src/client/index.ts";

interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

const ENDS = Buffer.from("\r\n\r\n");

/**
 * One kept-alive HTTP connection with one request at a time: only the part of HTTP that the SDK needs, as fast as
 * possible.
 */
export class Connection {
  readonly #origin: URL;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #done: ((reply: Reply) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(url: URL) {
    this.#origin = url;
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.#read();
    });
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => this.#failed?.(new Error("the connection was closed")));
  }

  /** Replaces the global fetch. */
  readonly fetch: FetchLike = async (url, { method, headers, body: given = "" }) => {
    const body = String(given);
    const path = url.slice(this.#origin.origin.length);
    const lines = Object.entries({ ...headers, Host: this.#origin.host }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    if (body !== "") lines.push(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
    const reply = await new Promise<Reply>((done, failed) => {
      this.#done = done;
      this.#failed = failed;
    });
    return { status: reply.status, headers: NO_HEADERS, text: async () => reply.body.toString() };
  };

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(): void {
    const end = this.#rest.indexOf(ENDS);
    if (end < 0) return;
    const head = this.#rest.toString("latin1", 0, end);
    const body = bodyOf(head, this.#rest.subarray(end + 4));
    if (!body) return;
    this.#rest = Buffer.alloc(0);
    this.#done?.({ status: Number(head.slice(9, 12)), body });
  }
}

const NO_HEADERS = { get: () => null };

/** The body, if it is complete. Nothing may follow it, since there is one request at a time. */
function bodyOf(head: string, data: Buffer): Buffer | undefined {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return data.length >= Number(length) ? data : undefined;
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return data;
  if (!data.subarray(-5).equals(Buffer.from("0\r\n\r\n"))) return undefined;
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = data.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(data.toString("latin1", at, line), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(data.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}
