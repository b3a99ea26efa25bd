/** The types of what the server sends. Every field is always present. */

/** Times are Unix milliseconds. */
export type Millis = number;

export const Platform = {
  IOS: 1,
  ANDROID: 2,
  WINDOWS: 3,
  MACOS: 4,
  WEB: 5,
  MINI_WEB: 6,
  LINUX: 7,
  ANDROID_PAD: 8,
  IPAD: 9,
  ADMIN: 10,
} as const;
export const PLATFORM_NAMES: Readonly<Record<number, string>> = {
  1: "iOS",
  2: "Android",
  3: "Windows",
  4: "macOS",
  5: "Web",
  6: "MiniWeb",
  7: "Linux",
  8: "AndroidPad",
  9: "iPad",
  10: "Admin",
};

/** The sender of announcements. Nobody can sign in as it. */
export const SYSTEM_USER = "system";
/** Ids that no account can have. */
export const RESERVED_USERS: ReadonlySet<string> = new Set([SYSTEM_USER]);

export const SessionType = { SINGLE: 1, GROUP: 2 } as const;
export const Role = { MEMBER: 1, ADMIN: 2, OWNER: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];
/**
 * INVITED: has not answered an invitation yet, and sees nothing of the group but its card. BANNED: was removed by a ban,
 * which may have ended since.
 */
export const MemberStatus = { NORMAL: 1, QUIT: 2, KICKED: 3, INVITED: 4, BANNED: 5 } as const;
export type MemberStatus = (typeof MemberStatus)[keyof typeof MemberStatus];
export const GroupStatus = { NORMAL: 1, DISMISSED: 2 } as const;
export type GroupStatus = (typeof GroupStatus)[keyof typeof GroupStatus];
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

/**
 * What an erasure leaves of the messages of a user: nothing (`messages`: they are recalled), or their contents without a
 * name (`anonymous`).
 */
export type ErasureMode = "messages" | "anonymous";

export interface User {
  user_id: string;
  /** The same as user_id. The original's SDK reads it. */
  id: string;
  nickname: string;
  avatar: string;
  extra: string;
  created_at: Millis;
}

/** The caller's own account. */
export interface Me extends User {
  /** Looks offline to everyone. */
  hidden: boolean;
}

export interface GroupMember {
  group_id: string;
  user_id: string;
  nickname: string;
  avatar: string;
  group_nickname: string;
  role_level: Role;
  status: MemberStatus;
  joined_at: Millis;
  join_seq: number;
  inviter_user_id: string;
  /** The time until which this member may not send; 0 when not muted. */
  muted_until: Millis;
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

/** Whether a user is online, and with which sockets. */
export interface Presence {
  user_id: string;
  /** 1 online, 0 offline or not shown. */
  status: 0 | 1;
  detail_platform_status: { platform_id: number; platform_name: string; conn_id: string }[];
}

/** A login of the caller. */
export interface Session {
  platform_id: number;
  platform_name: string;
  /** 0 if it was not recorded. */
  made_at: Millis;
  /** When it was last used, exact to the day; now while it has an open socket. */
  seen_at: Millis;
  /** ISO 3166-1 alpha-2 of the address that it began from; "" if unknown. */
  country: string;
  is_current: boolean;
}

/** A user whom the caller has blocked, and since when. */
export interface Block {
  user_id: string;
  blocked_at: Millis;
}

/** Who may reach, find and see a user. Known are those to whom the user has written, or with whom they began a chat. */
export interface Privacy {
  /** Who may write to the user in single chats. */
  messages_from: "all" | "known" | "nobody";
  /** Who may add the user to groups; under `ask`, the user answers each invitation. */
  invites_from: "all" | "known" | "ask" | "nobody";
  /** Whether a search finds the user. */
  findable: boolean;
  /** Who sees whether the user is online. */
  last_seen: "all" | "known" | "nobody";
}

/** What the user can see and what is kept of them, as a file with a line of JSON for each thing. */
export interface Export {
  export_id: string;
  requested_at: Millis;
  /** When it is deleted; then another one can be made. */
  expires_at: Millis;
  is_ready: boolean;
  /** Bytes so far. */
  size: number;
  /** Where another export can go on, if this one is ready and its bound of bytes left something out; or else "". */
  next: string;
  /** Where to download it; "" until it is ready. */
  url: string;
  /** The url works for an hour; ask again for another one. */
  url_expires_at: Millis;
}

/** Small data of a user that changed; a value of "" was deleted. */
export interface OwnDataChange {
  items: { key: string; value: string; rev: number }[];
  since_rev: number;
  rev: number;
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
