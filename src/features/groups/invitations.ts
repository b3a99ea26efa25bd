import type { InboxContext } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { INVITED_FOR } from "../../core/member.ts";
import { MemberStatus } from "../../protocol/model.ts";

/** Takes invitations that were not answered in time off the list, and makes the alarm ring for the others. */
export function expireInvitations(
  { list, inbound, wakeAt }: Pick<InboxContext, "list" | "inbound" | "wakeAt">,
  entries: Iterable<ListEntry>,
): void {
  const now = Date.now();
  for (const { conversation_id: id, status, gone, updated_at } of [...entries]) {
    if (status !== MemberStatus.INVITED || gone) continue;
    if (updated_at + INVITED_FOR > now) wakeAt(updated_at + INVITED_FOR);
    else inbound.changed(id, list.leave(id), undefined);
  }
}
