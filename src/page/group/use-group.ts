import { useCallback, useEffect, useState } from "preact/hooks";
import { type Conversation, type Group, NoticeType } from "../../client/index.ts";
import { useClient } from "../context.ts";

/** What is public of a group; asked for again after each notice, since every change makes one. */
export function useGroup(
  groupId: string,
  conversation: Conversation | undefined,
): { group: Group | null; reload: () => Promise<void> } {
  const client = useClient();
  const [group, setGroup] = useState<Group | null>(null);
  const last = conversation?.last_message;
  const [notice, setNotice] = useState(0);
  if (last && last.msg_type >= NoticeType.JOINED && last.seq > notice) setNotice(last.seq);
  const reload = useCallback(async () => {
    if (groupId === "") return;
    const known = await client.api.group.info(groupId).catch(() => null);
    if (known) setGroup(known);
  }, [client, groupId]);
  // A notice says that something changed.
  useEffect(() => void reload(), [reload, notice]);
  return { group, reload };
}
