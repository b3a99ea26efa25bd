/** The types of what the server sends: messages and conversations. Every field is always present. */

/** Times are Unix milliseconds. */
export type Millis = number;

export const SessionType = { SINGLE: 1, GROUP: 2 } as const;
export const Role = { MEMBER: 1, ADMIN: 2, OWNER: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];
/**
 * INVITED: has not answered an invitation yet, and sees nothing of the group but its card. BANNED: was removed by a ban,
 * which may have ended since.
 */
export const MemberStatus = { NORMAL: 1, QUIT: 2, KICKED: 3, INVITED: 4, BANNED: 5 } as const;
export type MemberStatus = (typeof MemberStatus)[keyof typeof MemberStatus];
/** How a user is notified of a conversation. REFUSE: listed, not pushed, not in the totals. */
export const RecvMsgOpt = { NORMAL: 0, NO_ALERT: 1, REFUSE: 2 } as const;

/** The kinds of messages that clients send. */
export const MessageType = { TEXT: 1, IMAGE: 2, VIDEO: 3, AUDIO: 4, FILE: 5, CUSTOM: 100 } as const;

/** The kinds that only the server writes; they have a seq but do not count as unread. */
export const NoticeType = {
  JOINED: 1001,
  INVITED: 1002,
  QUIT: 1003,
  KICKED: 1004,
  ROLE: 1005,
  OWNER: 1006,
  MUTE: 1007,
  GROUP_UPDATED: 1008,
  DISMISSED: 1009,
  PINNED: 1010,
  OWNER_FOLLOWED: 1013,
  APPROVED: 1012,
} as const;
export type NoticeType = (typeof NoticeType)[keyof typeof NoticeType];

/** Whether messages of this type count as unread. All except notices do. */
export function isCountable(messageType: number): boolean {
  return messageType < NoticeType.JOINED;
}

/** What the sender of a message said beside its content. */
export interface MessageMeta {
  /** The seq of the message that this one replies to; 0 if none. */
  reply_to: number;
  /** The members whom it mentions. */
  mentions: string[];
  /** It mentions everyone. */
  mention_all: boolean;
  /** Who wrote the message that this one forwards, and when; null if it forwards none. */
  forwarded: { sender_id: string; send_at: Millis } | null;
}

/** What became of a message after it was sent. Times are 0 and ids "" for what did not happen. */
export interface Amended {
  /** The conversation's change number at this message's last change. */
  rev: number;
  edited_at: Millis;
  recalled_at: Millis;
  recalled_by: string;
  /** Each reaction and how many users gave it, in the order in which they came first. */
  reactions: [emoji: string, count: number][];
  pinned_at: Millis;
  pinned_by: string;
}

/** A message; its identity is (conversation_id, seq). */
export interface Message {
  /** Rises with time; an integer up to 2^53. */
  server_msg_id: number;
  id: number;
  conversation_id: string;
  seq: number;
  client_msg_id: string;
  sender_id: string;
  recv_id: string;
  group_id: string;
  session_type: 1 | 2;
  msg_type: number;
  /** The newest content; `{}` after a recall. */
  content: Record<string, unknown>;
  send_at: Millis;
  /** null if there is nothing to say, and after a recall. */
  meta: MessageMeta | null;
  /** null while the message is as it was sent. */
  amended: Amended | null;
}

/** A conversation as one user sees it in the list. */
export interface Conversation {
  conversation_id: string;
  conversation_type: 1 | 2;
  peer_user_id: string;
  group_id: string;
  title: string;
  avatar: string;
  recv_msg_opt: number;
  is_pinned: boolean;
  /** Marked as unread by the user. */
  is_unread: boolean;
  /** Put aside: not in the totals. */
  is_archived: boolean;
  /** Until then it counts as a conversation without alerts; 0 for never. */
  snooze_until: Millis;
  unread_count: number;
  max_seq: number;
  /** The change number of messages, as far as the list knows; answers of the conversation itself are exact. */
  rev: number;
  /** Unread messages that mention the user, at most 100, and the seq of the first; 0 and 0 if there are none. */
  mention_count: number;
  mention_seq: number;
  /** How many users wait for the approval of the owner and admins; 0 for others. */
  application_count: number;
  read_seq: number;
  /** How far the peer of a single chat has read; 0 in a group. */
  peer_read_seq: number;
  min_seq: number;
  my_role: Role;
  my_status: MemberStatus;
  muted_until: Millis;
  /** null when none is visible; its text is cut at 256 characters. */
  last_message: Message | null;
  updated_at: Millis;
}

/** The title and the picture of a conversation in a list. */
export type Card = Readonly<Pick<Conversation, "title" | "avatar">>;

/** A conversation that left the list. */
export interface GoneConversation {
  conversation_id: string;
  gone: true;
}

export interface Pulled {
  messages: Message[];
  max_seq: number;
  /** The change number of messages when they were read. */
  rev: number;
  /** The caller's own reactions by seq. */
  mine: Record<string, string[]>;
  /** What the caller deleted for themselves. */
  deleted: number[];
  /** The messages that these reply to, if the request asked for them. */
  quoted?: Message[] | undefined;
}

/** What a search over all conversations found in one: at most 3 messages, newest first. */
export interface FoundIn extends Found {
  conversation_id: string;
}

/** A page of a search: messages, newest first, and the oldest seq that was looked at. */
export interface Found {
  messages: Message[];
  searched_to: number;
  /** The cursor of the next page; "" when all was searched. */
  next: string;
}

export interface ReadState {
  max_seq: number;
  rev: number;
  read_seq: number;
  unread_count: number;
}

/** A file that the server has stored. */
export interface Uploaded {
  media_id: string;
  /** Absolute; messages carry it. */
  url: string;
  size: number;
  mime: string;
  /** No new message may name the file after this. */
  expires_at: Millis;
}

/** A user who has read a message, and their read mark. */
export interface ReadBy {
  user_id: string;
  read_seq: number;
}

export interface Synced {
  conversations: (Conversation | GoneConversation)[];
  /** Where the next page begins; "" on the last. */
  next: string;
  /** The change number that the client has reached once it has read all pages. */
  cursor: number;
  has_more: boolean;
  /** The server's time when it answered; absent in answers of older servers. */
  server_time: number;
}
