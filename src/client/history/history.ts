import { globalTabs } from "../connection/environment.ts";
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

/** A push brings several changes: one write covers all of them. */
const SOON = 20;
/** The least time between two writes: each contains the whole list. */
const PAUSE = 500;
/** The longest wait for the storage: after it, the data is requested from the server. */
const DEADLINE = 2_000;
/** The most messages that wait to be written; further ones are pulled again later. [MEM-1] */
const MAX_WAITING = 2_000;
const LIST = "list";
const USERS = "users";

interface Opened {
  readonly texts: BoundedTexts;
  readonly pages: MessagePages;
}

/** The part of a browser's window that the history uses. */
interface Scope {
  addEventListener?: (type: "pagehide", listener: () => void) => void;
  removeEventListener?: (type: "pagehide", listener: () => void) => void;
}
const scope = globalThis as unknown as Scope;

/**
 * Data that is kept over a reload: the list, names, and messages in pages. All of it can be requested again, so
 * failures here are only logged, and nothing waits for them. Of the tabs of a browser one writes: two would overwrite
 * each other's pages with older states. [HIST-1] [HIST-3] [HIST-6]
 */
export class History {
  readonly #parts: HistoryParts;
  readonly #opened: Promise<Opened | null>;
  #waiting: Stored[] = [];
  #isListDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wroteAt = 0;
  /** Whether this client writes. Until then, changes wait. */
  #isWriting = false;
  /** Lets another tab write. */
  #release: () => void = () => undefined;
  /** The page may end: there may be no later time to write. */
  readonly #leaving = (): void => this.#flush(true);
  /** The queue of storage operations, which run one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.#opened = this.#open().catch((error: unknown) => this.#failed(error));
    scope.addEventListener?.("pagehide", this.#leaving);
  }

  /** Resolves once everything has been written that was to be written by now. */
  get written(): Promise<unknown> {
    return this.#work;
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
      if (!this.#isWriting) return;
      const gone = pages.forget(conversationId);
      if (gone.length > 0) await texts.write(new Map(gone.map((key) => [key, null])));
    });
  }

  /** Writes the waiting changes, and nothing after them. */
  stop(): void {
    if (this.#isStopped) return;
    this.#flush();
    this.#end();
  }

  /** Deletes everything, since the login has ended. [HIST-4] */
  clear(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#queue(async ({ texts, pages }) => {
      pages.clear();
      await texts.clear();
    });
    this.#end();
  }

  #end(): void {
    this.#isStopped = true;
    scope.removeEventListener?.("pagehide", this.#leaving);
    void this.#work.then(() => this.#release());
  }

  async #open(): Promise<Opened> {
    const storage = await this.#parts.storage;
    const texts = new BoundedTexts(storage, this.#parts.maxBytes);
    const opened = { texts, pages: new MessagePages(texts) };
    if (await this.#isFirst(storage.sharedAs)) await this.#lead(opened);
    else await texts.open();
    return opened;
  }

  /** Whether no other tab writes. If one does, this client writes once that tab ends. */
  #isFirst(sharedAs: string | undefined): boolean | Promise<boolean> {
    const locks = globalTabs()?.locks;
    if (sharedAs === undefined || !locks) return true;
    const hold = () =>
      new Promise<void>((resolve) => {
        this.#release = resolve;
        if (this.#isStopped) resolve();
      });
    return new Promise((resolve) => {
      const held = () => {
        this.#queue((opened) => this.#lead(opened));
        return hold();
      };
      const tried = async (lock: unknown) => {
        resolve(lock !== null);
        if (lock !== null) await hold();
        else locks.request(sharedAs, {}, held).catch((error: unknown) => this.#failed(error));
      };
      // A browser may refuse locks: then each tab writes for itself.
      locks.request(sharedAs, { ifAvailable: true }, tried).catch(() => resolve(true));
    });
  }

  /** From now on this client writes: first what it has received meanwhile. */
  async #lead({ texts, pages }: Opened): Promise<void> {
    if (this.#isWriting || this.#isStopped) return;
    await texts.lead();
    pages.isHolding = true;
    this.#isWriting = true;
    if (this.#waiting.length > 0 || this.#isListDue) this.#later();
  }

  #later(): void {
    if (this.#isStopped || !this.#isWriting) return;
    const pause = Math.max(SOON, this.#wroteAt + PAUSE - Date.now());
    this.#timer ??= setTimeout(() => this.#flush(), pause);
  }

  /** @param isLast whether there may be no later turn: then it does not wait for earlier writes */
  #flush(isLast = false): void {
    if (!this.#isWriting || this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wroteAt = Date.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    const list = this.#isListDue ? JSON.stringify(this.#parts.list()) : undefined;
    const cards = this.#isListDue ? JSON.stringify(this.#parts.cards()) : undefined;
    this.#isListDue = false;
    if (waiting.length === 0 && list === undefined) return;
    const write = async ({ texts, pages }: Opened) => {
      const changes = await pages.put(waiting);
      // Written last, so that they are deleted last when space runs out.
      if (cards !== undefined) changes.set(USERS, cards);
      if (list !== undefined) changes.set(LIST, list);
      await texts.write(changes);
    };
    this.#queue(write, isLast ? Promise.resolve() : this.#work);
  }

  #queue(work: (opened: Opened) => Promise<void>, after = this.#work): void {
    this.#work = after
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
