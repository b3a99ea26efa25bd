import { findCards } from "../../directory/groups.ts";
import { parseConversationId, peerOf } from "../../protocol/ids.ts";
import type { Card, Conversation } from "../../protocol/model.ts";
import type { ListEntry } from "./entry.ts";
import type { InboxStore } from "./store.ts";

/**
 * Entries in the clients' form, as JSON, with names from D1 in one query and previews from storage.
 * The preview is already JSON and is sent as it is stored.
 */
export async function conversationViews(
  db: D1Database,
  store: InboxStore,
  userId: string,
  entries: readonly ListEntry[],
): Promise<string[]> {
  // In the turn of the entries: a preview from later would be of a message that they do not have.
  const previews = store.previews(entries.map((entry) => entry.conversation_id));
  const cards = await cardsOf(db, userId, entries);
  return entries.map((entry) =>
    conversationView(userId, entry, cards.get(entry.conversation_id), previews.get(entry.conversation_id)),
  );
}

/** One conversation as JSON. Without a card, its title is "". */
export function conversationView(
  userId: string,
  entry: ListEntry,
  card: Card = { title: "", avatar: "" },
  preview = "null",
): string {
  if (entry.gone) return JSON.stringify({ conversation_id: entry.conversation_id, gone: true });
  const ref = parseConversationId(entry.conversation_id);
  const view: Omit<Conversation, "last_message"> = {
    conversation_id: entry.conversation_id,
    conversation_type: ref?.type ?? 1,
    peer_user_id: ref ? peerOf(ref, userId) : "",
    group_id: ref?.type === 2 ? ref.group_id : "",
    title: card.title,
    avatar: card.avatar,
    recv_msg_opt: entry.recv_msg_opt,
    is_pinned: entry.is_pinned,
    is_unread: entry.is_unread,
    is_archived: entry.is_archived,
    snooze_until: entry.snooze_until,
    unread_count: entry.unread,
    max_seq: entry.seq,
    rev: entry.rev,
    mention_count: entry.mention_count,
    mention_seq: entry.mention_seq,
    application_count: entry.application_count,
    read_seq: entry.read_seq,
    peer_read_seq: entry.peer_read_seq,
    min_seq: entry.min_seq,
    my_role: entry.role,
    my_status: entry.status,
    muted_until: entry.muted_until,
    updated_at: entry.updated_at,
  };
  return `${JSON.stringify(view).slice(0, -1)},"last_message":${preview}}`;
}

/** Names and pictures of entries, by conversation_id. */
export async function cardsOf(
  db: D1Database,
  userId: string,
  entries: readonly Pick<ListEntry, "conversation_id">[],
): Promise<Map<string, Card>> {
  const peers: string[] = [];
  const groups: string[] = [];
  const refs = entries.map(({ conversation_id }) => ({ conversation_id, ref: parseConversationId(conversation_id) }));
  for (const { ref } of refs) {
    if (ref?.type === 2) groups.push(ref.group_id);
    else if (ref) peers.push(peerOf(ref, userId));
  }
  const cards = await findCards(db, peers, groups);
  const result = new Map<string, Card>();
  for (const { conversation_id, ref } of refs) {
    const card = ref?.type === 2 ? cards.groups.get(ref.group_id) : ref && cards.users.get(peerOf(ref, userId));
    if (card) result.set(conversation_id, card);
  }
  return result;
}
