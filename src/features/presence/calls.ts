import { declareCall } from "../../core/call.ts";
import type { Presence } from "../../protocol/model.ts";
import type { PresenceCall } from "./rules.ts";

// ---- What a group's Conversation answers

/** Which of these are members together with this user: those who may see each other's presence. [PRES-1] */
export const membersAmong = declareCall<
  { readonly user_id: string; readonly user_ids: readonly string[] },
  readonly string[]
>("presence.members_among");

/** Which of these are or were members: whose presence a user may have seen by this conversation. [PRES-3] */
export const everMembersAmong = declareCall<readonly string[], readonly string[]>("presence.ever_members_among");

// ---- What an Inbox answers its user

/** How some users look to the caller: offline, unless a conversation is shared. @throws TOO_MANY_REQUESTS */
export const askPresence = declareCall<{ readonly user_ids: readonly string[] }, readonly Presence[]>("presence.ask");

// ---- What an Inbox answers others

/** How its user looks to another. */
export const presenceFor = declareCall<PresenceCall, Presence>("presence.seen_by");

/**
 * Told to a viewer's inbox: a watched user looks otherwise, by a conversation or none.
 * Answers whether a socket still watches them by it.
 */
export const presenceChanged = declareCall<{ readonly item: Presence; readonly via: string | null }, boolean>(
  "presence.changed",
);
