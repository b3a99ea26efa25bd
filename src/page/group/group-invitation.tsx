import { useEffect, useState } from "preact/hooks";
import { type Group, GroupStatus, groupConversationId } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { closeChat } from "../route.ts";
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
  const why = isInvited ? t.safety.invitedYou : t.notInGroup;
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
        {!isInvited && group?.status === GroupStatus.NORMAL && (
          <button
            type="button"
            class="button primary wide"
            disabled={isBusy}
            onClick={() => void run(() => client.api.group.join({ group_id: groupId }))}
          >
            {t.join}
          </button>
        )}
      </div>
    </main>
  );
}
