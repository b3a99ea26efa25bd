import { declareCall } from "../../core/call.ts";
import type { Card } from "../../protocol/model.ts";

/** What the user is about to change in their profile. */
export interface ProfileChange {
  /** Whether to look offline to everyone from now on. */
  readonly hidden?: boolean | undefined;
  /** Whether their name or picture is about to change in D1. */
  readonly is_renaming: boolean;
}

/** A request of a user to their Inbox: whether they look offline to everyone, after the change if there is one. */
export const ownProfile = declareCall<{ readonly change: ProfileChange | null }, { readonly hidden: boolean }>(
  "profiles.own",
);

/** A call of another Inbox: the peer of a single chat has a new name or picture. [LIST-3] */
export const peerRenamed = declareCall<{ readonly peer_id: string; readonly card: Card }, void>(
  "profiles.peer_renamed",
);
