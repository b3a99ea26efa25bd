import { CLIENT_LIMITS } from "../../protocol/client-limits.ts";
import { Code } from "../../protocol/codes.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, NexoClientError, toClientError } from "../errors.ts";
import type { Message } from "./content.ts";
import type { OutboxItems } from "./outbox-items.ts";
import type { Outgoing } from "./outgoing.ts";

export interface OutboxSenderParts {
  /** The next message of a conversation to be sent by this tab. */
  readonly next: (conversationId: string) => Outgoing | undefined;
  readonly items: Pick<OutboxItems, "get">;
  /** Hands a message to the server; null if this tab may not send at present. @throws NexoClientError */
  readonly transmit: (outgoing: Outgoing) => Promise<Message | null>;
  readonly arrived: (outgoing: Outgoing, message: Message) => void;
  /** The message was refused permanently. */
  readonly failed: (outgoing: Outgoing, error: NexoClientError) => void;
}

/** The pause before this tab tries again whether it may send. It does not grow: no server is spared by waiting. */
const NOT_NOW = 1_000;

/** The pause of a conversation before its next try; `isDue` marks a pause the server asked for. */
type Rest = { readonly timer: ReturnType<typeof setTimeout>; readonly isDue: boolean };

/** Sends the messages of a conversation one after another, and repeats each until it is answered. [SEND-3] */
export class OutboxSender {
  readonly #parts: OutboxSenderParts;
  /** Conversations with a message in flight, and those that pause before a retry. */
  readonly #busy = new Set<string>();
  readonly #resting = new Map<string, Rest>();
  readonly #failures = new Map<string, number>();
  #isOpen = false;

  constructor(parts: OutboxSenderParts) {
    this.#parts = parts;
  }

  /** Starts sending. */
  open(): void {
    this.#isOpen = true;
  }

  /** Sending is possible again: all pauses end, except those the server asked for. */
  wake(): void {
    for (const [conversationId, { timer, isDue }] of this.#resting) {
      if (isDue) continue;
      clearTimeout(timer);
      this.#resting.delete(conversationId);
    }
    this.#failures.clear();
  }

  close(): void {
    this.#isOpen = false;
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  /** Sends the next message of a conversation, unless one is in flight. */
  next(conversationId: string): void {
    if (!this.#isOpen || this.#busy.has(conversationId) || this.#resting.has(conversationId)) return;
    const item = this.#parts.next(conversationId);
    if (item) void this.#transmit(item);
  }

  async #transmit(item: Outgoing): Promise<void> {
    const { conversation_id } = item;
    this.#busy.add(conversation_id);
    try {
      assertSize(item.content);
      const message = await this.#parts.transmit(item);
      if (!message) {
        this.#rest(conversation_id, NOT_NOW);
        return;
      }
      this.#failures.delete(conversation_id);
      this.#parts.arrived(item, message);
    } catch (error) {
      this.#failed(item, toClientError(error));
    } finally {
      this.#busy.delete(conversation_id);
      this.next(conversation_id);
    }
  }

  #failed(item: Outgoing, error: NexoClientError): void {
    const { client_msg_id, conversation_id } = item;
    // Closed meanwhile: the message stays in the storage unchanged. Discarded: nothing has failed.
    if (!this.#isOpen || !this.#parts.items.get(client_msg_id)) return;
    if (isFinal(error)) {
      this.#parts.failed(item, error);
      return;
    }
    const failures = this.#failures.get(conversation_id) ?? 0;
    this.#failures.set(conversation_id, failures + 1);
    this.#rest(conversation_id, pauseAfter(error, failures), error.code === Code.TOO_MANY_REQUESTS);
  }

  #rest(conversationId: string, pause: number, isDue = false): void {
    if (!this.#isOpen) return;
    const timer = setTimeout(() => {
      this.#resting.delete(conversationId);
      this.next(conversationId);
    }, pause);
    this.#resting.set(conversationId, { timer, isDue });
  }
}

/** A message too large for a frame would close the socket, and so would each retry. */
function assertSize(content: Outgoing["content"]): void {
  if (new TextEncoder().encode(JSON.stringify(content)).length <= CLIENT_LIMITS.contentBytes) return;
  throw new NexoClientError(
    Code.INVALID_PARAMETER,
    `content: must have at most ${CLIENT_LIMITS.contentBytes} bytes of JSON`,
  );
}
