import { MemberStatus, type Millis, Role } from "../protocol/model.ts";

/**
 * Whether a user refuses what another one sends to them, and why. UNKNOWN, the user takes messages only from those
 * whom they know, ends by itself when the user writes there.
 */
export const Refusal = { NONE: 0, BLOCKED: 1, UNKNOWN: 2, EVERYONE: 3 } as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** What a conversation keeps of each member, present or former. */
export interface Member {
  readonly user_id: string;
  readonly role: Role;
  readonly status: MemberStatus;
  /** First seq that this member sees. */
  readonly min_seq: number;
  /** Last seq that a former member sees; 0 while there is no end. */
  readonly end_seq: number;
  readonly read_seq: number;
  /** Countable messages of the conversation up to read_seq, so that unread is one subtraction. */
  readonly read_count: number;
  /** Seq of the notice that brought them in; 0 for first members. */
  readonly join_seq: number;
  readonly joined_at: Millis;
  readonly inviter_user_id: string;
  /** Kept when the member leaves and returns. [ROLE-3] */
  readonly muted_until: Millis;
  readonly group_nickname: string;
  /** The conversation's `ver` at the last change of this row that was not a send. */
  readonly ver: number;
  /** Bytes of content that this member has sent since joining, including notices. */
  readonly sent_bytes: number;
  /** In a single chat: whether this member refuses what the peer sends, and why. */
  readonly refuses: Refusal;
  /** The conversation's `rev` when a former member left. Later changes are not shown to them, except recalls. */
  readonly end_rev: number;
  /** The conversation's `rev` when this member last deleted messages for themselves; 0 if they never did. */
  readonly own_rev: number;
}

export function isActive(member: Member | undefined): member is Member & { status: typeof MemberStatus.NORMAL } {
  return member?.status === MemberStatus.NORMAL;
}

/** How long an invitation can be answered. */
export const INVITED_FOR = 30 * 86_400_000;

/** Whether a user has an invitation that can still be answered. For an invited user, joined_at is the invitation's. */
export function isInvited(member: Member | undefined, now: Millis): boolean {
  return member?.status === MemberStatus.INVITED && member.joined_at + INVITED_FOR > now;
}

/** The last seq that a member sees in a conversation whose newest is max. [VIS-1] */
export function visibleMax(member: Member, max: number): number {
  return member.end_seq > 0 ? Math.min(member.end_seq, max) : max;
}

/** The part of [begin, end] (end 0: up to the newest) that a member sees; empty if from > to. [VIS-1] */
export function visibleRange(member: Member, max: number, begin: number, end: number): { from: number; to: number } {
  const last = visibleMax(member, max);
  return { from: Math.max(begin, member.min_seq, 1), to: end > 0 ? Math.min(end, last) : last };
}

/**
 * The time until which a member may not send: the later of their own mute and the group's mute of everyone below
 * admin. 0 for former members, who may not send at all and do not see mutes. [VIS-5]
 */
export function mutedUntil(member: Member, groupMutedUntil: Millis): Millis {
  if (!isActive(member)) return 0;
  return member.role === Role.MEMBER ? Math.max(member.muted_until, groupMutedUntil) : member.muted_until;
}
