import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../src/client/index.ts";
import { Rest } from "../../test/helpers/node/rest.ts";
import type { Checks } from "./checks.ts";
import type { Truth } from "./truth.ts";

const SECRET = Buffer.alloc(32, 9).toString("base64");
/** A hanging endpoint holds up a batch for 15 s, and the local queue delivers one batch at a time. */
const HANGS = 2;
const PATIENCE = 60_000;

/**
 * Endpoints that are told of every message: one that works, and others that hang, redirect, break off and answer 500.
 * The local queue forgets what it holds when the server is killed. So only messages since a restart must have arrived;
 * that a crash of a conversation loses none is checked by the simulation.
 */
export class Webhooks {
  readonly #server: Server;
  /** What the endpoint that works got, by the ids of events. */
  readonly #told = new Map<string, Message>();
  readonly #wrong: string[] = [];
  #hung = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param state the folder of the server's state, in which the key is made */
  static async add(url: string, state: string): Promise<Webhooks> {
    const webhooks = new Webhooks();
    webhooks.#server.listen(0, "127.0.0.1");
    await once(webhooks.#server, "listening");
    const made = execFileSync(process.execPath, ["scripts/admin-key.ts", "--scope", "hooks", "--persist-to", state]);
    const key = new Rest(url, made.toString().split("\n")[0]);
    const { port } = webhooks.#server.address() as AddressInfo;
    for (const how of ["works", "hangs", "redirects", "breaks", "fails"]) {
      const hook = { url: `http://127.0.0.1:${port}/${how}`, types: ["message.sent", "notice"] };
      const { code, msg } = await key.post("/admin/hooks", { ...hook, secret: `whsec_${SECRET}`, batch: 100 });
      if (code !== 0) throw new Error(`cannot add an endpoint: ${msg}`);
    }
    return webhooks;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Waits until the endpoint that works was told of all messages since a time, and compares what it was told. */
  async check(truths: Iterable<Truth>, since: number, checks: Checks): Promise<void> {
    const messages = [...truths].flatMap(({ history }) => history);
    const byId = new Map(messages.map((message) => [`${message.conversation_id}:${message.seq}`, message]));
    const due = [...byId].filter(([, { send_at }]) => send_at > since).map(([id]) => id);
    const missing = () => due.filter((id) => !this.#told.has(id));
    for (const end = Date.now() + PATIENCE; missing().length > 0 && Date.now() < end; ) await sleep(200);
    checks.same("events", missing(), [], `events that are missing, of ${due.length}`);
    checks.same("events", this.#wrong, [], "calls that are not signed or not readable");
    for (const [id, { client_msg_id, sender_id, send_at }] of this.#told) {
      const known = byId.get(id);
      const same = known?.client_msg_id === client_msg_id && known.sender_id === sender_id && known.send_at === send_at;
      checks.that("events", same, () => `the event ${id} is of no message that is stored`);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request) body += part;
    if (request.url === "/works") {
      this.#take(request, body);
      response.end();
    } else if (request.url === "/redirects") response.writeHead(302, { Location: "/works" }).end();
    else if (request.url === "/breaks") request.socket.destroy();
    else if (request.url !== "/hangs" || this.#hung++ >= HANGS) response.writeHead(500).end();
  }

  #take({ headers }: IncomingMessage, body: string): void {
    const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", Buffer.from(SECRET, "base64")).update(content).digest("base64");
    if (headers["webhook-signature"] !== `v1,${signature}`) this.#wrong.push(body.slice(0, 200));
    const { events }: { events: { id: string; data: Message }[] } = JSON.parse(body);
    for (const { id, data } of events) this.#told.set(id, data);
  }
}
