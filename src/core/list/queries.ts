import { parseConversationId, peerOf } from "../../protocol/ids.ts";
import { type Millis, RecvMsgOpt } from "../../protocol/model.ts";
import { isShared, type ListEntry } from "./entry.ts";
import type { ConversationList } from "./list.ts";

type List = Pick<ConversationList, "all" | "get">;

/** The entries that clients see. */
function listed(list: List): ListEntry[] {
  return [...list.all()].filter((entry) => !entry.gone);
}

/** The newest seq of the given conversations, or of all. Conversations that are not in the list are left out. */
export function newestSeqs(list: List, conversationIds?: readonly string[]): Record<string, number> {
  const ids = conversationIds ?? listed(list).map((entry) => entry.conversation_id);
  return Object.fromEntries(
    ids.flatMap((id) => {
      const entry = list.get(id);
      return entry ? [[id, entry.seq]] : [];
    }),
  );
}

/** Unread messages of all conversations: with alerts, and without. Those refused or archived are not counted. */
export function totals(list: List): { unread_count: number; muted_unread_count: number } {
  const totals = { unread_count: 0, muted_unread_count: 0 };
  const now = Date.now();
  for (const { unread, recv_msg_opt, is_archived, snooze_until } of listed(list)) {
    if (is_archived || recv_msg_opt === RecvMsgOpt.REFUSE) continue;
    const isQuiet = recv_msg_opt === RecvMsgOpt.NO_ALERT || snooze_until > now;
    totals[isQuiet ? "muted_unread_count" : "unread_count"] += unread;
  }
  return totals;
}

/** The times since `since` at which this user founded conversations with this id prefix, oldest first. */
export function foundings(list: List, prefix: "si_" | "sg_", since: Millis): Millis[] {
  const times: Millis[] = [];
  for (const { conversation_id, founded_at } of list.all()) {
    if (founded_at > since && conversation_id.startsWith(prefix)) times.push(founded_at);
  }
  return times.sort((a, b) => a - b);
}

/** Groups of which this user is a member now. */
export function activeGroups(list: List, limit: number): string[] {
  return groups(list, limit, isShared);
}

/** Listed groups, also those that this user has left. */
export function groups(list: List, limit: number, isWanted: (entry: ListEntry) => boolean = () => true): string[] {
  const found = listed(list).filter((entry) => entry.conversation_id.startsWith("sg_") && isWanted(entry));
  return found.slice(0, limit).map((entry) => entry.conversation_id);
}

/** The peers of the most recently updated single chats. */
export function recentPeers(list: List, userId: string, limit: number): string[] {
  const chats = listed(list).flatMap(({ conversation_id, updated_at }) => {
    const ref = parseConversationId(conversation_id);
    return ref?.type === 1 ? [{ peer: peerOf(ref, userId), updated_at }] : [];
  });
  chats.sort((a, b) => b.updated_at - a.updated_at);
  return chats.slice(0, limit).map(({ peer }) => peer);
}

/** The listed conversations whose newest message is not older than this. */
export function updatedSince(list: List, time: Millis): ListEntry[] {
  return listed(list).filter(({ updated_at }) => updated_at >= time);
}
