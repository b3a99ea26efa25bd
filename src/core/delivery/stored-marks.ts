import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { isSame, NOTHING_KNOWN, type Version } from "../version.ts";

/** The marks in storage: one for all inboxes, and a row for each inbox that could not be reached. [TELL-4] */
export class StoredMarks {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  /** Keys that are not active members are users who left. */
  readonly #behind: Map<string, Version>;
  #watermark: Version;

  constructor(conversation: ConversationState, store: ConversationStore) {
    this.#conversation = conversation;
    this.#store = store;
    this.#watermark = conversation.isBorn ? conversation.toldVersion : NOTHING_KNOWN;
    this.#behind = conversation.isBorn ? store.behind() : new Map();
  }

  /** Users who have a row of their own. */
  get behind(): ReadonlyMap<string, Version> {
    return this.#behind;
  }

  /** What is known of an inbox when the object starts. */
  of(userId: string): Version {
    return this.#behind.get(userId) ?? this.#watermark;
  }

  /** Their row was written with the change by which they left. */
  left(userId: string): void {
    this.#behind.set(userId, NOTHING_KNOWN);
  }

  remember(userId: string, told: Version): void {
    const known = this.#behind.get(userId);
    if (known && isSame(known, told)) return;
    this.#store.putBehind(userId, told);
    this.#behind.set(userId, told);
  }

  forget(userId: string): void {
    if (this.#behind.delete(userId)) this.#store.deleteBehind(userId);
  }

  /** Stores the mark of all inboxes without a row. */
  put(mark: Version): void {
    if (isSame(mark, this.#watermark) && this.#conversation.unwrittenReads.length === 0) return;
    this.#conversation.writeTold(mark);
    this.#watermark = mark;
  }
}
