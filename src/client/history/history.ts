import type { Logger } from "../logger.ts";
import type { Message } from "../messages/content.ts";
import type { Page, Range } from "../messages/log-parts.ts";
import type { UserCard } from "../users/users.ts";
import { BoundedTexts } from "./bounded-texts.ts";
import type { HistoryStorage } from "./history-storage.ts";
import { type KeptList, parsed, readCards, readList } from "./kept.ts";
import { MessagePages, type Stored } from "./message-pages.ts";

/** What a history needs from its client. */
interface HistoryOwner {
  /** The user of the history, once verified. */
  readonly name: Promise<string>;
  readonly logger: Logger;
  /** The current list data to store. */
  readonly list: () => KeptList;
  readonly cards: () => readonly UserCard[];
}

/** Creates the history of a client: a result of `historyIn` or of a function built on it. */
export type HistoryFactory = (owner: HistoryOwner) => History;

export interface HistoryParts extends Omit<HistoryOwner, "name"> {
  readonly storage: Promise<HistoryStorage>;
  readonly maxBytes: number;
}

/** The data that an earlier run stored. */
export interface Restored {
  readonly list: KeptList | null;
  readonly cards: readonly UserCard[];
}

/** Changes come in bursts: one write covers all of them. */
const PAUSE = 500;
/** The longest wait for the storage: after it, the data is requested from the server. */
const DEADLINE = 2_000;
/** The most messages that wait to be written; further ones are pulled again later. [MEM-1] */
const MAX_WAITING = 2_000;
const LIST = "list";
const USERS = "users";

/**
 * Data that is kept over a reload: the list, names, and messages in pages. All of it can be requested again, so
 * failures here are only logged, and nothing waits for them. [HIST-1] [HIST-3]
 */
export class History {
  readonly #parts: HistoryParts;
  readonly #opened: Promise<{ readonly texts: BoundedTexts; readonly pages: MessagePages } | null>;
  #waiting: Stored[] = [];
  #isListDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The queue of storage operations, which run one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.#opened = this.#open().catch((error: unknown) => this.#failed(error));
  }

  /** The data that an earlier run stored; null if nothing is to be kept. */
  async restore(): Promise<Restored | null> {
    const opened = await this.#opened;
    if (!opened || this.#isStopped) return null;
    return await this.#inTime(async () => {
      const { texts } = opened;
      const [list, cards] = [parsed(await texts.get(LIST)), parsed(await texts.get(USERS))];
      return { list: readList(list), cards: readCards(cards) };
    });
  }

  /** The stored messages of a range up to the first gap; null if there are none. */
  async pull(conversationId: string, range: Range, minSeq: number): Promise<Page | null> {
    // 0 means the newest message, which only the server knows.
    if (range.end_seq === 0 || this.#isStopped) return null;
    return await this.#inTime(async () => {
      const opened = await this.#opened;
      return (await opened?.pages.pull(conversationId, range, minSeq)) ?? null;
    });
  }

  /** Takes messages that arrived, or changes of stored messages. */
  take(stored: Stored): void {
    if (this.#isStopped) return;
    this.#waiting.push(stored);
    // What is dropped here is not current later, and is then requested again.
    while (this.#waiting.length > 1 && sizeOf(this.#waiting) > MAX_WAITING) this.#waiting.shift();
    this.#later();
  }

  /** The list or names have changed. */
  changed(): void {
    this.#isListDue = true;
    this.#later();
  }

  /** The earlier messages of a conversation must no longer be visible. [VIS-2] */
  forget(conversationId: string): void {
    const isOther = (message: Message) => message.conversation_id !== conversationId;
    this.#waiting = this.#waiting.flatMap((stored) => {
      if ("rev" in stored) return { ...stored, messages: stored.messages.filter(isOther) };
      return stored.conversationId === conversationId ? [] : stored;
    });
    this.#queue(async ({ texts, pages }) => {
      const gone = pages.forget(conversationId);
      if (gone.length > 0) await texts.write(new Map(gone.map((key) => [key, null])));
    });
  }

  /** Writes the waiting changes, and nothing after them. */
  stop(): void {
    if (this.#isStopped) return;
    this.#flush();
    this.#isStopped = true;
  }

  /** Deletes everything, since the login has ended. [HIST-4] */
  clear(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#queue(async ({ texts, pages }) => {
      pages.clear();
      await texts.clear();
    });
  }

  async #open() {
    const texts = new BoundedTexts(await this.#parts.storage, this.#parts.maxBytes);
    await texts.open();
    return { texts, pages: new MessagePages(texts) };
  }

  #later(): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => this.#flush(), PAUSE);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    const list = this.#isListDue ? JSON.stringify(this.#parts.list()) : undefined;
    const cards = this.#isListDue ? JSON.stringify(this.#parts.cards()) : undefined;
    this.#isListDue = false;
    if (waiting.length === 0 && list === undefined) return;
    this.#queue(async ({ texts, pages }) => {
      const changes = await pages.put(waiting);
      // Written last, so that they are deleted last when space runs out.
      if (cards !== undefined) changes.set(USERS, cards);
      if (list !== undefined) changes.set(LIST, list);
      await texts.write(changes);
    });
  }

  #queue(work: (opened: { texts: BoundedTexts; pages: MessagePages }) => Promise<void>): void {
    this.#work = this.#work
      .then(async () => {
        const opened = await this.#opened;
        if (opened) await work(opened);
      })
      .catch((error: unknown) => this.#failed(error));
  }

  async #inTime<T>(work: () => Promise<T>): Promise<T | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), DEADLINE);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      return this.#failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(error: unknown): null {
    this.#parts.logger.warn("the history could not be kept", { message: String(error) });
    return null;
  }
}

/** The number of messages that wait; an entry without messages counts as one. */
function sizeOf(waiting: readonly Stored[]): number {
  return waiting.reduce((sum, stored) => sum + 1 + ("rev" in stored ? stored : stored.changes).messages.length, 0);
}
