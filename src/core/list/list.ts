import type { SyncRequest } from "../../protocol/bodies.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";
import type { Update } from "../delivery/update.ts";
import { applyUpdate, isOver, isShared, type ListEntry, type News, withSent } from "./entry.ts";
import { inOrder, inOrderToStay, type Page, positionOf, toPosition } from "./order.ts";
import type { InboxStore } from "./store.ts";
import { syncPage } from "./sync-page.ts";

/** A change of the list: it moves a client's cursor from `prev` to `cursor`. */
export interface Step {
  readonly prev: number;
  readonly cursor: number;
}

/**
 * How many conversations are listed, and how many removed conversations are remembered as gone. [MEM-1]
 * Above `listed`, one conversation leaves the list until its next message: the oldest one in which the user never
 * wrote, or else the oldest one. Above `gone`, the oldest gone conversation is forgotten, and cursors from before
 * its removal are answered TOKEN_MISMATCH.
 */
export interface ListLimits {
  readonly listed: number;
  readonly gone: number;
}

const LIMITS: ListLimits = { listed: 10_000, gone: 1_000 };

/**
 * The most change numbers that clients may have seen and storage may lack, when an inbox dies. The first change after
 * a start skips that many, so no number is ever given twice. [SYNC-1]
 */
export const LEAD = 1_000;

/** What an update has changed in the list. */
export interface Change {
  readonly before: ListEntry | undefined;
  readonly news: News;
  readonly step: Step;
}

export const DAY = 86_400_000;

/** The UTC day of a time, counted from 1970. */
export function dayOf(time: Millis): number {
  return Math.floor(time / DAY);
}

/** What a user may set for a conversation. */
const SETTINGS = ["recv_msg_opt", "is_pinned", "is_unread", "is_archived", "snooze_until"] as const;
type Setting = (typeof SETTINGS)[number];

/**
 * A user's conversations and the change number. All are in memory and are read once when the object wakes. [SYNC-1]
 *
 * The change number is stored only in the entries that changed: the current number is the greatest of theirs,
 * or the number with which the inbox was created. Pages are sorted on request.
 */
export class ConversationList {
  readonly #store: InboxStore;
  readonly #limits: ListLimits;
  readonly #entries = new Map<string, ListEntry>();
  /** The large groups among them. */
  readonly #large = new Set<string>();
  #firstCursor: number;
  #cursor: number;
  #gone = 0;
  /** The bytes sent on the latest day with any sends. */
  #sent = { day: 0, bytes: 0 };
  /** Whether nothing has changed since the object started: clients may have seen numbers beyond the stored ones. */
  #isUnchanged: boolean;

  constructor(store: InboxStore, firstCursor: number, limits = LIMITS) {
    this.#store = store;
    this.#limits = limits;
    this.#firstCursor = firstCursor;
    this.#cursor = firstCursor;
    this.#isUnchanged = store.migrator.isBorn;
    if (!store.migrator.isBorn) return;
    for (const entry of store.entries()) {
      this.#entries.set(entry.conversation_id, entry);
      this.#cursor = Math.max(this.#cursor, entry.change);
      if (entry.gone) this.#gone++;
      if (entry.large) this.#large.add(entry.conversation_id);
      this.#countSent(undefined, entry);
    }
  }

  /** Sets the first change number when the inbox is created. */
  begin(firstCursor: number): void {
    this.#firstCursor = firstCursor;
    this.#cursor = firstCursor;
    this.#isUnchanged = false;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get(conversationId: string): ListEntry | undefined {
    return this.#entries.get(conversationId);
  }

  /** All entries, also those that left the list. */
  all(): Iterable<ListEntry> {
    return this.#entries.values();
  }

  /**
   * Applies an update to the list.
   *
   * What an object sends before it writes in the same turn leaves at once, without waiting for the disk. So the change
   * is announced first and stored then, except the first change after a start, whose number is only known to be new
   * once it is stored. [SYNC-1] A crash in between loses the change here; the conversation repeats it. [TELL-1]
   * @param announce sends pushes and answers; is called only for a change that a client can see. Must not throw
   * @throws if storage fails. The object must then be aborted: clients know what storage does not
   */
  apply(update: Update, foundedAt: Millis, announce: (change: Change) => void): void {
    const before = this.#entries.get(update.header.conversation_id);
    const news = applyUpdate(before, update);
    if (!news) return;
    // Messages of a large group may have been relayed, so that the update that changes the entry brings none.
    const rose = news.entry.large && update.header.seq > (before?.seq ?? 0);
    const noticed =
      rose || news.firstNewLine < update.lines.length || news.read || news.peerRead || news.member || news.amended;
    const { conversation_id: id, sent_bytes = news.entry.sent_bytes } = update.header;
    const sent = withSent(news.entry, sent_bytes, dayOf(Date.now()));
    // A first message that was refused founds nothing, also if the peer has begun the chat meanwhile. [PRIV-1]
    const isFounder = sent.sent_bytes > 0 || id.startsWith("sg_");
    const founded_at = news.entry.founded_at || (isFounder ? foundedAt : 0);
    const hasWritten = before !== undefined && sent.sent_bytes > before.sent_bytes;
    const entry = { ...sent, is_unread: sent.is_unread && !news.read && !hasWritten };
    // A mark does not bring back what the user has deleted.
    const returns = news.firstNewLine < update.lines.length || news.member;
    const gone = isOver(entry) || (entry.gone && !returns);
    const mustStoreFirst = this.#isUnchanged;
    const { step, changed } = this.#take({ ...entry, founded_at, gone }, noticed);
    if (mustStoreFirst) this.#store.putEntry(changed, update.preview);
    if (noticed) announce({ before, news, step });
    if (!mustStoreFirst) this.#store.putEntry(changed, update.preview);
    this.#shed();
  }

  /** Changes the user's settings of a conversation. @returns null if they already have these values. */
  configure(
    conversationId: string,
    settings: Partial<{ readonly [K in Setting]: ListEntry[K] | undefined }>,
  ): Step | null {
    const entry = this.#entries.get(conversationId);
    if (!entry) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    const changed: ListEntry = { ...entry, ...Object.fromEntries(given) };
    if (SETTINGS.every((setting) => changed[setting] === entry[setting])) return null;
    const step = this.#put({ ...changed, gone: isOver(entry) });
    this.#shed();
    return step;
  }

  /** Takes an entry off the list until its next change. @returns null if it is not listed */
  leave(conversationId: string): Step | null {
    const entry = this.#entries.get(conversationId);
    if (!entry || entry.gone) return null;
    const step = this.#put({ ...entry, gone: true });
    this.#shed();
    return step;
  }

  /** Marks an entry as changed, so that clients show it again. @returns null if it is not listed */
  touch(conversationId: string): Step | null {
    const entry = this.#entries.get(conversationId);
    return entry && !entry.gone ? this.#put(entry) : null;
  }

  #put(entry: ListEntry): Step {
    const { step, changed } = this.#take(entry, true);
    this.#store.putEntry(changed);
    return step;
  }

  /** Takes an entry into memory, with the next change number if a client can notice the change. */
  #take(entry: ListEntry, noticed: boolean): { step: Step; changed: ListEntry } {
    const prev = this.#cursor;
    const cursor = noticed ? prev + 1 + (this.#isUnchanged ? LEAD : 0) : prev;
    const changed = noticed ? { ...entry, change: cursor } : entry;
    if (noticed) this.#isUnchanged = false;
    const before = this.#entries.get(entry.conversation_id);
    this.#entries.set(entry.conversation_id, changed);
    if (entry.large) this.#large.add(entry.conversation_id);
    this.#countSent(before, entry);
    this.#gone += Number(entry.gone) - Number(before?.gone ?? false);
    this.#cursor = cursor;
    return { step: { prev, cursor }, changed };
  }

  /** Keeps the list within its limits. A removal is a change without a push: clients see the gap and sync. */
  #shed(): void {
    if (this.#entries.size - this.#gone > this.#limits.listed) {
      const oldest = this.#listed().reduce((last, entry) => (inOrderToStay(entry, last) > 0 ? entry : last));
      this.#put({ ...oldest, gone: true });
    }
    if (this.#gone <= this.#limits.gone) return;
    const gone = [...this.#entries.values()].filter((entry) => entry.gone);
    const forgotten = gone.reduce((first, entry) => (entry.change < first.change ? entry : first));
    this.#store.deleteEntry(forgotten);
    this.#store.updateFirstCursor(forgotten.change);
    this.#entries.delete(forgotten.conversation_id);
    this.#large.delete(forgotten.conversation_id);
    this.#gone--;
    this.#firstCursor = forgotten.change;
  }

  #listed(): ListEntry[] {
    return [...this.#entries.values()].filter((entry) => !entry.gone);
  }

  /** Bytes of content that this user has sent on a day, as far as the inbox knows. [RATE-5] */
  sentOn(day: number): number {
    return this.#sent.day === day ? this.#sent.bytes : 0;
  }

  #countSent(before: ListEntry | undefined, { sent_day, day_bytes }: ListEntry): void {
    if (sent_day < this.#sent.day) return;
    if (sent_day > this.#sent.day) this.#sent = { day: sent_day, bytes: 0 };
    this.#sent.bytes += day_bytes - (before?.sent_day === sent_day ? before.day_bytes : 0);
  }

  /** The large groups that are not over and of which this user is a member now, newest first. */
  largeGroups(): ListEntry[] {
    const groups = [...this.#large].flatMap((id) => this.#entries.get(id) ?? []).filter(isShared);
    return groups.sort((a, b) => b.updated_at - a.updated_at);
  }

  /** Whether a group is among this many of `largeGroups`. Asked for every relay: few users have more groups than that. */
  isAmongLarge(entry: ListEntry, most: number): boolean {
    if (!entry.large || !isShared(entry)) return false;
    return this.#large.size <= most || this.largeGroups().slice(0, most).includes(entry);
  }

  /** A page of the list: pinned first, then newest first. @param after the end position of the previous page. */
  page(after: string, limit: number): Page {
    const end = after === "" ? undefined : positionOf(after);
    const sorted = this.#listed().sort(inOrder);
    const start = end === undefined ? 0 : sorted.findIndex((entry) => inOrder(entry, end) > 0);
    const entries = start < 0 ? [] : sorted.slice(start, start + limit);
    const last = entries.at(-1);
    return { entries, next: last && start + limit < sorted.length ? toPosition(last) : "" };
  }

  /**
   * The changes since a cursor, oldest change first; since 0, the whole list, newest change first.
   * All pages bring the client to the cursor of the first page: later changes come after that cursor. [SYNC-2]
   * @throws NexoError TOKEN_MISMATCH for a cursor that this inbox never gave, or can no longer answer.
   */
  sync(request: SyncRequest): Page & { cursor: number } {
    const isLost = request.since > this.#cursor && request.since <= this.#cursor + LEAD;
    if (this.#isUnchanged && isLost) this.#passLostNumbers();
    return syncPage([...this.#entries.values()], request, { first: this.#firstCursor, newest: this.#cursor });
  }

  /**
   * A client has seen a number that storage lacks: the object died between push and write. Makes a change that no
   * client has seen, so that the cursor passes every lost number. The conversation repeats what was lost.
   */
  #passLostNumbers(): void {
    const newest = [...this.#entries.values()].find(({ change }) => change === this.#cursor);
    if (newest) {
      this.#put(newest);
      return;
    }
    this.begin(this.#cursor + LEAD + 1);
    this.#store.updateFirstCursor(this.#cursor);
  }
}
