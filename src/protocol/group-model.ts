import type { MemberStatus, Millis, Role } from "./model.ts";

export const GroupStatus = { NORMAL: 1, DISMISSED: 2 } as const;
export type GroupStatus = (typeof GroupStatus)[keyof typeof GroupStatus];

/** How users come into a group. OPEN: by themselves. APPROVAL: once an admin agrees. INVITATION: not by themselves. */
export const JoinMode = { OPEN: 1, APPROVAL: 2, INVITATION: 3 } as const;
export type JoinMode = (typeof JoinMode)[keyof typeof JoinMode];

/** The switches of a group: how users come in, and what members below admin may do. */
export interface GroupRules {
  join_mode: JoinMode;
  members_may_invite: boolean;
  members_may_mention_all: boolean;
  members_may_pin: boolean;
  /** Whether members see the list of members, and who has read a message. */
  members_may_see_members: boolean;
  /** Only the owner and admins send. */
  announcement_only: boolean;
  /** The seconds between two messages of a member; 0 for none. */
  slow_mode: number;
}

/** The switches of a group in which nobody has changed them. */
export const OPEN_RULES: Readonly<GroupRules> = {
  join_mode: JoinMode.OPEN,
  members_may_invite: true,
  members_may_mention_all: false,
  members_may_pin: false,
  members_may_see_members: true,
  announcement_only: false,
  slow_mode: 0,
};

export interface Group extends GroupRules {
  id: string;
  name: string;
  introduction: string;
  avatar: string;
  /** What the group shows above its messages; "" for nothing. */
  announcement: string;
  /** A text for the application's own use. */
  extra: string;
  status: GroupStatus;
  creator_user_id: string;
  owner_user_id: string;
  member_count: number;
  created_at: Millis;
  updated_at: Millis;
}

export interface GroupMember {
  group_id: string;
  user_id: string;
  nickname: string;
  avatar: string;
  group_nickname: string;
  role_level: Role;
  status: MemberStatus;
  joined_at: Millis;
  join_seq: number;
  inviter_user_id: string;
  /** The time until which this member may not send; 0 when not muted. */
  muted_until: Millis;
}

/** A user who waits for approval. */
export interface GroupApplication {
  group_id: string;
  user_id: string;
  nickname: string;
  avatar: string;
  /** A member whom the user named; "" if none. */
  inviter_user_id: string;
  applied_at: Millis;
}

/** An invite link. */
export interface GroupLink {
  group_id: string;
  code: string;
  creator_user_id: string;
  created_at: Millis;
  /** 0 if it has no end. */
  expires_at: Millis;
  /** 0 for any number. */
  max_uses: number;
  uses: number;
}

/** What the holder of an invite link sees of its group. */
export interface GroupCard {
  group_id: string;
  name: string;
  introduction: string;
  avatar: string;
  member_count: number;
}

/** A user who may not come into a group. */
export interface GroupBan {
  group_id: string;
  user_id: string;
  nickname: string;
  avatar: string;
  banned_by: string;
  banned_at: Millis;
  /** 0 if it has no end. */
  banned_until: Millis;
}
