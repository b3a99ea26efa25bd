import { parseExact } from "../../protocol/exact-json.ts";
import { type ConversationRef, peerOf } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Millis } from "../../protocol/model.ts";
import { amendedOf } from "./amended.ts";

/** A message as it is stored. The other fields of its wire form are derived from the conversation's id. */
export type StoredMessage = {
  seq: number;
  server_msg_id: number;
  sender_id: string;
  client_msg_id: string;
  msg_type: number;
  /** JSON text, exactly as the sender wrote it. */
  content: string;
  send_at: Millis;
  countable: number;
  /** The conversation's rev at its last change, and at its last change that inboxes are told of; 0 if none. */
  rev: number;
  loud_rev: number;
  /** JSON of MessageMeta and of Amended, as they are on the wire; null if there is nothing to say. */
  meta: string | null;
  amended: string | null;
};

/**
 * A message as JSON in the contract's form. Built as a string: the content is already JSON and is
 * sent on unchanged, and ids need no escaping. [SEND-4]
 */
export function messageLine(conversationId: string, ref: ConversationRef, message: StoredMessage): string {
  const groupId = ref.type === 2 ? ref.group_id : "";
  return `{"server_msg_id":${message.server_msg_id},"id":${message.server_msg_id},"conversation_id":"${conversationId}","seq":${message.seq},"client_msg_id":${JSON.stringify(message.client_msg_id)},"sender_id":"${message.sender_id}","recv_id":"${peerOf(ref, message.sender_id)}","group_id":"${groupId}","session_type":${ref.type},"msg_type":${message.msg_type},"content":${message.content},"send_at":${message.send_at},"meta":${message.meta},"amended":${message.amended}}`;
}

/**
 * The same JSON, built by SQLite: reading a page of it takes less time than reading rows as objects. Its first
 * parameters are those of `lineParameters`.
 */
export const LINE_SQL = `'{"server_msg_id":' || server_msg_id || ',"id":' || server_msg_id || ',"conversation_id":"' || ?1
  || '","seq":' || seq || ',"client_msg_id":' || json_quote(client_msg_id) || ',"sender_id":"' || sender_id
  || '","recv_id":"' || CASE sender_id WHEN ?2 THEN ?3 WHEN ?3 THEN ?2 ELSE '' END || '","group_id":"' || ?4
  || '","session_type":' || ?5 || ',"msg_type":' || msg_type || ',"content":' || content || ',"send_at":' || send_at
  || ',"meta":' || coalesce(meta, 'null') || ',"amended":' || coalesce(amended, 'null') || '}'`;

/** The parameters of LINE_SQL that describe the conversation. */
export function lineParameters(conversationId: string, ref: ConversationRef) {
  return ref.type === 1
    ? ([conversationId, ...ref.users, "", "1"] as const)
    : ([conversationId, "", "", ref.group_id, "2"] as const);
}

/** A message for the list: its text is cut at 256 characters, and it shows no reactions. */
export function forPreview(message: StoredMessage): StoredMessage {
  const { amended } = message;
  return cut(
    amended === null ? message : { ...message, amended: JSON.stringify({ ...amendedOf(message), reactions: [] }) },
  );
}

function cut(message: StoredMessage): StoredMessage {
  if (!KINDS.get(message.msg_type)?.hasText || message.content.length <= LIMITS.previewCharacters) {
    return message;
  }
  const content = parsedContent(message.content);
  // A malformed row is shown unchanged: one bad preview must not stop updates for ever.
  if (typeof content !== "object" || content === null || !("text" in content)) return message;
  if (typeof content.text !== "string") return message;
  const characters = [...content.text];
  if (characters.length <= LIMITS.previewCharacters) return message;
  const text = characters.slice(0, LIMITS.previewCharacters).join("");
  return { ...message, content: JSON.stringify({ ...content, text }) };
}

function parsedContent(json: string): unknown {
  try {
    return parseExact(json);
  } catch {
    return undefined;
  }
}

/** 2024-01-01, so that milliseconds take 41 bits until 2093. */
const EPOCH = 1_704_067_200_000;
const LOW_BITS = 4_096;

/**
 * Makes the server_msg_ids of one conversation: milliseconds in the high 41 of 53 bits, a 12-bit hash of the
 * conversation's id below them. Two conversations rarely make the same id; within one conversation ids always rise.
 */
export function serverMessageIds(conversationId: string): (now: number, last: number) => number {
  let hash = 0;
  for (const character of conversationId) hash = (hash * 31 + character.charCodeAt(0)) % LOW_BITS;
  return (now, last) => Math.max(last + 1, (now - EPOCH) * LOW_BITS + hash);
}
