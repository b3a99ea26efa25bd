import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Message } from "../../src/client/index.ts";

/** A hanging endpoint holds up a batch for 15 s, and the local queue delivers one batch at a time. */
const HANGS = 2;

/** Endpoints on this machine, one for each path: `/works`, `/hangs`, `/redirects`, `/breaks`; any other answers 500. */
export class Endpoints {
  readonly #server: Server;
  readonly #secret: Buffer;
  /** What the endpoint that works got, by the ids of events. */
  readonly told = new Map<string, Message>();
  /** The beginnings of the bodies that it could not accept. */
  readonly wrong: string[] = [];
  #hung = 0;

  private constructor(secret: Buffer) {
    this.#secret = secret;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param secret with which calls are signed */
  static async open(secret: Buffer): Promise<Endpoints> {
    const endpoints = new Endpoints(secret);
    endpoints.#server.listen(0, "127.0.0.1");
    await once(endpoints.#server, "listening");
    return endpoints;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A call that the kill cut off has no whole body and waits for no answer.
    const body = await text(request).catch(() => null);
    if (body === null) return;
    if (request.url === "/works") {
      this.#take(request, body);
      response.end();
    } else if (request.url === "/redirects") response.writeHead(302, { Location: "/works" }).end();
    else if (request.url === "/breaks") request.socket.destroy();
    else if (request.url !== "/hangs" || this.#hung++ >= HANGS) response.writeHead(500).end();
  }

  #take({ headers }: IncomingMessage, body: string): void {
    const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", this.#secret).update(content).digest("base64");
    if (headers["webhook-signature"] !== `v1,${signature}`) {
      this.wrong.push(body.slice(0, 200));
      return;
    }
    const { events }: { events: { id: string; data: Message }[] } = JSON.parse(body);
    for (const { id, data } of events) this.told.set(id, data);
  }
}
