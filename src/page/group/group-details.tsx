import { useState } from "preact/hooks";
import { type Conversation, type Group, GroupStatus, MemberStatus, Role } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { closeChat, linkTo } from "../route.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { Admission } from "./admission.tsx";
import { EditForm } from "./edit-form.tsx";
import { InviteForm } from "./invite-form.tsx";
import { Members } from "./members.tsx";
import { NicknameForm } from "./nickname-form.tsx";
import { Switches } from "./switches.tsx";
import type { GroupState } from "./use-group.ts";

interface GroupDetailsProps {
  readonly conversation: Conversation;
  readonly state: GroupState;
  readonly onClose: () => void;
}

type Asking = "leave" | "clear" | "dismiss" | null;
const HOUR = 3_600;

/** What the user may do in a group. */
function standingIn({ my_status, my_role }: Conversation, group: Group | null) {
  const isMember = my_status === MemberStatus.NORMAL;
  const isAlive = isMember && group?.status === GroupStatus.NORMAL;
  const isLeading = isAlive && my_role >= Role.ADMIN;
  return {
    isAlive,
    isDismissed: isMember && group?.status === GroupStatus.DISMISSED,
    isOwner: isAlive && my_role === Role.OWNER,
    isLeading,
    mayInvite: isLeading || (isAlive && group.members_may_invite),
  };
}

/** What the owner and admins change. */
function Leading({ group, conversation, onSaved }: { group: Group; onSaved: () => Promise<void> } & Of) {
  return (
    <>
      <EditForm group={group} onSaved={onSaved} />
      <Switches group={group} onSaved={onSaved} />
      <Admission conversation={conversation} />
    </>
  );
}

type Of = Pick<GroupDetailsProps, "conversation">;

function Texts({ group: { announcement, introduction } }: { readonly group: Group }) {
  const t = useWords();
  return (
    <>
      {announcement && (
        <section>
          <h3>{t.groups.announcement}</h3>
          <p class="introduction" dir="auto">
            {announcement}
          </p>
        </section>
      )}
      {introduction && (
        <p class="introduction" dir="auto">
          {introduction}
        </p>
      )}
    </>
  );
}

/** The members of a group, and the actions that the user's role allows. */
export function GroupDetails({ conversation, state, onClose }: GroupDetailsProps) {
  const t = useWords();
  const client = useClient();
  const { group_id } = conversation;
  const { group, members, reload } = state;
  const { run, isBusy, error } = useAction();
  const [asking, ask] = useState<Asking>(null);
  const { isAlive, isDismissed, isOwner, isLeading, mayInvite } = standingIn(conversation, group);
  const me = members?.find(({ user_id }) => user_id === client.userId);
  const act = (work: () => Promise<unknown>) =>
    void run(async () => {
      await work();
      await reload();
    });
  return (
    <>
      {group && <Texts group={group} />}
      {isLeading && group && <Leading group={group} conversation={conversation} onSaved={reload} />}
      {isAlive && me && <NicknameForm member={me} onSaved={reload} />}
      {mayInvite && <InviteForm groupId={group_id} members={members ?? []} onInvited={reload} />}
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
