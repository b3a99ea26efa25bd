import type { Conversation, Group } from "../../client/index.ts";

export type Blocked = "quit" | "kicked" | "dismissed" | null;

/** The reason why the user can no longer write here. */
export function whyNot(conversation: Conversation | undefined, group: Group | null): Blocked {
  if (conversation?.my_status === 2) return "quit";
  if (conversation?.my_status === 3) return "kicked";
  return group?.status === 2 ? "dismissed" : null;
}
