import { useEffect, useState } from "preact/hooks";
import { Code, type Group, GroupStatus, groupConversationId, JoinMode, NexoClientError } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { closeChat, useJoinCode } from "../route.ts";
import { InvitationAnswer } from "../safety/invitation-answer.tsx";
import { Portrait } from "../ui/avatar.tsx";
import { ErrorText } from "../ui/field.tsx";
import { IconButton } from "../ui/icon-button.tsx";

/** Shown to users who open a link to a group they are not in: describes the group and lets them join. */
export function GroupInvitation({ groupId, isInvited }: { readonly groupId: string; readonly isInvited: boolean }) {
  const t = useWords();
  const client = useClient();
  const [group, setGroup] = useState<Group | null>(null);
  const { run, isBusy, error } = useAction();
  useEffect(() => void run(async () => setGroup(await client.api.group.info(groupId))), [client, groupId]);
  const [isAsked, setAsked] = useState(false);
  const code = useJoinCode();
  const mode = code === undefined ? group?.join_mode : JoinMode.OPEN;
  const isClosed = !isInvited && mode === JoinMode.INVITATION;
  const why = isInvited ? t.safety.invitedYou : isClosed ? t.groups.invitedOnly : t.notInGroup;
  async function join(): Promise<void> {
    try {
      await client.api.group.join(code === undefined ? { group_id: groupId } : { code });
    } catch (thrown) {
      if (!(thrown instanceof NexoClientError) || thrown.code !== Code.WAITS) throw thrown;
      setAsked(true);
    }
  }
  return (
    <main class="chat" aria-label={group?.name ?? groupId}>
      <header class="pane-header">
        <IconButton icon="back" label={t.back} class="back" onClick={closeChat} />
        <h1 dir="auto">{group?.name ?? groupId}</h1>
      </header>
      <div class="invitation">
        {group && (
          <div class="profile">
            <Portrait id={groupConversationId(groupId)} name={group.name} url={group.avatar} size="large" />
            <strong dir="auto">{group.name}</strong>
            <span class="muted-text">{t.members(group.member_count)}</span>
            {group.introduction && (
              <p class="introduction" dir="auto">
                {group.introduction}
              </p>
            )}
            <p class="muted-text">{group.status === GroupStatus.NORMAL ? why : t.errors[3002]}</p>
          </div>
        )}
        {!group && !error && <p class="empty">{t.loading}</p>}
        <ErrorText error={error} />
        {isInvited && <InvitationAnswer groupId={groupId} />}
        {isAsked && <p role="status">{t.groups.asked}</p>}
        {!isInvited && !isClosed && !isAsked && group?.status === GroupStatus.NORMAL && (
          <button type="button" class="button primary wide" disabled={isBusy} onClick={() => void run(join)}>
            {mode === JoinMode.APPROVAL ? t.groups.ask : t.join}
          </button>
        )}
      </div>
    </main>
  );
}
