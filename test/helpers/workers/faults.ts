import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { Conversation } from "../../../src/conversation/conversation.ts";
import type { Call } from "../../../src/core/call.ts";
import { SOCKET_CALLS } from "../../../src/core/calls.ts";
import type { Told } from "../../../src/core/told.ts";
import { Inbox } from "../../../src/inbox/inbox.ts";
import { aroundCall } from "./calls.ts";

/** The fate of an update or a relay: `deliver` passes it to the inbox and returns the inbox's answer. */
export type TellFault = (deliver: () => Promise<Told>, tell: string) => Promise<Told>;

/** The user of this object, from the name it was called by. */
function nameOf(instance: object): string {
  return (instance as { ctx: DurableObjectState }).ctx.id.name ?? "";
}

/**
 * Faults of updates and relays to inboxes, by user id. An inbox without a fault gets its updates as usual. Applies to a whole test
 * file.
 */
export function tellFaults(): Map<string, TellFault> {
  const faults = new Map<string, TellFault>();
  // Calls by fetch pass here, too.
  for (const kind of ["update", "relay"] as const) {
    const original = Inbox.prototype[kind];
    vi.spyOn(Inbox.prototype, kind).mockImplementation(function (this: Inbox, tell: string) {
      const deliver = () => original.call(this, tell);
      const fault = faults.get(nameOf(this));
      return fault ? fault(deliver, tell) : deliver();
    });
  }
  return faults;
}

export const THROWS: TellFault = async () => {
  throw new Error("a fault injected by a test");
};

/** The update is accepted, but its answer is lost. */
export const LOSES_THE_ANSWER: TellFault = async (deliver) => {
  await deliver();
  throw new Error("an answer lost by a test");
};

/** An update that neither ends nor arrives until `release`. */
export function hanging(): { fault: TellFault; release: () => void; held: () => number } {
  let open = false;
  let held = 0;
  return {
    held: () => held,
    release: () => {
      open = true;
    },
    fault: async (deliver) => {
      held++;
      // By polling, since a promise of one object must not be resolved from outside the object.
      while (!open) await scheduler.wait(5);
      held--;
      return deliver();
    },
  };
}

/**
 * Makes a method of all conversations fail while `when` says so, before it does anything.
 * @param loses when an append or operation is done, but its answer is lost
 */
export function conversationFails(
  method: keyof typeof SOCKET_CALLS | "append" | "operate",
  when: () => boolean,
  loses: () => boolean = () => false,
): void {
  if (method !== "append" && method !== "operate") {
    const call: Call<never, unknown> = SOCKET_CALLS[method];
    aroundCall("conversations", call, (_, answer) => {
      if (when()) throw new Error("a conversation that a test has made unreachable");
      return answer();
    });
    return;
  }
  const original: (...given: never[]) => unknown = Conversation.prototype[method];
  vi.spyOn(Conversation.prototype, method).mockImplementation(async function (this: Conversation, ...given: unknown[]) {
    if (when()) throw new Error("a conversation made unreachable by a test");
    const answer = await original.apply(this, given as never[]);
    if (loses()) throw new Error("an answer that a test has made get lost");
    return answer as never;
  });
}

/**
 * A clock that only a test moves. Call this before the first object starts. It is a day ahead of the runtime's clock,
 * so that no alarm rings by itself, however slow the machine is.
 */
export function standingClock(): { now: number } {
  const clock = { now: Date.now() + 86_400_000 };
  vi.spyOn(Date, "now").mockImplementation(() => clock.now);
  return clock;
}

export interface D1Faults {
  /** Which queries fail before D1 sees them. */
  fails: (query: string) => boolean;
  /** Which queries D1 runs, but their answer is lost. */
  loses: (query: string) => boolean;
  /** Which queries neither reach D1 nor are answered. */
  hangs: (query: string) => boolean;
  /** What a query waits for before it reaches D1; null for nothing. */
  delays: (query: string) => Promise<unknown> | null;
  /** The number of queries so far. */
  queries: number;
}

/** Faults of D1, and a count of its queries. Applies to a whole test file. */
export function d1Faults(): D1Faults {
  const faults: D1Faults = {
    fails: () => false,
    loses: () => false,
    hangs: () => false,
    delays: () => null,
    queries: 0,
  };
  const prototype: D1Database = Object.getPrototypeOf(env.DB);
  const { prepare } = prototype;
  vi.spyOn(prototype, "prepare").mockImplementation(function (this: D1Database, query: string) {
    faults.queries++;
    const statement = prepare.call(this, query);
    const delay = faults.delays(query);
    if (delay !== null) return delayed(statement, delay);
    if (faults.hangs(query)) return failing(statement, "hangs");
    if (faults.fails(query)) return failing(statement, "fails");
    return faults.loses(query) ? failing(statement, "loses") : statement;
  });
  return faults;
}

/** A statement that fails when it runs, as D1's do: before it reaches D1, after it, or by never returning. */
function failing(statement: D1PreparedStatement, how: "fails" | "loses" | "hangs"): D1PreparedStatement {
  return new Proxy(statement, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function") return method;
      if (key === "bind") return (...values: unknown[]) => failing(target.bind(...values), how);
      return async (...given: unknown[]) => {
        // With a timer, since the runtime cancels a request that waits for nothing.
        if (how === "hangs") await scheduler.wait(60_000);
        if (how === "loses") await method.apply(target, given);
        throw new Error("D1_ERROR: a fault injected by a test");
      };
    },
  });
}

/** A statement that runs once something else is over. */
function delayed(statement: D1PreparedStatement, delay: Promise<unknown>): D1PreparedStatement {
  return new Proxy(statement, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function") return method;
      if (key === "bind") return (...values: unknown[]) => delayed(target.bind(...values), delay);
      return async (...given: unknown[]) => {
        await delay;
        return await method.apply(target, given);
      };
    },
  });
}

/** How long one object waits for another, in milliseconds. */
const CALL_DEADLINE = 10_000;

/** Makes calls between objects wait longer, for tests in which a slow machine must not look like a fault. */
export function patientCalls(): void {
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, milliseconds = 0) =>
    setTimeout(work, milliseconds === CALL_DEADLINE ? 10 * CALL_DEADLINE : milliseconds)) as typeof setTimeout);
}
