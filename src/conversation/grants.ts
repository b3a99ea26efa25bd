import type { Grant, Unused } from "../core/calls.ts";
import type { Charge } from "../core/rates/charges.ts";
import type { Millis } from "../protocol/model.ts";

export type Kind = "sends" | "retries" | "requests" | "operations";

/** What is left of a socket's grant. */
type Held = Record<Kind, number> & {
  until: Millis;
  /** When the socket got the grant. */
  readonly at: Millis;
  readonly granted: Readonly<Record<Kind, number>>;
};

/** A user whose grant was empty would get nothing by asking again at once, so the socket waits this long. */
const PAUSE = 1_000;

/**
 * What the sockets of a conversation may do before their inbox is asked again. [RATE-1] [RATE-3]
 * Grants are kept in memory only. After hibernation a socket asks for a new grant, which checks its login again.
 */
export class Grants {
  readonly #held = new WeakMap<WebSocket, Held>();

  put(socket: WebSocket, grant: Grant): void {
    const { sends, retries = sends, requests = Number.POSITIVE_INFINITY, operations = sends, until } = grant;
    // Sends that proved to be new while the inbox was being asked have returned their tries.
    const late = this.#held.get(socket)?.retries ?? 0;
    const granted = { sends, retries: retries + late, requests, operations };
    this.#held.set(socket, { ...granted, granted, until, at: Date.now() });
  }

  /** Whether the inbox must be asked before one more action of a kind. */
  isDue(socket: WebSocket, kinds: readonly Kind[], now: Millis): boolean {
    const held = this.#held.get(socket);
    if (!held || held.until <= now) return true;
    return kinds.some((kind) => held[kind] < 1 && (held.granted[kind] > 0 || now - held.at >= PAUSE));
  }

  /**
   * Takes actions of a kind from the grant, all or none.
   * @returns a function that gives it back to the same grant, which may have been replaced by then;
   *   null when too few are left
   */
  take(socket: WebSocket, kind: Kind, amount = 1): (() => void) | null {
    const held = this.#held.get(socket);
    if (!held || held[kind] < amount) return null;
    held[kind] -= amount;
    return () => {
      held[kind] += amount;
    };
  }

  /** What an operation on messages takes from a socket's grant. [OPS-9] */
  charge(socket: WebSocket, weight: number, makesNotice: boolean): Charge {
    const operation = this.take(socket, "operations", weight);
    const notice = makesNotice ? this.take(socket, "sends") : () => undefined;
    return {
      allowance: operation && notice ? 1 : 0,
      retry_after: 1,
      settle: (reply) => {
        if (reply?.spent !== 0) return;
        operation?.();
        notice?.();
      },
    };
  }

  /** Returns the try of a new send to the current grant, so that long sending does not use up the tries. */
  wasNew(socket: WebSocket): void {
    const held = this.#held.get(socket);
    if (held) held.retries++;
  }

  /** Gives up the rest of the grant. The inbox counts it as unused. */
  release(socket: WebSocket): Unused {
    const held = this.#held.get(socket);
    if (!held) return {};
    const { sends, retries, requests, operations } = held;
    Object.assign(held, { sends: 0, retries: 0, requests: 0, operations: 0, until: 0 });
    return { sends, retries, requests, operations };
  }
}
