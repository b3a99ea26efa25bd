import { createHash } from "node:crypto";
import type { Random } from "../random.ts";

/** The parts of the runtime that the objects' code uses and that the simulation has to control. */
export interface Runtime {
  readonly random: Random;
  /** Unix milliseconds as the running object sees them. */
  wallClock(): number;
  /** Calls back after some time, in a turn of the running object. @returns a function that cancels it */
  timer(callback: () => void, milliseconds: number): () => void;
  /** A line of the objects' logs. */
  log(line: string): void;
  /** A pair of sockets, like the runtime's WebSocketPair. */
  socketPair(): object;
}

/** The part of Response that the objects use. Node's Response refuses 101, and reads its body over several turns. */
class SimResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly webSocket: unknown;
  readonly #body: string;

  constructor(body: string | null, init: { status?: number; headers?: HeadersInit; webSocket?: unknown } = {}) {
    this.#body = body ?? "";
    this.status = init.status ?? 200;
    this.headers = new Headers(init.headers);
    this.webSocket = init.webSocket ?? null;
  }

  static json(value: unknown, init: { status?: number } = {}): SimResponse {
    return new SimResponse(JSON.stringify(value), init);
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  async json(): Promise<unknown> {
    return JSON.parse(this.#body);
  }

  async text(): Promise<string> {
    return this.#body;
  }
}

const real = new Map<string, PropertyDescriptor | undefined>();

function replace(name: string, value: unknown): void {
  if (!real.has(name)) real.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

const realNow = Date.now;
const realRandom = Math.random;
const realConsole = { log: console.log, error: console.error };

/**
 * Replaces the runtime's clock, timers, random numbers and sockets by the simulation's.
 * @returns a function that restores them
 */
export function install(runtime: Runtime): () => void {
  const cancels = new Map<number, () => void>();
  let lastTimer = 0;
  replace("setTimeout", (callback: () => void, milliseconds = 0) => {
    const id = ++lastTimer;
    cancels.set(id, runtime.timer(callback, milliseconds));
    return id;
  });
  replace("clearTimeout", (id: number) => {
    cancels.get(id)?.();
    cancels.delete(id);
  });
  replace("scheduler", {
    wait: (milliseconds: number) => new Promise<void>((resolve) => runtime.timer(resolve, milliseconds)),
  });
  replace("Response", SimResponse);
  replace(
    "WebSocketPair",
    class {
      constructor() {
        Object.assign(this, runtime.socketPair());
      }
    },
  );
  replace(
    "WebSocketRequestResponsePair",
    class {
      readonly request: string;
      readonly response: string;

      constructor(request: string, response: string) {
        this.request = request;
        this.response = response;
      }
    },
  );
  replace("crypto", {
    getRandomValues: (array: Uint8Array) => {
      for (let at = 0; at < array.length; at++) array[at] = runtime.random.below(256);
      return array;
    },
    // Node's own answers in a turn of its own choosing.
    subtle: {
      digest: async (_algorithm: string, data: Uint8Array) =>
        new Uint8Array(createHash("sha256").update(data).digest()).buffer,
    },
  });
  Date.now = () => runtime.wallClock();
  Math.random = () => runtime.random.next();
  Object.assign(console, { log: runtime.log, error: runtime.log });
  return () => {
    Object.assign(console, realConsole);
    Date.now = realNow;
    Math.random = realRandom;
    for (const [name, descriptor] of real) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
    real.clear();
  };
}
