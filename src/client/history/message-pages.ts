import type { Message, Pulled } from "../messages/content.ts";
import type { Range } from "../messages/message-log.ts";
import type { BoundedTexts } from "./bounded-texts.ts";
import { parsed, readPage } from "./kept.ts";

type Page = ReadonlyMap<number, Message>;

/** Messages per page: a new message rewrites its whole page. */
const PAGE = 50;
/** The number of pages held in memory. [MEM-1] */
const HELD = 20;

/** Messages in pages, by seq; a page is read when its messages are requested. */
export class MessagePages {
  readonly #texts: BoundedTexts;
  /** The least recently used page first. */
  readonly #held = new Map<string, Page>();

  constructor(texts: BoundedTexts) {
    this.#texts = texts;
  }

  /** Takes messages. @returns the pages to write */
  async put(messages: readonly Message[]): Promise<Map<string, string>> {
    const changed = new Map<string, Page>();
    for (const message of messages) {
      const key = keyOf(message.conversation_id, message.seq);
      const page = changed.get(key) ?? (await this.#page(message.conversation_id, message.seq));
      changed.set(key, new Map(page).set(message.seq, message));
    }
    for (const [key, page] of changed) this.#hold(key, page);
    return new Map([...changed].map(([key, page]) => [key, JSON.stringify([...page.values()])]));
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
    for (let seq = first; seq >= minSeq && (last - seq) * step >= 0 && messages.length < limit; seq += step) {
      const message = (await this.#page(conversationId, seq)).get(seq);
      if (!message) break;
      messages.push(message);
    }
    return messages.length === 0 ? null : { messages, max_seq: 0, rev: 0, mine: {}, deleted: [] };
  }

  /** Forgets a conversation. @returns the pages to delete */
  forget(conversationId: string): string[] {
    const prefix = prefixOf(conversationId);
    for (const key of [...this.#held.keys()]) if (key.startsWith(prefix)) this.#held.delete(key);
    return this.#texts.keys.filter((key) => key.startsWith(prefix));
  }

  clear(): void {
    this.#held.clear();
  }

  async #page(conversationId: string, seq: number): Promise<Page> {
    const key = keyOf(conversationId, seq);
    const held = this.#held.get(key);
    if (held) return held;
    const messages = readPage(parsed(await this.#texts.get(key)), conversationId) ?? [];
    const page = new Map(messages.map((message) => [message.seq, message]));
    this.#hold(key, page);
    return page;
  }

  #hold(key: string, page: Page): void {
    this.#held.delete(key);
    this.#held.set(key, page);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD && oldest !== undefined) this.#held.delete(oldest);
  }
}

function prefixOf(conversationId: string): string {
  return `messages ${conversationId} `;
}

function keyOf(conversationId: string, seq: number): string {
  return prefixOf(conversationId) + Math.floor(seq / PAGE);
}
