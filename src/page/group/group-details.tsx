import { useState } from "preact/hooks";
import { type Conversation, GroupStatus, MemberStatus, Role } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { closeChat, linkTo } from "../route.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { EditForm } from "./edit-form.tsx";
import { InviteForm } from "./invite-form.tsx";
import { Members } from "./members.tsx";
import { NicknameForm } from "./nickname-form.tsx";
import type { GroupState } from "./use-group.ts";

interface GroupDetailsProps {
  readonly conversation: Conversation;
  readonly state: GroupState;
  readonly onClose: () => void;
}

type Asking = "leave" | "clear" | "dismiss" | null;
const HOUR = 3_600;

/** The members of a group, and the actions that the user's role allows. */
export function GroupDetails({ conversation, state, onClose }: GroupDetailsProps) {
  const t = useWords();
  const client = useClient();
  const { group_id, my_role, my_status } = conversation;
  const { group, members, reload } = state;
  const { run, isBusy, error } = useAction();
  const [asking, ask] = useState<Asking>(null);
  const isAlive = my_status === MemberStatus.NORMAL && group?.status === GroupStatus.NORMAL;
  const me = members?.find(({ user_id }) => user_id === client.userId);
  const isDismissed = my_status === MemberStatus.NORMAL && group?.status === GroupStatus.DISMISSED;
  const isOwner = isAlive && my_role === Role.OWNER;
  const isLeading = isAlive && my_role >= Role.ADMIN;
  const act = (work: () => Promise<unknown>) =>
    void run(async () => {
      await work();
      await reload();
    });
  return (
    <>
      {group?.introduction && (
        <p class="introduction" dir="auto">
          {group.introduction}
        </p>
      )}
      {isLeading && group && <EditForm group={group} onSaved={reload} />}
      {isAlive && me && <NicknameForm member={me} onSaved={reload} />}
      {isAlive && members && <InviteForm groupId={group_id} members={members} onInvited={reload} />}
      <CopyButton
        label={t.copyLink}
        text={location.origin + location.pathname + linkTo(conversation.conversation_id)}
      />
      {members && (
        <Members members={members} conversation={conversation} canAct={isLeading} isBusy={isBusy} act={act} />
      )}
      <ErrorText error={error} />
      {isLeading && (
        <div class="buttons stacked">
          <button
            type="button"
            class="button"
            onClick={() => act(() => client.api.group.mute({ group_id, seconds: HOUR }))}
          >
            {t.muteAll}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => act(() => client.api.group.mute({ group_id, seconds: 0 }))}
          >
            {t.unmuteAll}
          </button>
        </div>
      )}
      {(isAlive || isDismissed) && (
        <button
          type="button"
          class="button danger-text wide"
          onClick={() => ask(isOwner ? "dismiss" : isDismissed ? "clear" : "leave")}
        >
          {isOwner ? t.dismiss : t.leave}
        </button>
      )}
      {asking && (
        <Confirm
          question={{ leave: t.leaveConfirm, clear: t.clearConfirm, dismiss: t.dismissConfirm }[asking]}
          action={asking === "dismiss" ? t.dismiss : t.leave}
          onClose={() => ask(null)}
          onConfirm={() =>
            void run(async () => {
              await (asking === "dismiss" ? client.api.group.dismiss(group_id) : client.api.group.quit(group_id));
              onClose();
              // A dismissed group disappears from the list.
              if (asking === "clear") closeChat();
            })
          }
        />
      )}
    </>
  );
}
