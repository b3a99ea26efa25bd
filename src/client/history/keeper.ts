import { report } from "../app-code.ts";
import type { ConversationList } from "../conversations/conversations.ts";
import type { ReadMarks } from "../conversations/read-marks.ts";
import type { Sync } from "../conversations/sync.ts";
import type { UnreadCounts } from "../conversations/unread-counts.ts";
import type { Logger } from "../logger.ts";
import type { Message } from "../messages/content.ts";
import type { Page, Range } from "../messages/log-parts.ts";
import type { Changes } from "../messages/revisions.ts";
import type { UserCards } from "../users/users.ts";
import type { History, HistoryFactory } from "./history.ts";
import type { KeptList } from "./kept.ts";

/** The parts whose data is stored and restored. */
interface Sources {
  readonly list: ConversationList;
  readonly users: UserCards;
  readonly sync: Sync;
  readonly marks: ReadMarks;
  readonly counts: UnreadCounts;
}

export interface KeeperParts {
  readonly history: HistoryFactory | undefined;
  /** The user of the history, once verified. */
  readonly name: Promise<string>;
  readonly logger: Logger;
  readonly sources: () => Sources;
}

/** How much of the list and of the names is kept over a reload. [MEM-1] */
const KEPT_CONVERSATIONS = 1_000;
const KEPT_CARDS = 500;

/** Connects the client with its history, if it has one. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #history: History | null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#history = this.#open();
  }

  /** Shows the data of an earlier run, unless the server was faster. @returns whether there is any [HIST-1] */
  async restore(): Promise<boolean> {
    const restored = await this.#history?.restore();
    if (!restored) return false;
    const { list, users, sync, marks } = this.#parts.sources();
    // Time 0 marks them as old, so they are also requested again.
    users.take(restored.cards, 0);
    if (!restored.list || list.isReady) return false;
    sync.resume(restored.list.cursor);
    list.restore(restored.list.conversations);
    marks.resume(restored.list.marks);
    return true;
  }

  /** Messages of a range: from the history, else from the server. @throws NexoClientError */
  async pull(conversationId: string, range: Range, ask: () => Promise<Page>): Promise<Page> {
    if (!this.#history) return await ask();
    const minSeq = this.#parts.sources().list.get(conversationId)?.min_seq ?? 1;
    const kept = await this.#history.pull(conversationId, range, minSeq);
    if (kept) return kept;
    const pulled = await ask();
    this.#history.take(pulled);
    return pulled;
  }

  get isKeeping(): boolean {
    return this.#history !== null;
  }

  /** Takes messages that arrived, and the rev up to which they are current. */
  take(messages: readonly Message[], rev: number): void {
    this.#history?.take({ messages, rev });
  }

  /** Takes changes of messages, which are all that changed after a rev. */
  amended(conversationId: string, changes: Changes, sinceRev: number): void {
    this.#history?.take({ conversationId, changes, sinceRev });
  }

  /** The list or names have changed. */
  changed(): void {
    this.#history?.changed();
  }

  /** The earlier messages of a conversation must no longer be visible. */
  forget(conversationId: string): void {
    this.#history?.forget(conversationId);
  }

  /** Deletes everything. */
  clear(): void {
    this.#history?.clear();
  }

  stop(): void {
    this.#history?.stop();
  }

  #open(): History | null {
    const { history, name, logger } = this.#parts;
    try {
      const cards = () => this.#parts.sources().users.all.slice(-KEPT_CARDS);
      return history?.({ name, logger, cards, list: () => this.#keptList() }) ?? null;
    } catch (error) {
      report(error);
      return null;
    }
  }

  /** The cursor is stored only with a complete, counted list: else the whole list is requested again. [HIST-1] */
  #keptList(): KeptList {
    const { list, sync, marks, counts } = this.#parts.sources();
    const { conversations } = list.view.getSnapshot();
    const isWhole = conversations.length <= KEPT_CONVERSATIONS && counts.isSettled;
    return {
      cursor: isWhole ? sync.cursor : 0,
      conversations: conversations.slice(0, KEPT_CONVERSATIONS),
      marks: marks.waiting,
    };
  }
}
