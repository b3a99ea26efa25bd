import type { Actor, Scheduler } from "../scheduler.ts";
import { Disk } from "./disk.ts";
import { SimStorage, type StorageOwner } from "./storage.ts";
import type { ServerEnd } from "./wire.ts";

/** What the runtime calls on an object. */
export interface RunningObject {
  fetch(request: unknown): unknown;
  alarm(): Promise<void>;
  webSocketMessage(socket: unknown, message: string): unknown;
  webSocketClose(socket: unknown, code: number, reason: string, wasClean: boolean): unknown;
}

export interface Doom {
  readonly commits: number;
  readonly losesLast: boolean;
}

export type MakeObject = (ctx: unknown) => RunningObject;

/** One life of an object, from its start to its eviction or crash. */
class Life implements Actor, StorageOwner {
  readonly name: string;
  readonly storage: SimStorage;
  /** Callers that wait for an answer. */
  readonly waiting = new Set<() => void>();
  isAlive = true;
  /** Outgoing calls and timers. While there are any, the object does not hibernate. */
  busy = 0;
  ready: Promise<unknown> | null = null;
  object: RunningObject | null = null;
  readonly #host: Host;
  readonly #scheduler: Scheduler;
  #commitsLeft = Number.POSITIVE_INFINITY;
  #losesLast = false;

  constructor(host: Host, scheduler: Scheduler) {
    this.name = host.name;
    this.#host = host;
    this.#scheduler = scheduler;
    this.storage = new SimStorage(host.disk, this);
  }

  beginTurn(): void {
    const { commits, losesLast } = this.#host.doom();
    this.#commitsLeft = commits;
    this.#losesLast = losesLast;
  }

  committing(): void {
    if (--this.#commitsLeft > 0 || !this.#losesLast) return;
    this.#host.losses++;
    this.#host.crash();
  }

  committed(): void {
    if (this.#commitsLeft <= 0) this.#host.crash();
  }

  later(): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.post({ label: "synced", to: () => this, run: () => resolve() });
    });
  }
}

/** An object by its name: its disk, its sockets, and its current life, if it is awake. */
export class Host {
  readonly name: string;
  readonly disk = new Disk();
  readonly sockets = new Set<ServerEnd>();
  /** The runtime's answer to pings while the object sleeps. */
  readonly asleep: Actor;
  autoResponse: { readonly request: string; readonly response: string } | null = null;
  wakes = 0;
  alarmFailures = 0;
  readonly #scheduler: Scheduler;
  readonly #make: MakeObject;
  /** At which of its commits the object dies in the turn that begins, and whether it loses that one. */
  readonly doom: () => Doom;
  /** How often the object died with writes that it had not committed. */
  losses = 0;
  #life: Life | null = null;
  #ringing: { readonly due: number } | null = null;

  constructor(name: string, scheduler: Scheduler, doom: () => Doom, make: MakeObject) {
    this.name = name;
    this.asleep = { name: `${name} asleep`, isAlive: true };
    this.#scheduler = scheduler;
    this.doom = doom;
    this.#make = make;
  }

  get life(): (Actor & { busy: number }) | null {
    return this.#life;
  }

  get isRinging(): boolean {
    return this.#ringing !== null;
  }

  answersAsleep(text: string): boolean {
    return this.autoResponse?.request === text;
  }

  /** The object's life, started now if it was not awake. Call this in the turn that needs it. */
  wake(): Actor {
    if (this.#life) return this.#life;
    this.wakes++;
    const life = new Life(this, this.#scheduler);
    this.#life = life;
    this.#scheduler.current = life;
    life.object = this.#make(this.#context(life));
    return life;
  }

  /** Runs a handler once the object is ready. */
  async enter<T>(handler: (object: RunningObject) => T): Promise<Awaited<T>> {
    const life = this.#life;
    if (!life?.object) throw new Error(`${this.name} is not awake`);
    const { object } = life;
    if (life.ready !== null) await life.ready;
    return await handler(object);
  }

  output(send: () => void): void {
    this.#life?.storage.output(send);
  }

  /** Registers a caller to notify if this life ends before it has answered. @returns a function to call once it has */
  expecting(lost: () => void): () => void {
    const life = this.#life;
    life?.waiting.add(lost);
    return () => life?.waiting.delete(lost);
  }

  /** Loses memory, keeps storage, breaks sockets. */
  crash(): void {
    const waiting = this.#end();
    this.autoResponse = null;
    const sockets = [...this.sockets];
    this.sockets.clear();
    for (const { wire } of sockets) wire.break(false);
    for (const lost of waiting) lost();
  }

  /** Loses memory, keeps sockets. Only while nothing is in flight. */
  evict(): void {
    if (!this.#life || this.#life.busy > 0 || this.#life.waiting.size > 0 || this.#ringing) return;
    this.#end();
  }

  #end(): Set<() => void> {
    const life = this.#life;
    if (!life) return new Set();
    life.isAlive = false;
    life.storage.abandon();
    this.#life = null;
    if (this.#ringing) this.disk.alarm ??= this.#ringing.due;
    this.#ringing = null;
    return life.waiting;
  }

  /** Rings the alarm. It counts as rung once its handler has completed. */
  ring(): void {
    if (this.#ringing) return;
    const life = this.#life;
    const ringing = { due: this.disk.alarm ?? 0 };
    this.disk.alarm = null;
    this.#ringing = ringing;
    const done = () => {
      if (this.#ringing === ringing) this.#ringing = null;
    };
    this.enter((object) => object.alarm()).then(done, () => {
      if (this.#life === life) this.alarmFailures++;
      done();
    });
  }

  #context(life: Life) {
    return {
      id: { name: this.name },
      storage: life.storage,
      abort: () => this.crash(),
      getWebSockets: () => [...this.sockets],
      acceptWebSocket: (socket: ServerEnd) => {
        if (!life.isAlive) return;
        socket.wire.host = this;
        this.sockets.add(socket);
      },
      // As of a client that never pinged: it counts as alive.
      getWebSocketAutoResponseTimestamp: () => null,
      setWebSocketAutoResponse: (pair: { request: string; response: string }) => {
        if (life.isAlive) this.autoResponse = pair;
      },
      blockConcurrencyWhile: (work: () => Promise<unknown>) => {
        const done = work();
        const ready = done.then(() => {
          if (life.ready === ready) life.ready = null;
        });
        life.ready = ready;
        return done;
      },
    };
  }
}
