import { newer } from "../messages/amended.ts";
import type { Message } from "../messages/content.ts";
import type { Page as Pulled, Range } from "../messages/log-parts.ts";
import { isCount } from "../messages/outgoing.ts";
import type { Changes } from "../messages/revisions.ts";
import type { BoundedTexts } from "./bounded-texts.ts";
import { parsed, readPage } from "./kept.ts";

type Page = ReadonlyMap<number, Message>;

/** Messages that arrived, or changes of messages, to be stored. */
export type Stored =
  | { readonly messages: readonly Message[]; readonly rev: number }
  | { readonly conversationId: string; readonly changes: Changes; readonly sinceRev: number };

/** Messages per page: a new message rewrites its whole page. */
const PAGE = 50;
/** The number of pages held in memory. [MEM-1] */
const HELD = 20;

/** Messages in pages, by seq; a page is read when its messages are requested. */
export class MessagePages {
  readonly #texts: BoundedTexts;
  /** False while another tab writes: what is held would become out of date. */
  isHolding = false;
  /** The least recently used page first. */
  readonly #held = new Map<string, Page>();
  /** For each conversation, the rev up to which all its stored messages are current. [HIST-5] */
  readonly #revs = new Map<string, number>();

  constructor(texts: BoundedTexts) {
    this.#texts = texts;
  }

  /** Takes messages and changes, in their order. @returns the texts to write */
  async put(all: readonly Stored[]): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for (const stored of all) {
      for (const [key, page] of await ("rev" in stored ? this.#arrived(stored.messages) : this.#amended(stored))) {
        this.#hold(key, page);
        texts.set(key, JSON.stringify([...page.values()]));
      }
      for (const [id, rev] of await this.#revsAfter(stored)) {
        this.#holdRev(id, rev);
        texts.set(revKeyOf(id), revTextOf(id, rev));
      }
    }
    return texts;
  }

  /** The messages of a range from its start up to the first gap; null if there are none. */
  async pull(
    conversationId: string,
    { begin_seq, end_seq, limit, order }: Range,
    minSeq: number,
  ): Promise<Pulled | null> {
    const step = order === "asc" ? 1 : -1;
    const [first, last] = order === "asc" ? [begin_seq, end_seq] : [end_seq, Math.max(begin_seq, 1)];
    const messages: Message[] = [];
    // Read before the messages: changes that are stored meanwhile must not count for messages that lack them.
    const rev = await this.#rev(conversationId);
    let key = "";
    let page: Page = new Map();
    for (let seq = first; seq >= minSeq && (last - seq) * step >= 0 && messages.length < limit; seq += step) {
      const wanted = keyOf(conversationId, seq);
      if (wanted !== key) [key, page] = [wanted, await this.#page(conversationId, seq)];
      const message = page.get(seq);
      if (!message) break;
      messages.push(message);
    }
    if (messages.length === 0) return null;
    return { messages, max_seq: 0, rev: Number.isFinite(rev) ? rev : 0, deleted: [], isKept: true };
  }

  /** Forgets a conversation. @returns the pages to delete */
  forget(conversationId: string): string[] {
    const prefix = prefixOf(conversationId);
    for (const key of [...this.#held.keys()]) if (key.startsWith(prefix)) this.#held.delete(key);
    this.#revs.delete(conversationId);
    const revKey = revKeyOf(conversationId);
    return this.#texts.keys.filter((key) => key === revKey || key.startsWith(prefix));
  }

  clear(): void {
    this.#held.clear();
    this.#revs.clear();
  }

  async #arrived(messages: readonly Message[]): Promise<Map<string, Page>> {
    const changed = new Map<string, Page>();
    for (const message of messages) {
      const { conversation_id, seq } = message;
      const key = keyOf(conversation_id, seq);
      const page = changed.get(key) ?? (await this.#page(conversation_id, seq));
      const held = page.get(seq);
      const next = held ? newer(held, message) : message;
      if (next !== held) changed.set(key, new Map(page).set(seq, next));
    }
    return changed;
  }

  async #amended({ conversationId, changes }: Extract<Stored, { sinceRev: number }>): Promise<Map<string, Page>> {
    const changed = new Map<string, Page>();
    const states = [
      ...changes.messages.map((message) => [message.seq, message] as const),
      ...changes.deleted.map((seq) => [seq, null] as const),
    ];
    for (const [seq, message] of states) {
      const key = keyOf(conversationId, seq);
      const page = changed.get(key) ?? (await this.#page(conversationId, seq));
      const held = page.get(seq);
      const next = held && message && newer(held, message);
      if (!held || next === held) continue;
      const rest = new Map(page);
      if (next) rest.set(seq, next);
      else rest.delete(seq);
      changed.set(key, rest);
    }
    return changed;
  }

  /** The revs that messages or changes move. */
  async #revsAfter(stored: Stored): Promise<Map<string, number>> {
    const revs = new Map<string, number>();
    const ids = "rev" in stored ? stored.messages.map((message) => message.conversation_id) : [stored.conversationId];
    for (const id of new Set(ids)) {
      const before = await this.#rev(id);
      const isNext = !("rev" in stored) && stored.sinceRev <= before;
      const after =
        "rev" in stored ? Math.min(before, stored.rev) : isNext ? Math.max(before, stored.changes.rev) : before;
      if (after !== before && Number.isFinite(after)) revs.set(id, after);
    }
    return revs;
  }

  /** Infinite while no message is stored. */
  async #rev(conversationId: string): Promise<number> {
    const known = this.#revs.get(conversationId);
    if (known !== undefined) return known;
    const text = await this.#texts.get(revKeyOf(conversationId));
    const changed = this.#revs.get(conversationId);
    if (changed !== undefined) return changed;
    const prefix = prefixOf(conversationId);
    // Without a rev, stored messages may be of any age.
    const isStored = this.#texts.keys.some((key) => key.startsWith(prefix));
    const rev = isStored ? readRev(text, conversationId) : Number.POSITIVE_INFINITY;
    this.#holdRev(conversationId, rev);
    return rev;
  }

  #holdRev(conversationId: string, rev: number): void {
    if (!this.isHolding) return;
    this.#revs.delete(conversationId);
    this.#revs.set(conversationId, rev);
    const [oldest] = this.#revs.keys();
    if (this.#revs.size > HELD && oldest !== undefined) this.#revs.delete(oldest);
  }

  async #page(conversationId: string, seq: number): Promise<Page> {
    const key = keyOf(conversationId, seq);
    const held = this.#held.get(key);
    if (held) return held;
    const text = await this.#texts.get(key);
    // Changed meanwhile: what was read is older.
    const changed = this.#held.get(key);
    if (changed) return changed;
    const messages = readPage(parsed(text), conversationId) ?? [];
    const page = new Map(messages.map((message) => [message.seq, message]));
    this.#hold(key, page);
    return page;
  }

  #hold(key: string, page: Page): void {
    if (!this.isHolding) return;
    this.#held.delete(key);
    this.#held.set(key, page);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD && oldest !== undefined) this.#held.delete(oldest);
  }
}

function prefixOf(conversationId: string): string {
  return `messages ${conversationId} `;
}

function revKeyOf(conversationId: string): string {
  return `rev ${conversationId}`;
}

function keyOf(conversationId: string, seq: number): string {
  return prefixOf(conversationId) + Math.floor(seq / PAGE);
}

/** Names the conversation: a damaged storage may have the text of another one here. */
function revTextOf(conversationId: string, rev: number): string {
  return `${conversationId} ${rev}`;
}

/** 0 if the text is damaged or missing. */
function readRev(text: string | undefined, conversationId: string): number {
  const rev = Number(text?.slice(conversationId.length + 1));
  return isCount(rev) && text === revTextOf(conversationId, rev) ? rev : 0;
}
