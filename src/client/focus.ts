import { Request } from "../protocol/frames.ts";
import type { Channel, ChannelEvents } from "./channel.ts";
import { Line, type LineParts, type SignedOut } from "./line.ts";

export interface FocusParts extends Omit<LineParts, "conversationId" | "events"> {
  readonly pushed: ChannelEvents["pushed"];
  /** The socket is open: the conversation goes up to this seq. */
  readonly reached: (conversationId: string, newest: number) => void;
  readonly signedOut: (why: SignedOut) => void;
}

/** The conversation that is being looked at, on a socket of its own: one hop less than by the user's. */
export class Focus {
  readonly #parts: FocusParts;
  #conversationId = "";
  #line: Line | null = null;
  #isStopped = false;

  constructor(parts: FocusParts) {
    this.#parts = parts;
  }

  /** Moves to another conversation, or with "" to none. */
  move(conversationId: string): void {
    if (this.#isStopped || conversationId === this.#conversationId) return;
    this.#line?.stop();
    this.#conversationId = conversationId;
    this.#line = conversationId === "" ? null : this.#lineTo(conversationId);
    this.#line?.start();
  }

  /** Gives it up for good. [LINK-2] */
  stop(): void {
    this.move("");
    this.#isStopped = true;
  }

  channel(conversationId: string): Channel | null {
    return conversationId === this.#conversationId ? (this.#line?.channel ?? null) : null;
  }

  wake(): void {
    this.#line?.wake();
  }

  #lineTo(conversationId: string): Line {
    const { pushed, reached, signedOut } = this.#parts;
    const line = new Line({
      ...this.#parts,
      conversationId,
      events: {
        connecting: () => undefined,
        opened: (channel) => {
          line.succeeded();
          // What was pushed while there was no socket: found by how far the conversation goes.
          channel
            .request(Request.READ_STATE, { conversation_id: conversationId })
            .then(({ max_seq }) => reached(conversationId, max_seq))
            .catch(() => undefined);
        },
        pushed,
        pong: () => undefined,
        lasted: () => undefined,
        // Refused for good: the user's socket does without.
        waiting: (_until, error) => {
          if (error && !error.retryable) line.stop();
        },
        signedOut,
      },
    });
    return line;
  }
}
