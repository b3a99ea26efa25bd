import type { AppendCall, AppendReply } from "../../src/core/calls.ts";
import { decodeUpdate } from "../../src/core/delivery/update.ts";
import { UPDATE_LIMITS } from "../../src/core/log/recent-messages.ts";
import type { TokenClaims } from "../../src/core/logins.ts";
import { type Outcome as CallOutcome, unwrapped } from "../../src/durable/outcome.ts";
import { signIn } from "../../src/features/logins/calls.ts";
import { registerDevice } from "../../src/features/push/calls.ts";
import { Platform } from "../../src/protocol/account-model.ts";
import type { Conversation } from "../../src/protocol/model.ts";
import { Client } from "./client.ts";
import { Exports } from "./exports.ts";
import { wrongFiles } from "./files.ts";
import { Invariants } from "./invariants.ts";
import { Ledger } from "./ledger.ts";
import { MessageStates } from "./message-states.ts";
import { Notifications } from "./notifications.ts";
import { Safety } from "./safety.ts";
import { Searches } from "./searches.ts";
import { Storm } from "./storm.ts";
import { User } from "./user.ts";
import { type Vars, World } from "./world.ts";

export interface Outcome {
  readonly seed: number;
  readonly events: number;
  readonly complaints: readonly string[];
}

const DRIVER = { name: "driver", isAlive: true };
const QUIET_AFTER_EVENTS = 40_000;

/** Runs one seed: a phase with faults, a phase without, and the checks after it. @param trace gets each event */
export async function simulate(seed: number, trace: ((line: string) => void) | null = null): Promise<Outcome> {
  const simulation = new Simulation(seed, trace);
  try {
    return await simulation.run();
  } finally {
    simulation.world.close();
  }
}

class Simulation {
  readonly world: World;
  readonly #seed: number;
  readonly #vars: Vars;
  readonly #ledger = new Ledger();
  readonly #users: User[] = [];

  constructor(seed: number, trace: ((line: string) => void) | null) {
    this.#seed = seed;
    this.#vars = settings(seed);
    this.world = new World(seed, this.#vars);
    this.world.scheduler.onEvent = trace;
    this.world.onDoubleTell = (from, to) => this.#ledger.complain(`[TELL-3] ${from} sends ${to} two updates at a time`);
    this.world.onAnswer = (method, args, answer) => {
      if (method === "append") this.#checkTell(args[0] as AppendCall, answer as AppendReply);
    };
  }

  async run(): Promise<Outcome> {
    await this.#begin();
    const exports = new Exports(this.world, this.#ledger);
    const searches = new Searches(this.world, this.#ledger);
    await new Storm(this.world, this.#users, { exports, searches }).rage();
    await this.#calm();
    const maxMembers = Number(this.#vars.MAX_GROUP_MEMBERS);
    const states = new MessageStates(this.world, this.#ledger);
    const invariants = new Invariants(this.world, this.#ledger, this.#users, maxMembers, states);
    invariants.erasures();
    invariants.conversations();
    const safety = new Safety(this.world, this.#ledger, this.#users);
    safety.groups();
    const erased = new Set(this.#users.filter(({ erasure }) => erasure).map(({ id }) => id));
    for (const wrong of wrongFiles(this.world, erased)) this.#ledger.complain(wrong);
    if (this.#vars.WEBHOOKS === "on") {
      invariants.events();
      states.events();
      const notifications = new Notifications(this.world, this.#ledger);
      notifications.requested();
      for (const user of this.#users) notifications.decided(user);
    }
    exports.check(states);
    await this.#searched(searches, invariants);
    await this.#lists(invariants, "at rest");
    // A heartbeat reveals that the last push was lost.
    for (let beat = 0; beat < 3; beat++) {
      for (const { clients } of this.#users) for (const client of clients) client.heartbeat();
      await this.#rest();
    }
    for (const user of this.#users) invariants.clients(user);
    // The devices of an erased account are signed out.
    const clients = this.#users.filter(({ erasure }) => !erasure).flatMap((user) => user.clients);
    for (const client of clients) client.refresh();
    await this.#rest();
    for (const client of clients) states.newest(client);
    for (const client of clients) void client.ownData.ask();
    await this.#rest();
    for (const user of this.#users) safety.ownData(user);
    for (const host of this.world.hosts.values()) host.crash();
    await this.#rest();
    invariants.erasures();
    await this.#lists(invariants, "after a restart");
    await this.#admitted(safety);
    for (const { name, alarmFailures } of this.world.hosts.values()) {
      if (alarmFailures > 0) this.#ledger.complain(`[TELL-5] ${name}'s alarm threw`);
    }
    return { seed: this.#seed, events: this.world.scheduler.events, complaints: this.#ledger.complaints };
  }

  /**
   * An answer to a send contains everything from the caller's mark on, or the newest messages that fit into one update.
   */
  #checkTell({ mark, user_id }: AppendCall, { tell }: AppendReply): void {
    if (!mark || tell === null) return;
    const { header, lines } = decodeUpdate(tell);
    const { from, seq, min_seq, conversation_id } = header;
    const isCut = lines.length >= UPDATE_LIMITS.messages;
    // In a large group the messages before these were relayed.
    const isComplete = isCut || header.large || from <= Math.max(mark.seq + 1, min_seq);
    if (lines.length === seq - from + 1 && isComplete) return;
    this.#ledger.complain(
      `[TELL-1] ${user_id} gets an update of ${conversation_id} from ${from} to ${seq}, but its mark is ${mark.seq}`,
    );
  }

  /** Users register and log in before any faults. */
  async #begin(): Promise<void> {
    const { random, faults } = this.world;
    const { weather } = faults;
    faults.stop();
    if (this.#vars.WEBHOOKS === "on") this.world.database.addHook();
    for (const id of ["ann", "bob", "cyd", "dan", "eve"].slice(0, random.between(2, 5))) {
      this.world.database.addUser(id);
      const logins: TokenClaims[] = [];
      for (let platform = 1; platform <= random.between(1, 2); platform++) {
        const input = { platform_id: platform, password_version: 1, network: "" };
        const answer = this.world.call<CallOutcome<TokenClaims>>(DRIVER, this.world.inbox(id), "call", [
          signIn.name,
          input,
        ]);
        await this.#rest();
        logins.push(unwrapped(await answer));
      }
      const clients = logins.map((login) => new Client(this.world, this.#ledger, id, login));
      const [login] = logins;
      if (login) this.#users.push(new User(this.world, this.#ledger, id, login, clients));
      for (const client of clients) client.link.open();
      await this.#rest();
      if (this.#vars.WEBHOOKS === "on") await this.#pocket(id);
    }
    faults.weather = weather;
  }

  /** A phone that is never looked at, and that the backend notifies. */
  async #pocket(userId: string): Promise<void> {
    const inbox = this.world.inbox(userId);
    const input = { platform_id: Platform.IPAD, password_version: 1, network: "" };
    const login = this.world.call<CallOutcome<TokenClaims>>(DRIVER, inbox, "call", [signIn.name, input]);
    await this.#rest();
    const device = { kind: "hook", token: "t", service: "apns", privacy: "full", lang: "en" };
    const asked = [unwrapped(await login), registerDevice.name, { device, site: "https://nexo.example" }];
    const answer = this.world.call<CallOutcome<unknown>>(DRIVER, inbox, "request", asked);
    await this.#rest();
    unwrapped(await answer);
  }

  /** There are no more faults, and operations in flight complete. */
  async #calm(): Promise<void> {
    this.world.faults.stop();
    await this.#rest();
    const waiting = this.#users.filter((user) => user.waiting > 0).map((user) => user.id);
    if (waiting.length > 0) this.#ledger.complain(`sends of ${waiting} were never answered`);
  }

  /** Runs until nothing is in flight, and no timer or alarm is set. */
  async #rest(): Promise<void> {
    const { scheduler } = this.world;
    const limit = scheduler.events + QUIET_AFTER_EVENTS;
    for (;;) {
      while (scheduler.readyCount > 0 && scheduler.events < limit) await scheduler.deliver();
      if (scheduler.events >= limit) return this.#ledger.complain("[TELL-5] the system does not become idle");
      const next = this.world.nextWake;
      if (next === Number.POSITIVE_INFINITY) return;
      this.world.advance(next);
    }
  }

  /** Searches of members in all that they are in. */
  async #searched(searches: Searches, invariants: Invariants): Promise<void> {
    for (const { id: userId, erasure } of this.#users) {
      if (erasure) continue;
      for (const id of invariants.memberships(userId)) {
        const found = searches.search(userId, id, Number.POSITIVE_INFINITY);
        await this.#rest();
        invariants.search(userId, id, await found);
      }
    }
  }

  /** A ban holds until its time, and not after. Users try to come in when nothing else happens. [BAN-1] */
  async #admitted(safety: Safety): Promise<void> {
    for (const group of this.#ledger.groups.keys()) {
      for (const user of this.#users.filter(({ erasure }) => !erasure)) {
        const code = user.join(group);
        await this.#rest();
        safety.attempt(group, user.id, await code);
      }
    }
  }

  async #lists(invariants: Invariants, when: string): Promise<void> {
    for (const user of this.#users) {
      if (user.erasure) continue;
      const list = user.list();
      await this.#rest();
      const conversations: Conversation[] | null = await list;
      if (conversations) invariants.list(user, conversations, when);
      else this.#ledger.complain(`${when}: ${user.id} cannot get a list`);
    }
  }
}

/** Most seeds have high limits; some reach the limits. */
function settings(seed: number): Vars {
  return {
    MAX_SOCKETS_PER_USER: "1000",
    SEND_RATE_PER_SECOND: seed % 7 === 0 ? "5" : "1000",
    SEND_BURST: seed % 7 === 0 ? "10" : "1000",
    MAX_GROUP_MEMBERS: seed % 5 === 0 ? "3" : "500",
    // Groups of three cross the threshold in every other seed.
    LARGE_GROUP: seed % 2 === 0 ? "2" : "500",
    STRANGERS_PER_HOUR: "1000",
    WEBHOOKS: seed % 3 === 0 ? "on" : "off",
    REQUEST_RATE_PER_SECOND: seed % 7 === 0 ? "20" : "1000",
    REQUEST_BURST: seed % 7 === 0 ? "40" : "1000",
  };
}
