import { searchMessages } from "../../src/features/search/calls.ts";
import type { Message } from "../../src/protocol/model.ts";
import type { Ledger } from "./ledger.ts";
import { isNotice, type Logged } from "./model.ts";
import type { World } from "./world.ts";

/** A word that is in most texts of the storm. */
const WORD = "x";
const SEARCHER = { name: "searcher", isAlive: true };

/** Searches of users, for which the Worker asks a conversation. */
export class Searches {
  readonly #world: World;
  readonly #ledger: Ledger;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Searches all pages, or any conversation's first ones. @returns the seqs; null if it was refused or failed */
  async search(userId: string, conversationId: string, pages = 2): Promise<number[] | null> {
    const seqs: number[] = [];
    let cursor: number | undefined;
    for (let page = 0; page < pages; page++) {
      const asked = { user_id: userId, q: WORD, limit: this.#world.random.between(1, 5), cursor };
      const conversation = this.#world.conversation(conversationId);
      const answer = await this.#world
        .call<{ ok: boolean; value: string }>(SEARCHER, conversation, "call", [searchMessages.name, asked])
        .catch(() => null);
      if (!answer?.ok) return null;
      const { messages, next }: { messages: Message[]; next: string } = JSON.parse(answer.value);
      this.#ledger.saw(userId, messages, null);
      seqs.push(...messages.map(({ seq }) => seq));
      if (next === "") break;
      cursor = Number(next);
    }
    return seqs;
  }
}

/** Whether a search for the word must find a message. */
export function hasWord({ msg_type, content }: Logged): boolean {
  const { text = "" }: { text?: string } = JSON.parse(content);
  return !isNotice(msg_type) && text.includes(WORD);
}
