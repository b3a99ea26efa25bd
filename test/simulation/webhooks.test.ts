import { afterEach, expect, test, vi } from "vitest";
import { insertHook } from "../../src/directory/hooks.ts";
import type { Env } from "../../src/env.ts";
import { deliverEvents } from "../../src/features/hooks/consumer.ts";
import { SimDatabase } from "./platform/database.ts";
import { Random } from "./random.ts";

/**
 * The consumer of the queue of events, between a queue that delivers late, twice and out of order, and endpoints that
 * fail in every way. That every event gets into the queue is checked by the other simulation.
 */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 30);
const FIRST = Number(process.env.SIMULATION_SEED ?? 1);

interface Event {
  readonly id: string;
  readonly data: { readonly seq: number; readonly rev: number; readonly content: string };
}

/** An endpoint that keeps of each message what has the highest rev, as docs/ADMIN.md advises. */
class Receiver {
  readonly receipts = new Map<string, number>();
  readonly messages = new Map<number, Event["data"]>();

  take({ id, data }: Event): void {
    this.receipts.set(id, (this.receipts.get(id) ?? 0) + 1);
    if (data.rev >= (this.messages.get(data.seq)?.rev ?? 0)) this.messages.set(data.seq, data);
  }
}

const queueOf = (put: (body: string) => void) => ({
  sendBatch: async (messages: readonly { body: string }[]) => {
    for (const { body } of messages) put(body);
  },
});

const ENDPOINTS = ["good", "flaky", "dead"] as const;

class Play {
  readonly random: Random;
  readonly events = new Map<string, Event["data"]>();
  readonly truth = new Map<number, Event["data"]>();
  readonly receivers = { good: new Receiver(), flaky: new Receiver(), dead: new Receiver() };
  readonly dead: string[] = [];
  /** How often the queue delivered each event for all endpoints. */
  readonly deliveries = new Map<string, number>();
  readonly #database = new SimDatabase((work) => Promise.resolve().then(work));
  readonly #env: Env;
  readonly #queue: string[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#env = {
      JWT_SECRET: "a secret for the simulation, 32 bytes and more",
      DB: this.#database,
      HOOKS: queueOf((body) => this.#put(body)),
      HOOKS_DEAD: queueOf((body) => void this.dead.push(body)),
    } as unknown as Env;
  }

  async run(): Promise<void> {
    for (const [index, name] of ENDPOINTS.entries()) {
      const secret = `whsec_${Buffer.alloc(32, index).toString("base64")}`;
      const rest = { previous_secret: "", previous_until: 0, disabled: "", created_at: index };
      const hook = { hook_id: name, url: `https://${name}.nexo.chat/`, types: "", batch: this.random.pick([1, 3]) };
      await insertHook(this.#env.DB, { ...hook, secret, ...rest }, 5);
    }
    this.#happen();
    while (this.#queue.length > 0) await this.#deliver();
    this.#database.close();
  }

  /** Messages are sent and changed. Several changes may be one event, but the last one always is. */
  #happen(): void {
    let rev = 0;
    for (let seq = 1; seq <= 12; seq++) {
      this.#tell({ id: `c:${seq}`, data: { seq, rev: 0, content: "as sent" } });
      for (let changes = this.random.below(4); changes > 0; changes--) {
        const data = { seq, rev: ++rev, content: `as of ${rev}` };
        if (changes === 1 || this.random.chance(0.5)) this.#tell({ id: `c:${seq}:r${rev}`, data });
      }
    }
  }

  #tell({ id, data }: Event): void {
    this.events.set(id, data);
    this.truth.set(data.seq, data);
    this.#put(JSON.stringify({ id, type: data.rev > 0 ? "message.changed" : "message.sent", timestamp: "", data }));
  }

  /** Out of order, and one in five twice. */
  #put(body: string): void {
    const copies = body.startsWith('{"id"') && this.random.chance(0.2) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#queue.splice(this.random.below(this.#queue.length + 1), 0, body);
  }

  async #deliver(): Promise<void> {
    const bodies = this.#queue.splice(0, this.random.between(1, 8));
    for (const body of bodies.filter((text) => !text.includes("\n"))) {
      const { id } = JSON.parse(body);
      this.deliveries.set(id, (this.deliveries.get(id) ?? 0) + 1);
    }
    const messages = bodies.map((body) => ({ body }));
    try {
      await deliverEvents({ messages } as unknown as MessageBatch<unknown>, this.#isOut() ? this.#broken() : this.#env);
    } catch {
      // As the platform does: the whole batch comes again.
      this.#queue.push(...bodies);
    }
  }

  #isOut(): boolean {
    return this.random.chance(0.1);
  }

  /** D1 is out before the calls, or the queue does not take back what failed. */
  #broken(): Env {
    const refuse = async () => {
      throw new Error("out");
    };
    const database = { prepare: () => ({ bind: () => ({ all: refuse, raw: refuse, run: refuse }) }) };
    const change = this.random.chance(0.5) ? { DB: database } : { HOOKS: { sendBatch: refuse } };
    return { ...this.#env, ...change } as unknown as Env;
  }

  async answer(url: string, body: string): Promise<Response> {
    const name = ENDPOINTS.find((one) => url.includes(one)) ?? "dead";
    const receiver = this.receivers[name];
    const take = () => {
      const { events, ...event } = JSON.parse(body);
      for (const one of events ?? [event]) receiver.take(one);
      return new Response("ok");
    };
    if (name === "good") return take();
    if (name === "dead") return new Response("", { status: 500 });
    const how = this.random.weighted({ ok: 6, fails: 1, hangs: 1, redirects: 1, lies: 1 });
    if (how === "fails") return new Response("", { status: 503 });
    if (how === "redirects") return new Response("", { status: 307, headers: { Location: "https://good.nexo.chat/" } });
    if (how === "hangs") throw new DOMException("timed out", "TimeoutError");
    const response = take();
    // It has the event, and its answer is lost.
    if (how === "lies") throw new TypeError("the connection broke");
    return response;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("[HOOK-1] [HOOK-3] whatever queue and endpoints do, a receiver that orders by seq and rev ends with the truth", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const play = new Play(seed);
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => play.answer(String(url), String(init?.body)));
    await play.run();
    const { events, truth, receivers, dead, deliveries } = play;
    const deadOf = (hook: string) =>
      new Set(
        dead.flatMap((body) => {
          const [head = "", event = ""] = body.split("\n");
          return JSON.parse(head).hook_id === hook ? [JSON.parse(event).id as string] : [];
        }),
      );
    for (const name of ENDPOINTS) {
      const { receipts, messages } = receivers[name];
      const gone = deadOf(name);
      const missing = [...events.keys()].filter((id) => !receipts.has(id) && !gone.has(id));
      expect(missing, `seed ${seed}: events that ${name} never got`).toEqual([]);
      expect([...receipts.keys()].filter((id) => !events.has(id))).toEqual([]);
      if (gone.size === 0) expect(messages, `seed ${seed}: what ${name} has`).toEqual(truth);
    }
    expect(deadOf("dead").size).toBe(events.size);
    // The faults of others make nothing come more often than the queue delivered it.
    for (const [id, times] of receivers.good.receipts) {
      expect(times, `seed ${seed}: ${id}`).toBeLessThanOrEqual(deliveries.get(id) ?? 0);
    }
  }
}, 120_000);
