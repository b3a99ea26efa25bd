import type { Faults } from "./faults.ts";
import type { Host, RunningObject } from "./platform/host.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

/** A call in flight: caller, receiver, and purpose. */
interface Call<T> {
  readonly label: string;
  readonly from: Actor;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** An error as it arrives on the other side of an RPC: name, message and own properties, but not its class. */
function acrossRpc(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { name, message } = error;
  return Object.assign(new Error(message), { ...error, name });
}

/**
 * Calls between objects, from clients, and to the database. The order of two calls is undefined. A call may be refused,
 * get lost, arrive late, fail after it took effect, and lose its answer.
 */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;

  constructor(scheduler: Scheduler, faults: Faults) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  /** Calls an object. The call leaves the caller only after the caller's writes. */
  call<T>(
    from: Actor,
    via: Host | null,
    to: Host,
    label: string,
    work: (object: RunningObject) => T,
  ): Promise<Awaited<T>> {
    return this.#start<Awaited<T>>(from, via, label, (call, fate) => {
      if (fate === "refused") return this.#fail(call, new Error("the network refused the call"));
      if (fate === "lost") return;
      this.#arrive(fate === "late", {
        label: `call ${label} from ${from.name}`,
        to: () => to.wake(),
        run: () => this.#carryOut(call, fate, to, work),
      });
    });
  }

  /** Queries the database. It is not an object: it keeps its state, and answers in one turn. */
  query<T>(from: Actor, via: Host | null, work: () => T): Promise<T> {
    const database = { name: "database", isAlive: true };
    return this.#start<T>(from, via, "query", (call, fate) => {
      if (fate === "refused") return this.#fail(call, new Error("the database is not available"));
      this.#arrive(
        fate === "late",
        {
          label: `query from ${from.name}`,
          to: () => database,
          run: () => {
            const result = work();
            if (fate === "failsAfter") this.#fail(call, new Error("the database lost the connection"));
            else this.#answer(call, result, false);
          },
        },
        4_000,
      );
    });
  }

  #start<T>(
    from: Actor,
    via: Host | null,
    label: string,
    go: (call: Call<T>, fate: ReturnType<Faults["callFate"]>) => void,
  ): Promise<T> {
    // Calls that a dead object's code makes before its next await are dropped.
    if (!from.isAlive) return new Promise(() => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const life = via?.life;
    const isOwn = life !== null && life === from;
    if (isOwn) life.busy++;
    const settled = () => {
      if (isOwn) life.busy--;
    };
    const call: Call<T> = {
      label,
      from,
      resolve: (value) => {
        settled();
        resolve(value);
      },
      reject: (error) => {
        settled();
        reject(error);
      },
    };
    const send = () => go(call, this.#faults.callFate(label === "query" ? "database" : "call"));
    if (via) via.output(send);
    else send();
    return promise;
  }

  #arrive(isLate: boolean, event: Parameters<Scheduler["post"]>[0], latest = 40_000): void {
    if (isLate) this.#scheduler.after(Math.min(this.#faults.delay(), latest), event);
    else this.#scheduler.post(event);
  }

  #carryOut<T>(call: Call<Awaited<T>>, fate: string, to: Host, work: (object: RunningObject) => T): void {
    // A call that dies with its object gets an error, or never gets an answer.
    const hears = fate !== "answerLost";
    const answered = to.expecting(() => hears && this.#fail(call, new Error("the object was reset")));
    to.enter(work).then(
      (value) => {
        answered();
        to.output(() => {
          if (fate === "answerLost") return;
          if (fate === "failsAfter") this.#fail(call, new Error("the connection was lost"));
          else this.#answer(call, value, fate === "answerLate");
        });
      },
      (error) => {
        answered();
        to.output(() => hears && this.#fail(call, acrossRpc(error)));
      },
    );
  }

  #answer<T>(call: Call<T>, value: T, isLate: boolean): void {
    const event = { label: `answer to ${call.label}`, to: () => call.from, run: () => call.resolve(value) };
    this.#arrive(isLate, event);
  }

  #fail<T>(call: Call<T>, error: Error): void {
    const label = `failure of ${call.label}: ${error.message}`;
    this.#scheduler.post({ label, to: () => call.from, run: () => call.reject(error) });
  }
}
