import { Conversation } from "../../src/conversation/conversation.ts";
import { CALL_DEADLINE } from "../../src/deadline.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import { Faults } from "./faults.ts";
import { Network } from "./network.ts";
import { SimBucket } from "./platform/bucket.ts";
import { SimDatabase } from "./platform/database.ts";
import { install } from "./platform/globals.ts";
import { Host, type MakeObject, type RunningObject } from "./platform/host.ts";
import { Wire } from "./platform/wire.ts";
import { Random } from "./random.ts";
import { type Actor, Scheduler } from "./scheduler.ts";

/** Settings of wrangler.toml that seeds vary. */
export type Vars = Readonly<Record<string, string>>;

const BEGINNING = 1_760_000_000_000;

/** The platform: objects by name, the database, the network between them, and time. */
export class World {
  readonly random: Random;
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly database: SimDatabase;
  readonly bucket: SimBucket;
  readonly hosts = new Map<string, Host>();
  readonly wires = new Set<Wire>();
  /** What was handed to the queue of events. */
  readonly events: string[] = [];
  /** Called with the answer of each call between objects. */
  onAnswer: ((method: string, args: readonly unknown[], answer: unknown) => void) | null = null;
  /** Called when a conversation sends an update to an inbox before the previous one has returned. */
  onDoubleTell: ((from: string, to: string) => void) | null = null;
  /** When each conversation's call in flight to an inbox began. */
  readonly #fanOut = new Map<Actor, Map<Host, number>>();
  readonly #env: object;
  readonly #uninstall: () => void;
  /** The offset of the wall clock. */
  #skew = 0;

  constructor(seed: number, vars: Vars) {
    this.random = new Random(seed);
    this.faults = new Faults(this.random);
    this.scheduler = new Scheduler(this.random);
    this.network = new Network(this.scheduler, this.faults);
    const query = <T>(work: () => T) => {
      const { actor, host } = this.#caller();
      return this.network.query(actor, host, work) as Promise<T>;
    };
    this.database = new SimDatabase(query);
    this.bucket = new SimBucket(query);
    this.#env = {
      ...vars,
      JWT_SECRET: "a secret for the simulation, 32 bytes and more",
      DB: this.database,
      MEDIA: this.bucket,
      CONVERSATION: { getByName: (name: string) => this.#stub(this.conversation(name)) },
      INBOX: { getByName: (name: string) => this.#stub(this.inbox(name)) },
      HOOKS: { sendBatch: (messages: readonly { body: string }[]) => this.#queue(messages) },
    };
    this.#uninstall = install({
      random: this.random,
      wallClock: () => this.wallClock,
      timer: (callback, milliseconds) => this.#timer(callback, milliseconds),
      log: (line) => this.scheduler.onEvent?.(line),
      socketPair: () => this.#socketPair(),
    });
  }

  get wallClock(): number {
    return Math.floor(BEGINNING + this.scheduler.time + this.#skew);
  }

  conversation(name: string): Host {
    return this.#host(
      `conversation ${name}`,
      name,
      Conversation as unknown as new (
        ...args: unknown[]
      ) => RunningObject,
    );
  }

  inbox(name: string): Host {
    return this.#host(`inbox ${name}`, name, Inbox as unknown as new (...args: unknown[]) => RunningObject);
  }

  /** Whether a conversation is a large group, or was when its object was last changed. */
  isLarge(conversationId: string): boolean {
    const { disk } = this.conversation(conversationId);
    const query = "SELECT name FROM sqlite_master WHERE name = 'large_group'";
    return !disk.isBlank && disk.run(query).length > 0;
  }

  /** Calls a method of an object from outside, as the Worker does for a client. */
  call<T>(from: Actor, to: Host, method: string, args: readonly unknown[]): Promise<T> {
    const work = (object: RunningObject) => invoke(object, method, args) as T;
    return this.network.call(from, null, to, labelOf(method, args), work) as Promise<T>;
  }

  /** Sets the clock back, or forward. */
  shiftClock(): void {
    this.#skew = this.random.between(-60_000, 5_000);
  }

  /** The time of the next timer or alarm. */
  get nextWake(): number {
    let next = this.scheduler.nextTimer;
    for (const { disk, isRinging } of this.hosts.values()) {
      if (disk.alarm !== null && !isRinging) next = Math.min(next, disk.alarm - BEGINNING - this.#skew);
    }
    return next;
  }

  /** Lets time pass and rings the alarms that are due. */
  advance(time: number): void {
    this.scheduler.advance(time);
    for (const host of this.hosts.values()) {
      if (host.disk.alarm !== null && host.disk.alarm <= this.wallClock) this.ring(host);
    }
  }

  ring(host: Host): void {
    if (host.isRinging) return;
    this.scheduler.post({ label: "alarm", to: () => host.wake(), run: () => host.ring() });
  }

  close(): void {
    this.#uninstall();
    for (const { disk } of this.hosts.values()) disk.close();
    this.database.close();
  }

  #host(key: string, name: string, type: new (...args: unknown[]) => RunningObject): Host {
    let host = this.hosts.get(key);
    if (!host) {
      const make: MakeObject = (ctx) => new type(Object.assign(Object(ctx), { id: { name } }), this.#env);
      const doom = () =>
        this.faults.happens("doom")
          ? { commits: this.random.pick([1, 1, 2, 3]), losesLast: this.random.chance(0.5) }
          : { commits: Number.POSITIVE_INFINITY, losesLast: false };
      host = new Host(key, this.scheduler, doom, make);
      this.hosts.set(key, host);
    }
    return host;
  }

  /** The queue of events: like the database, it may refuse, answer late, or lose the answer. */
  #queue(messages: readonly { body: string }[]): Promise<void> {
    const { actor, host } = this.#caller();
    return this.network.query(actor, host, () => void this.events.push(...messages.map(({ body }) => body)));
  }

  /** The actor whose turn it is: calls and timers that begin now belong to it. */
  #caller(): { actor: Actor; host: Host | null } {
    const actor = this.scheduler.current;
    if (!actor) throw new Error("a call outside any turn");
    const host = this.hosts.get(actor.name);
    return { actor, host: host?.life === actor ? host : null };
  }

  #stub(to: Host): object {
    return new Proxy(
      {},
      {
        get: (_target, method) => {
          if (typeof method !== "string" || method === "then") return undefined;
          return (...args: unknown[]) => {
            const { actor, host } = this.#caller();
            if (method === "fetch") return this.#fetch(actor, host, to, String(args[0]), args[1] as Init);
            const work = (object: RunningObject) => invoke(object, method, args);
            const call = this.network.call(actor, host, to, labelOf(method, args), work).then((answer) => {
              this.onAnswer?.(method, args, answer);
              return answer;
            });
            if (method === "update" || method === "relay") this.#oneAtATime(actor, to, call);
            return call;
          };
        },
      },
    );
  }

  /** A fetch is a call that the caller can abandon. */
  #fetch(actor: Actor, host: Host | null, to: Host, url: string, init: Init): Promise<unknown> {
    const request = { url, headers: new Headers(), text: async () => init.body };
    const answer = new Promise((resolve, reject) => {
      init.signal.addEventListener("abort", () => reject(new Error("aborted")));
      this.network.call(actor, host, to, "tell", (object) => object.fetch(request)).then(resolve, reject);
    });
    this.#oneAtATime(actor, to, answer);
    return answer;
  }

  /** Checks that no update of this inbox is in flight. An RPC counts until its caller has given up waiting. */
  #oneAtATime(actor: Actor, to: Host, answer: Promise<unknown>): void {
    const calls = this.#fanOut.get(actor) ?? new Map<Host, number>();
    this.#fanOut.set(actor, calls);
    const begun = this.scheduler.time;
    if (begun - (calls.get(to) ?? Number.NEGATIVE_INFINITY) < CALL_DEADLINE) this.onDoubleTell?.(actor.name, to.name);
    calls.set(to, begun);
    const ended = () => {
      if (calls.get(to) === begun) calls.delete(to);
    };
    answer.then(ended, ended);
  }

  #timer(callback: () => void, milliseconds: number): () => void {
    const { actor, host } = this.#caller();
    const life = host?.life;
    if (life) life.busy++;
    let isPending = true;
    const ended = () => {
      if (isPending && life) life.busy--;
      isPending = false;
    };
    const run = () => {
      ended();
      callback();
    };
    const cancel = this.scheduler.after(milliseconds, { label: `timer ${milliseconds}`, to: () => actor, run });
    return () => {
      ended();
      cancel();
    };
  }

  #socketPair(): object {
    const wire = new Wire(this.scheduler, this.faults);
    this.wires.add(wire);
    return { 0: wire, 1: wire.server };
  }
}

interface Init {
  readonly body: string;
  readonly signal: AbortSignal;
}

/** What a trace calls it: the call of a feature by its own name. */
function labelOf(method: string, args: readonly unknown[]): string {
  if (method === "call") return String(args[0]);
  return method === "request" ? String(args[1]) : method;
}

function invoke(object: RunningObject, method: string, args: readonly unknown[]): unknown {
  const handler: unknown = Reflect.get(object, method);
  if (typeof handler !== "function") throw new Error(`no method ${method}`);
  return handler.apply(object, args);
}
