import { Code } from "../protocol/codes.ts";
import { MemberStatus, type Millis, Role } from "../protocol/model.ts";
import { isActive, type Member, mutedUntil } from "./member.ts";

/**
 * What someone may try in a conversation. `read` is every look at what one sees of it: pull, counts, one's own mark, its
 * socket; `read_by` is a look at the others' marks.
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

/** Who someone is to a group; `muted` is a member or admin while muted, `dismissed` any member once it is. */
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
 * Who may do what in a group. This is the only place that says so; docs/PROTOCOL.md shows it. [ROLE-1]
 * What a target adds (an admin does not kick an admin) is in operations.ts.
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

/** What a check needs to know of the conversation. */
export interface Circumstances {
  readonly dismissed: boolean;
  readonly mutedUntil: Millis;
  readonly now: Millis;
}

/**
 * The code that an attempt meets, OK where it may go on; in the contract's order: membership, state,
 * right, mute. [ROLE-2]
 */
export function permit(operation: Operation, member: Member | undefined, room: Circumstances): Code {
  const row = PERMISSIONS[operation];
  const code = row[standingOf(member)];
  if (code === NOT_A_MEMBER || code === NO_PERMISSION) return code;
  if (room.dismissed && (isActive(member) || row.dismissed !== OK)) return row.dismissed;
  if (code !== OK) return code;
  const muted = member !== undefined && mutedUntil(member, room.mutedUntil) > room.now;
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
