import { Code } from "../protocol/codes.ts";
import { type GroupRules, JoinMode, OPEN_RULES } from "../protocol/group-model.ts";
import { MemberStatus, type Millis, Role } from "../protocol/model.ts";
import { isActive, isInvited, type Member, mutedUntil } from "./member.ts";

/**
 * What a user may try in a conversation. `read` covers all reads of what the user sees: pull, counts, the user's own
 * mark, the conversation's socket. `read_by` reads the marks of others. `link`, `ban` and `answer_application` also stand
 * for reading what there is of these.
 */
export type Operation =
  | "send"
  | "mention_all"
  | "typing"
  | "read"
  | "read_by"
  | "members"
  | "join"
  | "join_by_link"
  | "quit"
  | "invite"
  | "answer_invite"
  | "kick"
  | "ban"
  | "unban"
  | "answer_application"
  | "link"
  | "set_role"
  | "transfer"
  | "dismiss"
  | "mute"
  | "update"
  | "nickname"
  | "edit"
  | "recall"
  | "react"
  | "pin";

/**
 * A user's standing in a group. `muted`: a muted member or admin. `invited`: has not answered an invitation yet.
 * `banned`: anyone who is not a member and may not become one. `dismissed`: any member of a dismissed group.
 */
export type Standing =
  | "owner"
  | "admin"
  | "member"
  | "muted"
  | "outsider"
  | "quit"
  | "kicked"
  | "invited"
  | "banned"
  | "dismissed";

const {
  OK,
  NO_PERMISSION,
  NOT_ACCEPTED,
  USER_NOT_FOUND,
  GROUP_DISMISSED,
  NOT_A_MEMBER,
  MEMBER_NOT_ACTIVE,
  ALREADY_A_MEMBER,
  NOT_OWNER,
  NOT_ADMIN,
  OWNER_STAYS,
  MUTED,
  WAITS,
  BANNED,
  NOT_ALLOWED,
} = Code;

const ownersOnly = {
  owner: OK,
  admin: NOT_OWNER,
  member: NOT_OWNER,
  muted: NOT_OWNER,
  outsider: NOT_A_MEMBER,
  quit: NOT_A_MEMBER,
  kicked: NOT_A_MEMBER,
  invited: NOT_A_MEMBER,
  banned: NOT_A_MEMBER,
  dismissed: GROUP_DISMISSED,
} as const;

const adminsOnly = { ...ownersOnly, admin: OK, member: NOT_ADMIN, muted: NOT_ADMIN } as const;
const membersOnly = { ...adminsOnly, member: OK, muted: OK } as const;
const strangersSeeNothing = {
  outsider: NO_PERMISSION,
  quit: NO_PERMISSION,
  kicked: NO_PERMISSION,
  invited: NO_PERMISSION,
  banned: NO_PERMISSION,
} as const;

const joining = {
  owner: ALREADY_A_MEMBER,
  admin: ALREADY_A_MEMBER,
  member: ALREADY_A_MEMBER,
  muted: ALREADY_A_MEMBER,
  outsider: OK,
  quit: OK,
  kicked: MEMBER_NOT_ACTIVE,
  invited: OK,
  banned: BANNED,
  dismissed: GROUP_DISMISSED,
} as const;

/**
 * Who may do what in a group. This is the only place that defines it; docs/PROTOCOL.md shows it. [ROLE-1]
 * Rules that depend on the target (an admin may not kick an admin) are in operations.ts; what a group's switches change
 * is in `SWITCHES` below.
 */
export const PERMISSIONS: Readonly<Record<Operation, Readonly<Record<Standing, Code>>>> = {
  send: { ...membersOnly, muted: MUTED },
  // Beside the right to send, which a muted admin lacks.
  mention_all: adminsOnly,
  typing: { ...membersOnly, ...strangersSeeNothing },
  // An invited user has an empty range, or what they saw as a member before.
  read: { ...membersOnly, outsider: NO_PERMISSION, quit: OK, kicked: OK, invited: OK, banned: OK, dismissed: OK },
  read_by: { ...membersOnly, ...strangersSeeNothing, dismissed: OK },
  members: { ...membersOnly, dismissed: OK },
  join: joining,
  join_by_link: joining,
  quit: { ...membersOnly, owner: OWNER_STAYS, dismissed: OK },
  invite: membersOnly,
  answer_invite: {
    ...membersOnly,
    owner: ALREADY_A_MEMBER,
    admin: ALREADY_A_MEMBER,
    member: ALREADY_A_MEMBER,
    muted: ALREADY_A_MEMBER,
    invited: OK,
    banned: BANNED,
  },
  kick: adminsOnly,
  ban: adminsOnly,
  unban: adminsOnly,
  answer_application: adminsOnly,
  link: adminsOnly,
  set_role: ownersOnly,
  transfer: ownersOnly,
  dismiss: ownersOnly,
  mute: adminsOnly,
  update: adminsOnly,
  nickname: membersOnly,
  edit: { ...membersOnly, muted: MUTED },
  recall: membersOnly,
  react: { ...membersOnly, muted: MUTED },
  pin: adminsOnly,
};

const forAdmins = ({ announcement_only }: GroupRules) => (announcement_only ? NOT_ALLOWED : OK);
const whereSeen = ({ members_may_see_members }: GroupRules) => (members_may_see_members ? OK : NOT_ALLOWED);

/** What a group's switches change for members below admin, instead of the code of the table. [SWITCH-1] */
const SWITCHES: Partial<Readonly<Record<Operation, (rules: GroupRules) => Code>>> = {
  send: forAdmins,
  // Or what was sent before could become something new.
  edit: forAdmins,
  mention_all: ({ members_may_mention_all }) => (members_may_mention_all ? OK : NOT_ADMIN),
  members: whereSeen,
  read_by: whereSeen,
  invite: ({ members_may_invite }) => (members_may_invite ? OK : NOT_ALLOWED),
  pin: ({ members_may_pin }) => (members_may_pin ? OK : NOT_ADMIN),
};

/** What `join` is to users who may join, in each mode. An invitation or a link is an answer already. [JOIN-1] */
const JOINING: Readonly<Record<JoinMode, Code>> = {
  [JoinMode.OPEN]: OK,
  [JoinMode.APPROVAL]: WAITS,
  [JoinMode.INVITATION]: NOT_ALLOWED,
};

/**
 * What a user may not do in a single chat whose peer refuses them, by a block or by the peer's privacy. Whoever is
 * refused is not told which of the two it was. Everything else in a single chat is as for a member of a group. [BLOCK-1]
 */
const REFUSED: Partial<Readonly<Record<Operation, Code>>> = {
  send: NOT_ACCEPTED,
  typing: NOT_ACCEPTED,
  edit: NOT_ACCEPTED,
  react: NOT_ACCEPTED,
};

/** What a user may not do in a single chat whose peer's account was erased: nobody would get it. [ERASE-4] */
const ALONE: Partial<Readonly<Record<Operation, Code>>> = { send: USER_NOT_FOUND };

/** The state of the conversation that a check needs. */
export interface Circumstances {
  /** Whether this is a single chat whose peer refuses this user. */
  readonly refused?: boolean;
  /** Whether this is a single chat whose peer no longer exists. */
  readonly alone?: boolean;
  /** The group's switches; absent in a single chat. */
  readonly rules?: GroupRules;
  /** Whether the user is banned. Only what brings users in asks for it. */
  readonly banned?: boolean;
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
  const standing = standingOf(member, group);
  const code = switched(operation, standing, group.rules ?? OPEN_RULES) ?? row[standing];
  if (code === NOT_A_MEMBER || code === NO_PERMISSION) return code;
  if (group.dismissed && (isActive(member) || row.dismissed !== OK)) return row.dismissed;
  if (code !== OK) return code;
  if (group.alone) return ALONE[operation] ?? OK;
  if (group.refused) return REFUSED[operation] ?? OK;
  const muted = member !== undefined && mutedUntil(member, group.mutedUntil) > group.now;
  return muted && row.muted === MUTED ? MUTED : OK;
}

/** What the switches say about an attempt; undefined if the table stands. */
function switched(operation: Operation, standing: Standing, rules: GroupRules): Code | undefined {
  if (standing === "member") return SWITCHES[operation]?.(rules);
  const mayJoin = operation === "join" && (standing === "outsider" || standing === "quit");
  return mayJoin ? JOINING[rules.join_mode] : undefined;
}

function standingOf(member: Member | undefined, { now, banned = false }: Circumstances): Standing {
  if (!isActive(member) && banned) return "banned";
  if (!member) return "outsider";
  if (isActive(member)) {
    if (member.role === Role.OWNER) return "owner";
    return member.role === Role.ADMIN ? "admin" : "member";
  }
  if (isInvited(member, now)) return "invited";
  return member.status === MemberStatus.KICKED ? "kicked" : "quit";
}
