import { Request } from "../../protocol/frames.ts";
import type { FrameSocket, FrameSocketEvents } from "./frame-socket.ts";
import { ReconnectingSocket, type ReconnectingSocketParts, type SignedOut } from "./reconnecting-socket.ts";

export interface ConversationSocketParts extends Omit<ReconnectingSocketParts, "conversationId" | "events"> {
  readonly pushed: FrameSocketEvents["pushed"];
  /** The socket is open: these are the conversation's highest seq and rev. */
  readonly reached: (conversationId: string, newest: number, rev: number) => void;
  readonly signedOut: (why: SignedOut) => void;
}

/** A separate socket for the conversation on screen: it saves one hop compared with the user's socket. */
export class ConversationSocket {
  readonly #parts: ConversationSocketParts;
  #conversationId = "";
  #line: ReconnectingSocket | null = null;
  #isStopped = false;

  constructor(parts: ConversationSocketParts) {
    this.#parts = parts;
  }

  /** Switches to another conversation; "" switches to none. */
  move(conversationId: string): void {
    if (this.#isStopped || conversationId === this.#conversationId) return;
    this.#line?.stop();
    this.#conversationId = conversationId;
    this.#line = conversationId === "" ? null : this.#lineTo(conversationId);
    this.#line?.start();
  }

  /** Closes the socket permanently. [LINK-2] */
  stop(): void {
    this.move("");
    this.#isStopped = true;
  }

  channel(conversationId: string): FrameSocket | null {
    return conversationId === this.#conversationId ? (this.#line?.channel ?? null) : null;
  }

  wake(): void {
    this.#line?.wake();
  }

  #lineTo(conversationId: string): ReconnectingSocket {
    const { pushed, reached, signedOut } = this.#parts;
    const line = new ReconnectingSocket({
      ...this.#parts,
      conversationId,
      events: {
        connecting: () => undefined,
        opened: (channel) => {
          line.succeeded();
          // They show whether pushes were missed while there was no socket.
          channel
            .request(Request.READ_STATE, { conversation_id: conversationId })
            .then(({ max_seq, rev = 0 }) => reached(conversationId, max_seq, rev))
            .catch(() => undefined);
        },
        pushed,
        pong: () => undefined,
        lasted: () => undefined,
        // Refused permanently: the user's socket is enough.
        waiting: (_until, error) => {
          if (error && !error.retryable) line.stop();
        },
        signedOut,
      },
    });
    return line;
  }
}
