import type { SendRequest } from "../../../src/client/index.ts";

/**
 * The wire types of the contract, written a second time on purpose: these helpers check the server from outside, so a
 * field renamed in src must fail here.
 */

type Kinds = {
  string: string;
  number: number;
  boolean: boolean;
  object: Record<string, unknown>;
  "message?": Message | null;
};
export type Shape = Readonly<Record<string, keyof Kinds>>;
type Of<S extends Shape> = { -readonly [K in keyof S]: Kinds[S[K]] };

export const userShape = {
  user_id: "string",
  id: "string",
  nickname: "string",
  avatar: "string",
  extra: "string",
  created_at: "number",
} as const satisfies Shape;

export const groupShape = {
  id: "string",
  name: "string",
  introduction: "string",
  avatar: "string",
  status: "number",
  creator_user_id: "string",
  owner_user_id: "string",
  member_count: "number",
  created_at: "number",
  updated_at: "number",
} as const satisfies Shape;

export const memberShape = {
  group_id: "string",
  user_id: "string",
  nickname: "string",
  avatar: "string",
  group_nickname: "string",
  role_level: "number",
  status: "number",
  joined_at: "number",
  join_seq: "number",
  inviter_user_id: "string",
  muted_until: "number",
} as const satisfies Shape;

export const messageShape = {
  server_msg_id: "number",
  id: "number",
  conversation_id: "string",
  seq: "number",
  client_msg_id: "string",
  sender_id: "string",
  recv_id: "string",
  group_id: "string",
  session_type: "number",
  msg_type: "number",
  content: "object",
  send_at: "number",
} as const satisfies Shape;
type Message = Of<typeof messageShape>;

export const conversationShape = {
  conversation_id: "string",
  conversation_type: "number",
  peer_user_id: "string",
  group_id: "string",
  title: "string",
  avatar: "string",
  recv_msg_opt: "number",
  is_pinned: "boolean",
  is_unread: "boolean",
  is_archived: "boolean",
  snooze_until: "number",
  unread_count: "number",
  max_seq: "number",
  read_seq: "number",
  min_seq: "number",
  my_role: "number",
  my_status: "number",
  muted_until: "number",
  last_message: "message?",
  updated_at: "number",
} as const satisfies Shape;

export const sentShape = {
  server_msg_id: "number",
  conversation_id: "string",
  seq: "number",
  client_msg_id: "string",
  send_at: "number",
  prev: "number",
  cursor: "number",
} as const satisfies Shape;
export type Sent = Of<typeof sentShape>;

export type Pushed = { msgs: Record<string, Message[]>; prev: number; cursor: number };

export const platform = { ios: 1, android: 2, windows: 3, macos: 4, web: 5 } as const;

/** A single chat's id: the two user ids in the order of their code units. */
export function singleId(a: string, b: string): string {
  return `si_${[a, b].sort().join(":")}`;
}

export function groupConversationId(groupId: string): string {
  return `sg_${groupId}`;
}

/** The body of a message to a user (session 1) or to a group (session 2). */
export function outgoing(
  to: { user: string } | { group: string },
  content: Record<string, unknown>,
  more: { msg_type?: number; client_msg_id?: string } = {},
): SendRequest {
  return {
    client_msg_id: more.client_msg_id ?? crypto.randomUUID(),
    ...("user" in to
      ? { recv_id: to.user, session_type: 1 as const }
      : { group_id: to.group, session_type: 2 as const }),
    msg_type: more.msg_type ?? 1,
    content,
  };
}
