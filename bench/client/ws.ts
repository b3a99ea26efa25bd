import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/**
 * A WebSocket client with nothing to it: one TCP socket, text frames that fit into one, no extensions.
 * It masks with zeros (any key is allowed), and what it sends in one turn goes out in one write.
 */
export class Wire {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #open = false;
  #corked = false;
  /** Hears of each text frame; the buffer is good for the call only. */
  onFrame: (payload: Buffer) => unknown = () => undefined;
  onClose: () => void = () => undefined;

  /** @param path with its query. */
  static open(url: URL, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
      const wire = new Wire(socket, () => resolve(wire), reject);
      const lines = [
        `GET ${path} HTTP/1.1`,
        `Host: ${url.host}`,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
  }

  private constructor(socket: Socket, opened: () => void, refused: (error: Error) => void) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      if (!this.#open && !this.#handshake(refused)) return;
      if (!this.#open) {
        this.#open = true;
        opened();
      }
      this.#frames();
    });
    socket.on("error", refused);
    socket.on("close", () => {
      refused(new Error("the socket was closed"));
      this.onClose();
    });
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

  /** Closes and waits until the other side has, too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.onClose = resolve;
      if (this.#socket.destroyed) return resolve();
      // A closing frame with code 1000.
      this.#socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
      setTimeout(() => this.#socket.destroy(), 2_000).unref();
    });
  }

  #handshake(refused: (error: Error) => void): boolean {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#rest.toString("latin1", 0, end);
    if (!head.startsWith("HTTP/1.1 101")) {
      refused(new Error(`refused: ${this.#rest.toString("latin1")}`));
      this.#socket.destroy();
      return false;
    }
    this.#rest = this.#rest.subarray(end + 4);
    return true;
  }

  #frames(): void {
    const data = this.#rest;
    let at = 0;
    for (let head = headOf(data, at); head; head = headOf(data, at)) {
      const end = head.start + head.length;
      if (end > data.length) break;
      if (head.opcode === 1) this.onFrame(data.subarray(head.start, end));
      else if (head.opcode === 8) this.#socket.end();
      at = end;
    }
    this.#rest = at === data.length ? EMPTY : data.subarray(at);
  }
}

const EMPTY = Buffer.alloc(0);

/** A frame's head, of which servers send three forms; undefined where it is not all there. */
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
