import type { Code } from "../protocol/codes.ts";
import type { GroupRules, GroupStatus } from "../protocol/group-model.ts";
import { MemberStatus, type Millis, type NoticeType, Role } from "../protocol/model.ts";
import { type Member, Refusal } from "./member.ts";

/** A group's state before an operation. */
export interface GroupView {
  readonly status: GroupStatus;
  readonly muted_until: Millis;
  readonly max_seq: number;
  /** Countable messages up to max_seq. */
  readonly countable: number;
  readonly ver: number;
  readonly rev: number;
  readonly max_members: number;
  readonly active: number;
  readonly rules: Readonly<GroupRules>;
  /** The row of a present or former member. */
  member(userId: string): Member | undefined;
  /** The owner and admins; of very many, some. */
  leaders(): readonly Member[];
}

export interface UserResult {
  readonly user_id: string;
  readonly code: Code;
}

/** The effects of an operation: the rows to write, the notice (if any), and the results to answer. */
export interface Plan {
  readonly members: readonly Member[];
  readonly notice: { readonly type: NoticeType; readonly content: Readonly<Record<string, unknown>> } | null;
  readonly status?: GroupStatus;
  readonly muted_until?: Millis;
  readonly rules?: Partial<GroupRules>;
  /** Writes what a feature keeps, in the same transaction. */
  readonly write?: () => void;
  readonly results: readonly UserResult[];
}

/** A range of nothing: an end of 0 would be no end. */
const NOTHING_SEEN = { min_seq: 2, end_seq: 1, read_seq: 1, read_count: 1 };

/** The row of a user who is asked to join. A former member keeps what they saw. */
export function invitedMember(
  userId: string,
  group: Pick<GroupView, "ver">,
  inviter: string,
  now: Millis,
  before?: Member,
): Member {
  const fresh = newMember(userId, { countable: 0, ver: group.ver }, { from: 1, join_seq: 0, joined_at: now, inviter });
  const seen = before ?? { ...fresh, ...NOTHING_SEEN };
  return { ...seen, status: MemberStatus.INVITED, joined_at: now, inviter_user_id: inviter, ver: group.ver + 1 };
}

/** The row of a member who leaves. @param end the last seq that they see: their notice, unless there is none */
export function formerMember(
  member: Member,
  status: MemberStatus,
  group: Pick<GroupView, "max_seq" | "ver" | "rev">,
  end = group.max_seq + 1,
): Member {
  return { ...member, status, end_seq: end, end_rev: group.rev, role: Role.MEMBER, ver: group.ver + 1 };
}

/** The row of a joining member. from and join_seq are the seq of the join notice, or 1 and 0 for first members. */
export function newMember(
  userId: string,
  group: Pick<GroupView, "countable" | "ver">,
  entry: { from: number; join_seq: number; joined_at: Millis; inviter?: string; role?: Role },
): Member {
  return {
    user_id: userId,
    role: entry.role ?? Role.MEMBER,
    status: MemberStatus.NORMAL,
    min_seq: entry.from,
    end_seq: 0,
    read_seq: entry.from - 1,
    read_count: group.countable,
    join_seq: entry.join_seq,
    joined_at: entry.joined_at,
    inviter_user_id: entry.inviter ?? "",
    muted_until: 0,
    group_nickname: "",
    ver: group.ver + 1,
    sent_bytes: 0,
    refuses: Refusal.NONE,
    end_rev: 0,
    own_rev: 0,
  };
}
