import type { Grant, Unused } from "../core/calls.ts";
import type { Millis } from "../protocol/model.ts";

type Kind = "sends" | "retries" | "requests";

/** What a socket still has of a grant. */
type Held = Record<Kind, number> & {
  until: Millis;
  /** Since when it has been held. */
  readonly at: Millis;
  readonly granted: Readonly<Record<Kind, number>>;
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
    // Sends that turned out to be new while the inbox was asked have given their tries back.
    const late = this.#held.get(socket)?.retries ?? 0;
    const granted = { sends, retries: retries + late, requests };
    this.#held.set(socket, { ...granted, granted, until, at: Date.now() });
  }

  /** Whether the inbox is to be asked before one more of a kind. */
  isDue(socket: WebSocket, kinds: readonly Kind[], now: Millis): boolean {
    const held = this.#held.get(socket);
    if (!held || held.until <= now) return true;
    return kinds.some((kind) => held[kind] < 1 && (held.granted[kind] > 0 || now - held.at >= PAUSE));
  }

  /**
   * Takes one of a kind.
   * @returns how to give it back to the same grant, which may have been replaced by then; null where none is left
   */
  take(socket: WebSocket, kind: Kind): (() => void) | null {
    const held = this.#held.get(socket);
    if (!held || held[kind] < 1) return null;
    held[kind]--;
    return () => {
      held[kind]++;
    };
  }

  /** A send was new: its try goes back to the grant of now, so that sending for long does not use up the tries. */
  wasNew(socket: WebSocket): void {
    const held = this.#held.get(socket);
    if (held) held.retries++;
  }

  /** Gives up what is left, for the inbox to count as not used. */
  release(socket: WebSocket): Unused {
    const held = this.#held.get(socket);
    if (!held) return {};
    const { sends, retries, requests } = held;
    Object.assign(held, { sends: 0, retries: 0, requests: 0, until: 0 });
    return { sends, retries, requests };
  }
}
