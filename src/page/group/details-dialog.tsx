import { useEffect, useState } from "preact/hooks";
import { type Conversation, RecvMsgOpt } from "../../client/index.ts";
import { useChatSettings } from "../chat-settings.ts";
import { useClient, useUsers } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { partiesOf } from "../ids.ts";
import { isPushed } from "../pushed.ts";
import { useView } from "../store.ts";
import { Portrait } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { Switch } from "../ui/switch.tsx";
import { GroupDetails } from "./group-details.tsx";
import type { GroupState } from "./use-group.ts";

interface DetailsDialogProps {
  readonly conversationId: string;
  readonly conversation: Conversation | undefined;
  readonly title: string;
  readonly state: GroupState;
  readonly onClose: () => void;
}

/** The details of a chat: the other user or the group, the notification settings, and a group's members. */
export function DetailsDialog({ conversationId, conversation, title, state, onClose }: DetailsDialogProps) {
  const t = useWords();
  const client = useClient();
  const { peerId, groupId } = partiesOf(conversationId, client.userId);
  const peer = useUsers([peerId]).get(peerId);
  return (
    <Dialog title={t.details} onClose={onClose} class="side">
      <div class="profile">
        <Portrait
          id={peerId || conversationId}
          name={title}
          url={conversation?.avatar || peer?.avatar || ""}
          size="large"
        />
        <strong dir="auto">{title}</strong>
        <span class="muted-text">{peerId || groupId}</span>
      </div>
      {conversation && <HowToHear conversation={conversation} />}
      {groupId !== "" && conversation && <GroupDetails conversation={conversation} state={state} onClose={onClose} />}
    </Dialog>
  );
}

function HowToHear({ conversation }: { readonly conversation: Conversation }) {
  const t = useWords();
  const { is_pinned, recv_msg_opt, update, error } = useChatSettings(conversation);
  const options = [t.notifyAll, t.notifySilent, t.notifyRefuse];
  return (
    <>
      <fieldset class="setting">
        <legend>{t.notifications}</legend>
        <div class="segments">
          {options.map((option, value) => (
            <label key={option}>
              <input
                type="radio"
                name="notifications"
                checked={recv_msg_opt === value}
                onChange={() => void update({ recv_msg_opt: value as 0 | 1 | 2 })}
              />
              <span>{option}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <Switch label={t.pin} checked={is_pinned} onChange={(chosen) => void update({ is_pinned: chosen })} />
      <ErrorText error={error} />
      {conversation.conversation_type === 2 && recv_msg_opt === RecvMsgOpt.NORMAL && (
        <EveryMessage id={conversation.conversation_id} />
      )}
    </>
  );
}

/** Large groups notify of mentions and replies only, unless the user asks for every message. */
function EveryMessage({ id }: { readonly id: string }) {
  const t = useWords();
  const { push } = useClient().api;
  const { run, error } = useAction();
  const hasPush = useView(isPushed);
  const [isOn, set] = useState<boolean>();
  useEffect(() => {
    if (hasPush)
      push.conversations().then(
        (ids) => set(ids.includes(id)),
        () => undefined,
      );
  }, [push, hasPush, id]);
  if (!hasPush || isOn === undefined) return null;
  const choose = async (chosen: boolean) => {
    set(chosen);
    if (!(await run(() => push.everyMessage(id, chosen)))) set(!chosen);
  };
  return (
    <>
      <Switch label={t.notifyEvery} checked={isOn} onChange={(chosen) => void choose(chosen)} />
      <ErrorText error={error} />
    </>
  );
}
