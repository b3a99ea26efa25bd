import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { Conversation } from "../../../src/conversation/conversation.ts";
import type { Call } from "../../../src/core/call.ts";
import { SOCKET_CALLS } from "../../../src/core/calls.ts";
import { UPDATE_PATH } from "../../../src/core/delivery/call.ts";
import { Inbox } from "../../../src/inbox/inbox.ts";
import { aroundCall } from "./calls.ts";

/** What happens to a tell: `deliver` hands it to the inbox and gives the inbox's answer. */
export type TellFault = (deliver: () => Promise<Response>, tell: string) => Promise<Response>;

/** Whose object this is, by the name it was reached by. */
function nameOf(instance: object): string {
  return (instance as { ctx: DurableObjectState }).ctx.id.name ?? "";
}

/** Faults on the way to inboxes, by user id; an inbox without one is told as ever. Holds for a test file. */
export function tellFaults(): Map<string, TellFault> {
  const faults = new Map<string, TellFault>();
  const original = Inbox.prototype.fetch;
  vi.spyOn(Inbox.prototype, "fetch").mockImplementation(async function (this: Inbox, request: Request) {
    const fault = faults.get(nameOf(this));
    if (!fault || new URL(request.url).pathname !== UPDATE_PATH) return original.call(this, request);
    const tell = await request.clone().text();
    return fault(() => original.call(this, request), tell);
  });
  return faults;
}

export const THROWS: TellFault = async () => {
  throw new Error("a fault that a test has made");
};

/** The tell is taken, but its answer is lost. */
export const LOSES_THE_ANSWER: TellFault = async (deliver) => {
  await deliver();
  throw new Error("an answer that a test has lost");
};

/** A tell that neither ends nor arrives until `release`. */
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
      // By polling, since a promise of one object may not be resolved from outside of it.
      while (!open) await scheduler.wait(5);
      held--;
      return deliver();
    },
  };
}

/** Makes a method of all conversations fail while `when` says so, before it does anything. */
export function conversationFails(method: keyof typeof SOCKET_CALLS | "append" | "operate", when: () => boolean): void {
  if (method !== "append" && method !== "operate") {
    const call: Call<never, unknown> = SOCKET_CALLS[method];
    aroundCall("conversations", call, (_, answer) => {
      if (when()) throw new Error("a conversation that a test has made unreachable");
      return answer();
    });
    return;
  }
  const original: (...given: never[]) => unknown = Conversation.prototype[method];
  vi.spyOn(Conversation.prototype, method).mockImplementation(function (this: Conversation, ...given: unknown[]) {
    if (when()) throw new Error("a conversation that a test has made unreachable");
    return original.apply(this, given as never[]) as never;
  });
}

/**
 * A clock that stands until a test moves it; to be called before the first object starts. It is a day ahead of
 * the runtime's own, so that no alarm rings by itself, however slow the machine.
 */
export function standingClock(): { now: number } {
  const clock = { now: Date.now() + 86_400_000 };
  vi.spyOn(Date, "now").mockImplementation(() => clock.now);
  return clock;
}

export interface D1Faults {
  /** Which queries fail before D1 sees them. */
  fails: (query: string) => boolean;
  /** Which queries D1 carries out, but their answer is lost. */
  loses: (query: string) => boolean;
  /** Which queries are never answered, nor seen by D1. */
  hangs: (query: string) => boolean;
  /** How many were made. */
  queries: number;
}

/** Faults of D1, and a count of its queries. Holds for a test file. */
export function d1Faults(): D1Faults {
  const faults: D1Faults = { fails: () => false, loses: () => false, hangs: () => false, queries: 0 };
  const prototype: D1Database = Object.getPrototypeOf(env.DB);
  const { prepare } = prototype;
  vi.spyOn(prototype, "prepare").mockImplementation(function (this: D1Database, query: string) {
    faults.queries++;
    const statement = prepare.call(this, query);
    if (faults.hangs(query)) return failing(statement, "hangs");
    if (faults.fails(query)) return failing(statement, "fails");
    return faults.loses(query) ? failing(statement, "loses") : statement;
  });
  return faults;
}

/** A statement that fails when it is run, as D1's do: before it has reached D1, after, or by never coming back. */
function failing(statement: D1PreparedStatement, how: "fails" | "loses" | "hangs"): D1PreparedStatement {
  return new Proxy(statement, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function") return method;
      if (key === "bind") return (...values: unknown[]) => failing(target.bind(...values), how);
      return async (...given: unknown[]) => {
        // By a timer, since the runtime gives up a request that waits for nothing.
        if (how === "hangs") await scheduler.wait(60_000);
        if (how === "loses") await method.apply(target, given);
        throw new Error("D1_ERROR: a fault that a test has made");
      };
    },
  });
}

/** How long one object waits for another, in milliseconds. */
const CALL_DEADLINE = 10_000;

/** Makes calls between objects wait longer than they do, where a slow machine must not look like a fault. */
export function patientCalls(): void {
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, milliseconds = 0) =>
    setTimeout(work, milliseconds === CALL_DEADLINE ? 10 * CALL_DEADLINE : milliseconds)) as typeof setTimeout);
}
