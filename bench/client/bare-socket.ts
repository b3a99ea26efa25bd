import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { SocketEvent, SocketLike } from "../../src/client/index.ts";

type Type = "open" | "message" | "close" | "error";

/**
 * A minimal WebSocket class for the SDK: one TCP socket, unfragmented text frames, no extensions. It masks with zeros
 * (any key is allowed), and writes everything sent in one turn together.
 */
export class BareSocket implements SocketLike {
  readonly #socket: Socket;
  readonly #listeners: Record<Type, ((event: SocketEvent) => void)[]> = { open: [], message: [], close: [], error: [] };
  #rest: Buffer = EMPTY;
  #open = false;
  #corked = false;

  constructor(url: string, protocols: readonly string[]) {
    const { hostname, port, host, pathname, search } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(", ")}`]),
    ];
    this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      if (!this.#open) this.#handshake();
      if (this.#open) this.#frames();
    });
    this.#socket.on("error", (error) => this.#tell("error", { reason: error.message }));
    this.#socket.on("close", () => this.#tell("close", { code: 1006 }));
  }

  addEventListener(type: Type, listener: (event: SocketEvent) => void): void {
    this.#listeners[type].push(listener);
  }

  send(text: string): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(encodeFrame(text));
  }

  close(): void {
    if (this.#socket.destroyed) return;
    // A close frame with code 1000.
    this.#socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    setTimeout(() => this.#socket.destroy(), 2_000).unref();
  }

  #tell(type: Type, event: Omit<SocketEvent, "type">): void {
    for (const listener of this.#listeners[type]) listener({ type, ...event });
  }

  #handshake(): void {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#rest.toString("latin1", 0, end);
    if (head.startsWith("HTTP/1.1 101")) {
      this.#rest = this.#rest.subarray(end + 4);
      this.#open = true;
      this.#tell("open", {});
    } else {
      this.#tell("error", { reason: `refused: ${this.#rest.toString("latin1")}` });
      this.#socket.destroy();
    }
  }

  #frames(): void {
    const data = this.#rest;
    let at = 0;
    for (let head = headOf(data, at); head; head = headOf(data, at)) {
      const end = head.start + head.length;
      if (end > data.length) break;
      if (head.opcode === 1) this.#tell("message", { data: data.toString("utf8", head.start, end) });
      else if (head.opcode === 8) this.#socket.end();
      at = end;
    }
    this.#rest = at === data.length ? EMPTY : data.subarray(at);
  }
}

const EMPTY: Buffer = Buffer.alloc(0);

/** A frame's header, in one of the three forms that servers send; undefined if it is incomplete. */
function headOf(data: Buffer, at: number): { opcode: number; start: number; length: number } | undefined {
  if (data.length - at < 2) return undefined;
  const opcode = (data[at] ?? 0) & 0x0f;
  const short = (data[at + 1] ?? 0) & 0x7f;
  if (short < 126) return { opcode, start: at + 2, length: short };
  if (short === 126)
    return data.length - at < 4 ? undefined : { opcode, start: at + 4, length: data.readUInt16BE(at + 2) };
  if (data.length - at < 10) return undefined;
  return { opcode, start: at + 10, length: Number(data.readBigUInt64BE(at + 2)) };
}

function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (length < 126) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.writeUInt32BE(0, header - 4);
  frame.write(text, header);
  return frame;
}
