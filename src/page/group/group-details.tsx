import { useState } from "preact/hooks";
import { type Conversation, GroupStatus, MemberStatus, Role } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
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

type Asking = "leave" | "dismiss" | null;
const HOUR = 3_600;

/** A group's members, and what one may do there by one's role. */
export function GroupDetails({ conversation, state, onClose }: GroupDetailsProps) {
  const t = useWords();
  const client = useClient();
  const { group_id, my_role, my_status } = conversation;
  const { group, members, reload } = state;
  const { run, isBusy, error } = useAction();
  const [asking, ask] = useState<Asking>(null);
  const isAlive = my_status === MemberStatus.NORMAL && group?.status === GroupStatus.NORMAL;
  const me = members?.find(({ user_id }) => user_id === client.userId);
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
      {isAlive && <InviteForm groupId={group_id} onInvited={reload} />}
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
      {isAlive && (
        <button
          type="button"
          class="button danger-text wide"
          onClick={() => ask(my_role === Role.OWNER ? "dismiss" : "leave")}
        >
          {my_role === Role.OWNER ? t.dismiss : t.leave}
        </button>
      )}
      {asking && (
        <Confirm
          question={asking === "leave" ? t.leaveConfirm : t.dismissConfirm}
          action={asking === "leave" ? t.leave : t.dismiss}
          onClose={() => ask(null)}
          onConfirm={() =>
            void run(async () => {
              await (asking === "leave" ? client.api.group.quit(group_id) : client.api.group.dismiss(group_id));
              onClose();
            })
          }
        />
      )}
    </>
  );
}
