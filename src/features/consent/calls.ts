import { declareCall } from "../../core/call.ts";
import type { Reach } from "../../core/consent.ts";
import type { Refusal } from "../../core/member.ts";
import type { Millis } from "../../protocol/model.ts";

/** The given values of a user's privacy. */
export type ReachChange = { readonly [K in keyof Reach]?: Reach[K] | undefined };

// ---- A call of an Inbox to a single chat's Conversation

/**
 * Whether its user refuses what the peer sends. Answers false if the chat does not exist yet. A call with an earlier `at`
 * than another one changes nothing. [BLOCK-1]
 */
export const setRefusal = declareCall<
  { readonly user_id: string; readonly refusal: Refusal; readonly at?: Millis },
  boolean
>("consent.set_refusal");

// ---- Requests of a user to their Inbox

/** Blocks a user, who exists, or ends the block. Every path refuses them once this is answered. @throws TOO_MANY */
export const setBlock = declareCall<{ readonly user_id: string; readonly on: boolean }, void>("consent.set_block");

/** A page of the blocked users, newest first. @throws INVALID_PARAMETER for a cursor that was never given */
export const listBlocks = declareCall<
  { readonly cursor: string; readonly limit: number },
  { readonly blocks: readonly { user_id: string; blocked_at: Millis }[]; readonly next: string }
>("consent.list_blocks");

/** The user's privacy, after the change if there is one. @throws TOO_MANY_REQUESTS when it changes too often */
export const ownReach = declareCall<{ readonly change: ReachChange | null }, Reach>("consent.own_reach");
