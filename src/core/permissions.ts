import { Code } from "../protocol/codes.ts";
import { MemberStatus, type Millis, Role } from "../protocol/model.ts";
import { isActive, type Member, mutedUntil } from "./member.ts";

/**
 * What a user may try in a conversation. `read` covers all reads of what the user sees: pull, counts, the user's own
 * mark, the conversation's socket. `read_by` reads the marks of others.
 */
export type Operation =
  | "send"
  | "typing"
  | "read"
  | "read_by"
  | "members"
  | "join"
  | "quit"
  | "invite"
  | "kick"
  | "set_role"
  | "transfer"
  | "dismiss"
  | "mute"
  | "update"
  | "nickname";

/** A user's standing in a group. `muted`: a muted member or admin. `dismissed`: any member of a dismissed group. */
export type Standing = "owner" | "admin" | "member" | "muted" | "outsider" | "quit" | "kicked" | "dismissed";

const {
  OK,
  NO_PERMISSION,
  GROUP_DISMISSED,
  NOT_A_MEMBER,
  MEMBER_NOT_ACTIVE,
  ALREADY_A_MEMBER,
  NOT_OWNER,
  NOT_ADMIN,
  OWNER_STAYS,
  MUTED,
} = Code;

const ownersOnly = {
  owner: OK,
  admin: NOT_OWNER,
  member: NOT_OWNER,
  muted: NOT_OWNER,
  outsider: NOT_A_MEMBER,
  quit: NOT_A_MEMBER,
  kicked: NOT_A_MEMBER,
  dismissed: GROUP_DISMISSED,
} as const;

const adminsOnly = { ...ownersOnly, admin: OK, member: NOT_ADMIN, muted: NOT_ADMIN } as const;
const membersOnly = { ...adminsOnly, member: OK, muted: OK } as const;

/**
 * Who may do what in a group. This is the only place that defines it; docs/PROTOCOL.md shows it. [ROLE-1]
 * Rules that depend on the target (an admin may not kick an admin) are in operations.ts.
 */
export const PERMISSIONS: Readonly<Record<Operation, Readonly<Record<Standing, Code>>>> = {
  send: { ...membersOnly, muted: MUTED },
  typing: { ...membersOnly, outsider: NO_PERMISSION, quit: NO_PERMISSION, kicked: NO_PERMISSION },
  read: { ...membersOnly, outsider: NO_PERMISSION, quit: OK, kicked: OK, dismissed: OK },
  read_by: { ...membersOnly, outsider: NO_PERMISSION, quit: NO_PERMISSION, kicked: NO_PERMISSION, dismissed: OK },
  members: { ...membersOnly, dismissed: OK },
  join: {
    owner: ALREADY_A_MEMBER,
    admin: ALREADY_A_MEMBER,
    member: ALREADY_A_MEMBER,
    muted: ALREADY_A_MEMBER,
    outsider: OK,
    quit: OK,
    kicked: MEMBER_NOT_ACTIVE,
    dismissed: GROUP_DISMISSED,
  },
  quit: { ...membersOnly, owner: OWNER_STAYS, dismissed: OK },
  invite: membersOnly,
  kick: adminsOnly,
  set_role: ownersOnly,
  transfer: ownersOnly,
  dismiss: ownersOnly,
  mute: adminsOnly,
  update: adminsOnly,
  nickname: membersOnly,
};

/** The state of the conversation that a check needs. */
export interface Circumstances {
  readonly dismissed: boolean;
  readonly mutedUntil: Millis;
  readonly now: Millis;
}

/**
 * The code for an attempt; OK if it is allowed. Checks in the contract's order: membership, state,
 * right, mute. [ROLE-2]
 */
export function permit(operation: Operation, member: Member | undefined, group: Circumstances): Code {
  const row = PERMISSIONS[operation];
  const code = row[standingOf(member)];
  if (code === NOT_A_MEMBER || code === NO_PERMISSION) return code;
  if (group.dismissed && (isActive(member) || row.dismissed !== OK)) return row.dismissed;
  if (code !== OK) return code;
  const muted = member !== undefined && mutedUntil(member, group.mutedUntil) > group.now;
  return muted && row.muted === MUTED ? MUTED : OK;
}

function standingOf(member: Member | undefined): Standing {
  if (!member) return "outsider";
  if (isActive(member)) {
    if (member.role === Role.OWNER) return "owner";
    return member.role === Role.ADMIN ? "admin" : "member";
  }
  return member.status === MemberStatus.KICKED ? "kicked" : "quit";
}
