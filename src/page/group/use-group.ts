import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Conversation, type Group, type GroupMember, MemberStatus } from "../../client/index.ts";
import { isNotice } from "../chat/rows.ts";
import { useClient } from "../context.ts";
import { partiesOf } from "../ids.ts";
import { useView } from "../store.ts";

export interface GroupState {
  /** The public information of the group; null before it is known, and in a single chat. */
  readonly group: Group | null;
  /** Also null for a user who is not a member. */
  readonly members: readonly GroupMember[] | null;
  readonly reload: () => Promise<void>;
}

/** The group of an open conversation; requested again after each notice, since almost every change creates one. */
export function useGroup(conversationId: string, conversation: Conversation | undefined): GroupState {
  const client = useClient();
  const { groupId } = partiesOf(conversationId, client.userId);
  const { messages } = useView(client.messages(conversationId));
  const notice = messages.findLast(isNotice)?.seq ?? 0;
  const isMember = conversation?.my_status === MemberStatus.NORMAL;
  const [known, setKnown] = useState<Pick<GroupState, "group" | "members">>({ group: null, members: null });
  const asked = useRef(0);
  const reload = useCallback(async () => {
    if (groupId === "") return;
    const turn = ++asked.current;
    const [group, page] = await Promise.all([
      client.api.group.info(groupId).catch(() => null),
      isMember ? client.api.group.members({ group_id: groupId }).catch(() => null) : null,
    ]);
    // An answer overtaken by a later one is out of date.
    if (turn !== asked.current) return;
    setKnown((before) => ({
      group: group ?? before.group,
      members: isMember ? (page?.items ?? before.members) : null,
    }));
  }, [client, groupId, isMember]);
  useEffect(() => void reload(), [reload, notice]);
  return { ...known, reload };
}

/** The nicknames that members have chosen in this group. */
export function nicknamesIn(members: readonly GroupMember[] | null): ReadonlyMap<string, string> {
  const named = members?.filter(({ group_nickname }) => group_nickname !== "") ?? [];
  return new Map(named.map(({ user_id, group_nickname }) => [user_id, group_nickname]));
}
