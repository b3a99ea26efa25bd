import { type Conversation, type Group, Role } from "../../client/index.ts";

export type Blocked = "quit" | "kicked" | "dismissed" | "adminsWrite" | null;

/** The reason why the user can no longer write here. */
export function whyNot(conversation: Conversation | undefined, group: Group | null): Blocked {
  if (conversation?.my_status === 2) return "quit";
  if (conversation?.my_status === 3 || conversation?.my_status === 5) return "kicked";
  if (group?.status === 2) return "dismissed";
  return group?.announcement_only && conversation?.my_role === 1 ? "adminsWrite" : null;
}

/** What the user may do here while they may write. */
export function rightsIn(conversation: Conversation | undefined, group: Group | null) {
  const isSingle = conversation?.conversation_type === 1;
  const isAdmin = !isSingle && (conversation?.my_role ?? Role.MEMBER) >= Role.ADMIN;
  return {
    pin: isSingle || isAdmin || group?.members_may_pin === true,
    mentionAll: isAdmin || (!isSingle && group?.members_may_mention_all === true),
  };
}
