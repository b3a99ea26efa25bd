/** Accounts: how users appear to others, and what belongs to them alone: logins, privacy, exports, small data. */

import type { Millis } from "./model.ts";

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

/**
 * What an erasure leaves of the messages of a user: nothing (`messages`: they are recalled), or their contents without a
 * name (`anonymous`).
 */
export type ErasureMode = "messages" | "anonymous";
