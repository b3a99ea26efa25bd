import { declareCall, type Operation } from "../../core/call.ts";
import type { Member } from "../../core/member.ts";
import type { UserResult } from "../../core/plan.ts";
import type { GroupRow } from "../../directory/groups.ts";
import type { GroupRules, GroupStatus } from "../../protocol/group-model.ts";
import type { Card } from "../../protocol/model.ts";
import type { Application, Ban, Link, Texts } from "./book-store.ts";
import type { GroupOperation } from "./operation.ts";

// ---- Calls to a Conversation

/** Creates a group of its owner and first members. A repeat by the same owner changes nothing. @throws GROUP_FULL */
export const foundGroup = declareCall<
  {
    readonly owner_id: string;
    readonly member_ids: readonly string[];
    /** Users who are asked first. */
    readonly invited_ids?: readonly string[];
    readonly card?: Card | undefined;
  },
  void
>("groups.found");

/** What the Conversation knows about its group. */
export interface GroupFacts {
  readonly status: GroupStatus;
  readonly owner_user_id: string;
  readonly member_count: number;
  /** Absent in an answer of an older release. */
  readonly rules?: Readonly<GroupRules>;
  readonly texts?: Texts;
}

/**
 * What there is of a group for a user: its announcement is for active members. null is the operator, who sees all.
 * @throws NexoError GROUP_NOT_FOUND
 */
export const groupFacts = declareCall<{ readonly user_id: string } | null, GroupFacts>("groups.facts");

/** A page of the active members. @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, INVALID_PARAMETER */
export const listMembers = declareCall<
  { readonly user_id: string; readonly after: string; readonly limit: number },
  { readonly members: readonly Member[]; readonly next: string }
>("groups.members");

/** A page of a list, and the cursor of the next one; "" on the last page. */
interface Paged<T> {
  readonly items: readonly T[];
  readonly next: string;
}
interface PageAsked {
  readonly user_id: string;
  readonly cursor: string;
  readonly limit: number;
}

/** The users who wait for approval. @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, NOT_ADMIN, INVALID_PARAMETER */
export const listApplications = declareCall<PageAsked, Paged<Application>>("groups.applications");

/** The users who are banned. @throws NexoError as `listApplications` */
export const listBans = declareCall<PageAsked, Paged<Ban>>("groups.bans");

/** The live invite links. @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, NOT_ADMIN */
export const listLinks = declareCall<{ readonly user_id: string }, readonly Link[]>("groups.links");

/** What an invite link shows of its group, beside its names. @throws NexoError LINK_INVALID */
export const cardOfLink = declareCall<{ readonly code: string }, { readonly member_count: number }>("groups.link_card");

/** All operations of members on a group. */
export const groupOperation: Operation<GroupOperation> = declareCall("groups.operate");

/** A user whose account is erased waits for approval no longer. Nothing happens if they do not. [ERASE-2] */
export const withdrawApplication: Operation<null> = declareCall("groups.withdraw_application");

// ---- Requests of a user to their Inbox

/** Creates a group with the user as its owner. @throws TOO_MANY_REQUESTS, GROUP_FULL */
export const createGroup = declareCall<{ readonly group: GroupRow; readonly member_ids: readonly string[] }, void>(
  "groups.create",
);

// ---- Calls of the server API to the Inbox of a group's owner

/** As `createGroup`, without the owner's limits. @throws GROUP_FULL, NO_PERMISSION if somebody else created it */
export const createGroupFree = declareCall<{ readonly group: GroupRow; readonly member_ids: readonly string[] }, void>(
  "groups.create_free",
);

/** As `changeGroup`, without the owner's limits. */
export const changeGroupFree = declareCall<
  { readonly conversation_id: string; readonly operation: GroupOperation },
  readonly UserResult[]
>("groups.change_free");

// ---- Requests of a user to their Inbox

/** Runs an operation. The user's list shows the result once this is answered. */
export const changeGroup = declareCall<
  { readonly conversation_id: string; readonly operation: GroupOperation },
  readonly UserResult[]
>("groups.change");
