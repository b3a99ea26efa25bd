import type { Grant, Unused } from "../domain/calls.ts";
import type { Millis } from "../protocol/model.ts";

type Kind = "sends" | "retries" | "requests";

/** What a socket still has of a grant. What is given back goes to the grant it was taken of, and to no other. */
type Held = Record<Kind, number> & {
  readonly until: Millis;
  /** Since when it has been held. */
  readonly at: Millis;
  readonly granted: Record<Kind, number>;
};

/** A user who has nothing left gets nothing by asking again at once. */
const PAUSE = 1_000;

/**
 * What the sockets of a conversation may do before their inbox is asked again. [RATE-1] [RATE-3]
 * In memory only: after a rest a socket asks for a new grant, which checks its login again.
 */
export class Grants {
  readonly #held = new WeakMap<WebSocket, Held>();

  put(socket: WebSocket, { sends, retries = sends, requests = Number.POSITIVE_INFINITY, until }: Grant): void {
    const granted = { sends, retries, requests };
    this.#held.set(socket, { ...granted, granted, until, at: Date.now() });
  }

  /** Whether the inbox is to be asked before one more of a kind. */
  isDue(socket: WebSocket, kinds: readonly Kind[], now: Millis): boolean {
    const held = this.#held.get(socket);
    if (!held || held.until <= now) return true;
    return kinds.some((kind) => held[kind] < 1 && (held.granted[kind] > 0 || now - held.at >= PAUSE));
  }

  /** Takes one of a kind. @returns how to give it back; null where none is left */
  take(socket: WebSocket, kind: Kind): (() => void) | null {
    const held = this.#held.get(socket);
    if (!held || held[kind] < 1) return null;
    held[kind]--;
    return () => {
      held[kind]++;
    };
  }

  /** Gives up what is left, for the inbox to count as not used. */
  release(socket: WebSocket): Unused {
    const held = this.#held.get(socket);
    this.#held.delete(socket);
    if (!held) return {};
    const { sends, retries, requests } = held;
    return { sends, retries, requests };
  }
}
