import { useCallback, useEffect, useState } from "preact/hooks";
import { type Conversation, type GroupMember, MemberStatus } from "../../client/index.ts";
import { useClient, useSignedIn } from "../context.ts";

/** A group's members; asked for again whenever the group says something. Null for who is not one of them. */
export function useMembers(conversation: Conversation): {
  members: readonly GroupMember[] | null;
  reload: () => Promise<void>;
} {
  const client = useClient();
  const { users } = useSignedIn();
  const [members, setMembers] = useState<readonly GroupMember[] | null>(null);
  const { group_id, my_status, max_seq } = conversation;
  const reload = useCallback(async () => {
    if (my_status !== MemberStatus.NORMAL) return setMembers(null);
    const page = await client.api.group.members({ group_id }).catch(() => null);
    if (!page) return;
    setMembers(page.items);
    users.want(page.items.map(({ user_id }) => user_id));
  }, [client, users, group_id, my_status]);
  // Whatever is new may be a notice.
  useEffect(() => void reload(), [reload, max_seq]);
  return { members, reload };
}
