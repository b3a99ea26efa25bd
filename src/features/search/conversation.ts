import type { Call } from "../../core/call.ts";
import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { visibleMessages } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import { visibleRange } from "../../core/member.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { searchMessages } from "./calls.ts";
import { matcher } from "./scan.ts";

type Asked = typeof searchMessages extends Call<infer Input, unknown> ? Input : never;

/**
 * How many messages one request looks at; how many of them, and of how many characters together, before sends and reads
 * get their turn. The longest texts take 0.5 ms each.
 */
const SCAN = { most: 10_000, step: 250, characters: 262_144 };
/** After this many milliseconds a page ends where it is: a busy conversation must answer before the caller gives up. */
const LONGEST = 3_000;
/** The longest answer. Texts of 32 KB would make a page of 3 MB otherwise. [MEM-1] */
const MAX_CHARACTERS = 1_048_576;
/**
 * Searches that run at the same time in one conversation, and those of one user, so that nobody keeps the others from
 * searching; each holds up to 250 messages in memory. [MEM-1]
 */
const AT_ONCE = { all: 8, ofUser: 3 };

/**
 * Search by reading the visible messages from the newest on. There is no index: the tokenizers of SQLite's FTS5 fail
 * Chinese (unicode61 takes a run of Han characters as one word, trigram finds no word of two characters), an index costs
 * a row for each message, and reading 10,000 messages costs $0.00001. [SEARCH-1]
 */
export function searching({ conversation, flush }: ConversationContext) {
  const running: string[] = [];

  async function scan({ user_id, limit, cursor = 0, most = SCAN.most, ...filter }: Asked): Promise<string> {
    const member = conversation.access.reader(user_id);
    // Nothing newer is read than when the search began. A member who leaves meanwhile keeps what they saw.
    const { from, to } = member ? visibleRange(member, conversation.version.seq, 0, cursor) : { from: 1, to: 0 };
    const end = Math.max(from, to - Math.min(most, SCAN.most) + 1);
    const isWanted = matcher(filter);
    const page = new FoundPage(limit, (message) => conversation.messages.line(message));
    const began = Date.now();
    let [at, step] = [to, SCAN.step];
    while (at >= end && !page.isFull && Date.now() - began < LONGEST) {
      const first = Math.max(end, at - step + 1);
      const seqs = Array.from({ length: at - first + 1 }, (_, index) => first + index);
      const messages = member ? visibleMessages(conversation, member, seqs).toReversed() : [];
      let characters = 0;
      const last = messages.find((message) => {
        characters += message.content.length;
        return (isWanted(message) && page.add(message)) || characters >= SCAN.characters;
      });
      const next = (last?.seq ?? first) - 1;
      // Among long messages the next step reads about as many as it will look at.
      step = Math.min(SCAN.step, 2 * (at - next));
      at = next;
      // Sends and reads get their turn.
      await scheduler.wait(0);
    }
    return page.json(Math.min(at + 1, to), at >= from ? at : null);
  }

  return {
    calls: [
      handle(searchMessages, async (asked) => {
        flush();
        const { user_id } = asked;
        const ofUser = running.filter((id) => id === user_id).length;
        if (running.length >= AT_ONCE.all || ofUser >= AT_ONCE.ofUser) {
          throw new NexoError(Code.TOO_MANY_REQUESTS, "too many searches here", 1);
        }
        running.push(user_id);
        try {
          return await scan(asked);
        } finally {
          running.splice(running.indexOf(user_id), 1);
        }
      }),
    ],
  } satisfies ConversationFeature;
}

/** The messages found by one request. */
class FoundPage {
  readonly #limit: number;
  readonly #line: (message: StoredMessage) => string;
  readonly #lines: string[] = [];
  #characters = 0;

  constructor(limit: number, line: (message: StoredMessage) => string) {
    this.#limit = limit;
    this.#line = line;
  }

  get isFull(): boolean {
    return this.#lines.length >= this.#limit || this.#characters >= MAX_CHARACTERS;
  }

  /** @returns whether this was the last that fits */
  add(message: StoredMessage): boolean {
    const line = this.#line(message);
    this.#lines.push(line);
    this.#characters += line.length;
    return this.isFull;
  }

  /** @param next where the next page begins; null if all was searched */
  json(searchedTo: number, next: number | null): string {
    return `{"messages":[${this.#lines.join(",")}],"searched_to":${searchedTo},"next":"${next ?? ""}"}`;
  }
}
