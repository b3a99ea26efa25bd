import { declareCall } from "../../core/call.ts";
import type { Card } from "../../protocol/model.ts";

/** What the user is about to change of their profile. */
export interface ProfileChange {
  /** Whether to look offline to everyone from now on. */
  readonly hidden?: boolean | undefined;
  /** Whether their name or picture is about to change in D1. */
  readonly is_renaming: boolean;
}

/** What an Inbox answers its user: whether they look offline to everyone, after a change if there is one. */
export const ownProfile = declareCall<{ readonly change: ProfileChange | null }, { readonly hidden: boolean }>(
  "profiles.own",
);

/** What an Inbox is told by another: the peer of a single chat has another name or picture. [LIST-3] */
export const peerRenamed = declareCall<{ readonly peer_id: string; readonly card: Card }, void>(
  "profiles.peer_renamed",
);
