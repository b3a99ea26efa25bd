import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Rest } from "../../test/helpers/node/rest.ts";
import type { Checks } from "./checks.ts";
import { Endpoints } from "./endpoints.ts";
import type { Truth } from "./truth.ts";

const SECRET = Buffer.alloc(32, 9);
const PATIENCE = 60_000;

/**
 * Endpoints that are told of every message: one that works, and others that hang, redirect, break off and answer 500.
 * The local queue forgets what it holds when the server is killed. So only messages since a restart must have arrived;
 * that a crash of a conversation loses none is checked by the simulation.
 */
export class Webhooks {
  readonly #endpoints: Endpoints;

  private constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** @param state the folder of the server's state, in which the key is made */
  static async add(url: string, state: string): Promise<Webhooks> {
    const endpoints = await Endpoints.open(SECRET);
    const made = execFileSync(process.execPath, ["scripts/admin-key.ts", "--scope", "hooks", "--persist-to", state]);
    const key = new Rest(url, made.toString().split("\n")[0]);
    for (const how of ["works", "hangs", "redirects", "breaks", "fails"]) {
      const hook = { url: `${endpoints.url}/${how}`, types: ["message.sent", "notice"] };
      const secret = `whsec_${SECRET.toString("base64")}`;
      const { code, msg } = await key.post("/admin/hooks", { ...hook, secret, batch: 100 });
      if (code !== 0) throw new Error(`cannot add an endpoint: ${msg}`);
    }
    return new Webhooks(endpoints);
  }

  close(): void {
    this.#endpoints.close();
  }

  /** Waits until the endpoint that works was told of all messages since a time, and compares what it was told. */
  async check(truths: Iterable<Truth>, since: number, checks: Checks): Promise<void> {
    const { told, wrong } = this.#endpoints;
    const messages = [...truths].flatMap(({ history }) => history);
    const byId = new Map(messages.map((message) => [`${message.conversation_id}:${message.seq}`, message]));
    const due = [...byId].filter(([, { send_at }]) => send_at > since).map(([id]) => id);
    const missing = () => due.filter((id) => !told.has(id));
    for (const end = Date.now() + PATIENCE; missing().length > 0 && Date.now() < end; ) await sleep(200);
    checks.same("events", missing(), [], `events that are missing, of ${due.length}`);
    checks.same("events", wrong, [], "calls that are not signed or not readable");
    for (const [id, { client_msg_id, sender_id, send_at }] of told) {
      const known = byId.get(id);
      const same = known?.client_msg_id === client_msg_id && known.sender_id === sender_id && known.send_at === send_at;
      checks.that("events", same, () => `the event ${id} is of no message that is stored`);
    }
  }
}
