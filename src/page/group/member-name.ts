import type { GroupMember } from "../../client/index.ts";

/** The name of a member in this group. */
export function nameOf({ group_nickname, nickname, user_id }: GroupMember): string {
  return group_nickname || nickname || user_id;
}
