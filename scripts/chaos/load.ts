import { setTimeout as sleep } from "node:timers/promises";
import { NO_ANSWER } from "../../src/client/index.ts";
import type { Random } from "../../test/simulation/random.ts";
import { crasher, founder, host, lastMinute, poster, reader, uploader, writer } from "./actors.ts";
import { amender } from "./amending.ts";
import type { Checks } from "./checks.ts";
import type { SentFile } from "./files.ts";
import { operator } from "./operating.ts";
import { codeOf } from "./sending.ts";
import type { Device } from "./user.ts";
import { type Chat, shuffled, type World } from "./world.ts";

/** The result of a request. Without data and code there was no answer. */
type Outcome<T> = { data?: T; code?: number };

/** Groups whose members change. */
const hosts = 5;

/** Users who are active on a server, from the start of a round until the kill. Messages given to SDKs outlive it. */
export class Load {
  readonly world: World;
  readonly round: number;
  readonly checks: Checks;
  /** Requests by kind: those interrupted by the kill, and those answered. */
  readonly inFlight: Record<string, number> = {};
  readonly answered: Record<string, number> = {};
  readonly #acting: Promise<void>[] = [];
  readonly #handed: Promise<void>[] = [];
  readonly #end = Promise.withResolvers<void>();
  #over = false;

  constructor(world: World, round: number, checks: Checks) {
    this.world = world;
    this.round = round;
    this.checks = checks;
  }

  get isOver(): boolean {
    return this.#over;
  }

  start(): void {
    const { world, round } = this;
    const random = (...what: number[]) => world.random(round, ...what);
    for (const [index, device] of world.devices.entries()) {
      device.wiretap.sends.clear();
      this.#act(writer(this, device, random(1, index)));
      this.#act(reader(this, device, random(2, index)));
      this.#act(amender(this, device, random(10, index)));
      this.#act(operator(this, device, random(13, index)));
      if (index % 2 === 0) this.#act(uploader(this, device, random(12, index)));
    }
    for (const [index, user] of world.users.entries()) this.#act(poster(this, user, random(3, index)));
    const groups = world.chats.filter(({ groupId }) => groupId !== null);
    for (const [index, chat] of shuffled(groups, random(4)).slice(0, hosts).entries()) {
      this.#act(host(this, chat, random(4, index)));
    }
    for (const [index, mirror] of [...world.mirrors.values()].entries()) {
      this.#act(crasher(this, mirror, random(11, index)));
    }
    this.#act(founder(this, random(5)));
  }

  /** The number of milliseconds before the kill. */
  async lastMinute(milliseconds: number): Promise<void> {
    this.#act(lastMinute(this, this.world.random(this.round, 6)));
    await sleep(milliseconds);
  }

  /** Ends the load by this kill. */
  async endBy(kill: () => Promise<void>): Promise<void> {
    this.#over = true;
    await kill();
    this.#end.resolve();
    await Promise.all(this.#acting);
    for (const { wiretap } of this.world.devices) {
      for (const [kind, count] of wiretap.sends) add(this.answered, `sends by ${kind}`, count);
    }
  }

  /** Gives a message to an SDK, or a file. @returns once it is sent or refused, or the load has ended */
  async hand(device: Device, chat: Chat, random: Random, file?: SentFile): Promise<void> {
    const settled = this.world.hand(device, chat, random, file);
    this.#handed.push(settled);
    await Promise.race([settled, this.#end.promise]);
  }

  /** Counts an operation that was given to an SDK. @returns once it is settled, or the load has ended */
  async given(kind: string, settled: Promise<void>): Promise<void> {
    this.#handed.push(settled);
    if (this.#over) return;
    add(this.inFlight, kind, 1);
    await Promise.race([settled, this.#end.promise]);
    if (this.#over) return;
    add(this.inFlight, kind, -1);
    add(this.answered, kind, 1);
  }

  /** Waits until nothing given to an SDK is open any more. */
  async handedAll(): Promise<void> {
    await Promise.all(this.#handed);
  }

  /** Sends a request to the server. Until the kill every request must be answered by success or one of these codes. */
  async ask<T>(kind: string, request: () => Promise<T>, codes: number[] = []): Promise<Outcome<T>> {
    add(this.inFlight, kind, 1);
    const outcome: Outcome<T> & { why?: string } = await request().then(
      (data) => ({ data }),
      (error: unknown) => ({ code: codeOf(error), why: String(error) }),
    );
    if (!this.#over) add(this.inFlight, kind, -1);
    const { code, why = "" } = outcome;
    const asItShould = code === undefined || codes.includes(code);
    // Parts of a dying server may report that other parts do not answer. That counts as no answer.
    if (this.#over && !asItShould) return {};
    this.checks.that("served", asItShould, () => `${kind}: ${why}`);
    add(this.answered, kind, 1);
    return code === NO_ANSWER ? {} : outcome;
  }

  async pause(milliseconds: number): Promise<void> {
    if (!this.#over) await sleep(milliseconds);
  }

  #act(acting: Promise<void>): void {
    this.#acting.push(acting);
  }
}

function add(counts: Record<string, number>, kind: string, more: number): void {
  counts[kind] = (counts[kind] ?? 0) + more;
}
