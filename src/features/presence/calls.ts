import { declareCall } from "../../core/call.ts";
import type { Presence } from "../../protocol/account-model.ts";
import type { PresenceCall } from "./rules.ts";

// ---- Calls to a group's Conversation

/** Which of these users are members together with this user and may see each other's presence. [PRES-1] */
export const membersAmong = declareCall<
  { readonly user_id: string; readonly user_ids: readonly string[] },
  readonly string[]
>("presence.members_among");

/** Which of these users are or were members. A user may have seen their presence through this conversation. [PRES-3] */
export const everMembersAmong = declareCall<readonly string[], readonly string[]>("presence.ever_members_among");

// ---- Requests of a user to their Inbox

/** The presence of some users for the caller: offline unless they share a conversation. @throws TOO_MANY_REQUESTS */
export const askPresence = declareCall<{ readonly user_ids: readonly string[] }, readonly Presence[]>("presence.ask");

// ---- Calls of other Inboxes to an Inbox

/** The presence of its user for another user. */
export const presenceFor = declareCall<PresenceCall, Presence>("presence.seen_by");

/**
 * Tells a viewer's inbox that the presence of a watched user has changed, with the shared conversation or null.
 * Answers whether a socket still watches the user through that conversation.
 */
export const presenceChanged = declareCall<{ readonly item: Presence; readonly via: string | null }, boolean>(
  "presence.changed",
);
