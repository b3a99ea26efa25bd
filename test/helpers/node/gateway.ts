import { once } from "node:events";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { extname } from "node:path";
import type { Duplex } from "node:stream";
import { fetchWith } from "./tap.ts";

/**
 * - `open`: forwards everything
 * - `no sockets`: refuses upgrades, as some companies' proxies do, and closes open sockets
 * - `login page`: answers everything with a page of its own, as a hotel's network does
 */
type Mode = "open" | "no sockets" | "login page";

/** A newer release of the page, in which one of its files has another name. */
export interface Release {
  readonly file: string;
  readonly as: string;
  /** Whether the file can be had. */
  readonly isThere: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A proxy between a client and the server. */
export class Gateway {
  readonly #server: Server;
  readonly #target: URL;
  readonly #tunnels = new Set<Duplex>();
  #mode: Mode = "open";
  /** The release of the page that it serves; null serves that of the server. */
  release: Release | null = null;
  /** Another build of the page, by path, that it serves in place of the server's. */
  files: ReadonlyMap<string, Uint8Array> | null = null;
  /** How many more uploads it cuts off after a megabyte. */
  cuts = 0;
  /** How often the file of a release was requested. */
  asked = 0;
  /** The status of the login page. */
  status = 200;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((asked, answer) => this.#pass(asked, answer));
    this.#server.on("upgrade", (asked: IncomingMessage, socket: Duplex) => this.#tunnel(asked, socket));
  }

  static async start(target: string): Promise<Gateway> {
    const gateway = new Gateway(target);
    gateway.#server.listen(0, "127.0.0.1");
    await once(gateway.#server, "listening");
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode !== "open") this.#endTunnels();
  }

  async stop(): Promise<void> {
    this.#endTunnels();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #endTunnels(): void {
    for (const socket of this.#tunnels) socket.destroy();
    this.#tunnels.clear();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    if (this.#mode === "login page") {
      asked.resume();
      answer.writeHead(this.status, { "Content-Type": "text/html" }).end("<html>Welcome! Room number?</html>");
      return;
    }
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = asked;
    const { release } = this;
    if (release && (path === "/" || path === release.as)) {
      asked.resume();
      this.#serve(release, path, answer).catch(() => answer.destroy());
      return;
    }
    const built = method === "GET" ? this.files?.get(path === "/" ? "index.html" : (path ?? "").slice(1)) : undefined;
    if (built) {
      const policy = /Content-Security-Policy: (.*)/.exec(String(this.files?.get("_headers")))?.[1] ?? "";
      const type = TYPES[extname(path ?? "")] ?? "text/html";
      answer.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy }).end(built);
      return;
    }
    const onward = request({ hostname, port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
    if (method === "POST" && path?.startsWith("/media") && this.cuts > 0) this.#cut(asked, onward);
  }

  /** Ends both connections in the middle of a body. */
  #cut(asked: IncomingMessage, onward: ClientRequest): void {
    let passed = 0;
    asked.on("data", ({ length }: Buffer) => {
      passed += length;
      if (passed < 1_000_000 || asked.destroyed) return;
      this.cuts--;
      onward.destroy();
      asked.socket.destroy();
    });
  }

  async #serve({ file, as, isThere }: Release, path: string, answer: ServerResponse): Promise<void> {
    if (path === as) this.asked++;
    const reply = await fetchWith()(this.#target.origin + (path === as ? file : path), { method: "GET", headers: {} });
    const type = reply.headers.get("Content-Type") ?? "";
    const text = await reply.text();
    answer.writeHead(path === as && !isThere ? 404 : 200, { "Content-Type": type });
    answer.end(path === as ? text : text.replaceAll(file, as));
  }

  #tunnel({ url, rawHeaders }: IncomingMessage, socket: Duplex): void {
    if (this.#mode !== "open") {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const onward: Socket = connect(Number(this.#target.port), this.#target.hostname);
    const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    onward.write(`GET ${url} HTTP/1.1\r\n${headers}\r\n`);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#tunnels.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#tunnels.delete(one);
        other.destroy();
      });
    }
  }
}
