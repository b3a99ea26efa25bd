import { detailOf, log } from "../../log.ts";
import { isCountable } from "../../protocol/model.ts";
import type { AppEvent } from "../events.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import type { Version } from "../version.ts";

/** A listener of the conversation that is no inbox. The stored watermark never passes what it has told. */
export interface Outside {
  /** The version that was told. */
  readonly told: Version;
  /** Tells everything past `told`. It does not reject: after a failure `told` stays, and the alarm calls it again. */
  tell(): Promise<void>;
}

/** The most events that are read and handed on at once. [MEM-1] */
const AT_ONCE = 100;

/**
 * Hands every message to the queue of events, at least once, also after a crash. The watermark of the inboxes waits for
 * it, so a message costs no further row; what is told twice has the same id. [HOOK-1]
 */
export class EventListener implements Outside {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #handOn: (events: readonly AppEvent[]) => Promise<void>;
  #told: number;
  #call: Promise<void> | null = null;

  /** @param handOn hands events to the queue; null where there are no hooks */
  constructor(
    conversation: ConversationState,
    store: ConversationStore,
    handOn: ((events: readonly AppEvent[]) => Promise<void>) | null,
  ) {
    this.#conversation = conversation;
    this.#store = store;
    this.#handOn = handOn ?? nothing;
    this.#told = handOn ? conversation.toldVersion.seq : Number.POSITIVE_INFINITY;
  }

  get told(): Version {
    const { version } = this.#conversation;
    const told = Math.max(this.#told, this.#conversation.imports.seq);
    return told >= version.seq ? version : { ...version, seq: told };
  }

  tell(): Promise<void> {
    this.#call ??= this.#run().finally(() => {
      this.#call = null;
    });
    return this.#call;
  }

  async #run(): Promise<void> {
    try {
      // What another server took is no news.
      this.#told = Math.max(this.#told, this.#conversation.imports.seq);
      while (this.#told < this.#conversation.version.seq) {
        const from = this.#told + 1;
        const to = Math.min(this.#conversation.version.seq, this.#told + AT_ONCE);
        await this.#handOn(this.#events(from, to));
        this.#told = to;
      }
    } catch (error) {
      const { conversationId } = this.#conversation;
      log("warn", "events_waiting", { conversation: conversationId, from: this.#told + 1, detail: detailOf(error) });
    }
  }

  #events(from: number, to: number): AppEvent[] {
    const { conversationId, messages: all } = this.#conversation;
    const messages =
      all.recent.range(from, to) ??
      this.#store.messages(from, to).map((message) => ({ ...message, line: all.line(message) }));
    return messages.map(({ seq, msg_type, line }) => ({
      id: `${conversationId}:${seq}`,
      type: isCountable(msg_type) ? "message.sent" : "notice",
      data: line,
    }));
  }
}

async function nothing(): Promise<void> {}
