import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { updatedSince } from "../../core/list/queries.ts";
import { Cost } from "../../core/rates/costs.ts";
import { askObject, handleRequest } from "../../core/rpc.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { conversationIdSchema } from "../../protocol/text.ts";
import { searchAll, searchMessages } from "./calls.ts";

/** How many messages are found, and looked at, in one conversation. */
const EACH = { hits: 3, most: 2_000 };
/** How many conversations are asked at a time, and how long each may take. */
const ASK = { atOnce: 5, patience: 4_000 };
/** A page ends after this many conversations with something, after this cost, or after this time. */
const PAGE = { items: 20, points: 30, milliseconds: 3_000 };

/**
 * Search over all conversations of a user, the newest first. Each is asked as for a search in it, so that it shows what
 * the user sees there. The request budget pays for each conversation, and for the messages that are looked at. [SEARCH-3]
 */
export function searchingAll({ env, userId, list, rates }: InboxContext) {
  async function searchIn({ conversation_id, seq }: ListEntry, q: string): Promise<string | null> {
    const asked = { user_id: userId, q, limit: EACH.hits, most: EACH.most };
    const conversation = env.CONVERSATION.getByName(conversation_id);
    try {
      const found = await askObject(conversation, searchMessages, asked, ASK.patience);
      const hasNothing = found.startsWith('{"messages":[]') && found.endsWith('"next":""}');
      return hasNothing ? null : `{"conversation_id":"${conversation_id}",${found.slice(1)}`;
    } catch (error) {
      if (errorCode(error) === Code.NO_PERMISSION) return null;
      // It is busy or does not answer: all of it is left to a search in it.
      return `{"conversation_id":"${conversation_id}","messages":[],"searched_to":${seq},"next":"${seq}"}`;
    }
  }

  return {
    requests: [
      handleRequest(searchAll, Cost.ASKS, async ({ q, cursor }) => {
        const rest = restOf(updatedSince(list, 0), cursor);
        const items: string[] = [];
        const began = Date.now();
        let last: ListEntry | undefined;
        let points = 0;
        while (rest.length > 0 && items.length < PAGE.items && points < PAGE.points) {
          const next = rest.slice(0, ASK.atOnce);
          const cost = next.reduce((sum, entry) => sum + costOf(entry), 0);
          // What was found already is answered; the next page has to wait.
          if (!mayGoOn(() => rates.spend(cost), points > 0)) break;
          points += cost;
          rest.splice(0, next.length);
          last = next.at(-1);
          const found = await Promise.all(next.map((entry) => searchIn(entry, q)));
          items.push(...found.filter((item) => item !== null));
          if (Date.now() - began > PAGE.milliseconds) break;
        }
        return { found: `[${items.join(",")}]`, next: last && rest.length > 0 ? placeOf(last) : "" };
      }),
    ],
  } satisfies InboxFeature;
}

/** A point for the conversation, and one for each 1,000 messages that are looked at. */
function costOf({ min_seq, seq }: ListEntry): number {
  return 1 + Math.ceil(Math.min(EACH.most, Math.max(0, seq - min_seq + 1)) / 1_000);
}

function mayGoOn(spend: () => void, hasBegun: boolean): boolean {
  try {
    spend();
    return true;
  } catch (error) {
    if (!hasBegun) throw error;
    return false;
  }
}

function placeOf({ updated_at, conversation_id }: ListEntry): string {
  return `${updated_at}.${conversation_id}`;
}

/** The conversations after a place, the newest first. */
function restOf(entries: ListEntry[], cursor: string): ListEntry[] {
  const [, time, id = ""] = /^(\d{1,16})\.(.+)$/.exec(cursor) ?? [];
  if (cursor !== "" && !conversationIdSchema.safeParse(id).success) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this search gave");
  }
  const at = Number(time);
  const isAfter = ({ updated_at, conversation_id }: ListEntry) =>
    cursor === "" || updated_at < at || (updated_at === at && conversation_id > id);
  return entries
    .filter(isAfter)
    .sort((a, b) => b.updated_at - a.updated_at || (a.conversation_id < b.conversation_id ? -1 : 1));
}
