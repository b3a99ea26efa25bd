import type { Context } from "hono";
import { askObject } from "../../core/rpc.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { authorize } from "../../middleware/inbox.ts";
import { Page } from "../../middleware/route.ts";
import type { GroupMember } from "../../protocol/group-model.ts";
import { groupConversationId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { folded, wordsOf } from "../../protocol/search.ts";
import { listMembers } from "./calls.ts";
import { toPlace } from "./members.ts";
import { memberViews } from "./views.ts";

/** One request looks at this many times 500 members, whose names D1 has, and costs as much as a search in a chat. */
const SEARCH = { slices: 4, cost: 10 };

interface Asked {
  readonly group_id: string;
  readonly cursor: string;
  readonly limit: number;
  readonly q: string;
}

/**
 * A page of the members whose name, name in the group or id has every word, in the order of the list. It may be empty
 * though others follow. @throws NexoError as `listMembers`
 */
export async function searchMembers(
  c: Context<AppEnv>,
  { group_id, cursor, limit, q }: Asked,
): Promise<Page<readonly GroupMember[]>> {
  await authorize(c, SEARCH.cost);
  const conversation = c.env.CONVERSATION.getByName(groupConversationId(group_id));
  const words = wordsOf(q);
  const found: GroupMember[] = [];
  let after = cursor;
  for (let slice = 0; slice < SEARCH.slices; slice++) {
    const asked = { user_id: c.get("login").user_id, after, limit: LIMITS.listMembers };
    const { members, next } = await askObject(conversation, listMembers, asked);
    const views = await memberViews(c, group_id, members);
    for (const [at, view] of views.entries()) {
      const member = members[at];
      if (!member || !isNamed(view, words)) continue;
      found.push(view);
      if (found.length >= limit) return new Page(found, toPlace(member));
    }
    if (next === "") return new Page(found, "");
    after = next;
  }
  return new Page(found, after);
}

function isNamed({ nickname, group_nickname, user_id }: GroupMember, words: readonly string[]): boolean {
  const names = folded(`${nickname}\n${group_nickname}\n${user_id}`);
  return words.every((word) => names.includes(word));
}
