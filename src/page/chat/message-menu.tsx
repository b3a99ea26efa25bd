import { useState } from "preact/hooks";
import { type Conversation, type MessageItem, MessageType, Role } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { linkTo } from "../route.ts";
import { ReportDialog } from "../safety/report-dialog.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { tell } from "../ui/toast.tsx";
import { isolated } from "../words.ts";
import { type ChatActions, useOperations } from "./chat-actions.ts";
import { EmojiChoice } from "./emoji-choice.tsx";
import { ForwardDialog } from "./forward-dialog.tsx";
import { ReactionsDialog } from "./reactions-dialog.tsx";

interface MessageMenuProps {
  readonly item: MessageItem;
  readonly name: string;
  readonly conversation: Conversation | undefined;
  /** Whether the user may write here: only then may they react, reply, edit and pin. */
  readonly mayWrite: boolean;
  readonly mayPin: boolean;
  readonly actions: ChatActions;
  readonly onClose: () => void;
}

type Shown = "menu" | "recall" | "remove" | "forward" | "reactions" | "report";

/** What can be done with a message. */
export function MessageMenu(props: MessageMenuProps) {
  const { item, onClose } = props;
  const t = useWords();
  const operations = useOperations();
  const [shown, show] = useState<Shown>("menu");
  if (shown === "menu") return <Menu {...props} show={show} />;
  if (shown === "forward") return <ForwardDialog item={item} onClose={onClose} />;
  if (shown === "reactions") return <ReactionsDialog item={item} onClose={onClose} />;
  if (shown === "report") {
    return <ReportDialog about={{ conversation_id: item.conversation_id, seq: item.seq }} onClose={onClose} />;
  }
  const isRecall = shown === "recall";
  return (
    <Confirm
      question={isRecall ? t.recallConfirm : t.removeConfirm}
      action={isRecall ? t.recall : t.removeForMe}
      onClose={onClose}
      onConfirm={() => operations[shown](item)}
    />
  );
}

interface Entry {
  readonly icon: IconName;
  readonly label: string;
  readonly isOffered: boolean;
  readonly isDangerous?: boolean;
  readonly act: () => void;
}

function Menu(props: MessageMenuProps & { readonly show: (shown: Shown) => void }) {
  const { item, name, mayWrite, onClose } = props;
  const t = useWords();
  const { react } = useOperations();
  return (
    <Dialog title={t.messageFrom(isolated(name))} onClose={onClose} class="narrow">
      {mayWrite && !item.recalled && (
        <EmojiChoice
          reactions={item.reactions}
          onChoose={(emoji, isOn) => {
            onClose();
            react(item, emoji, isOn);
          }}
        />
      )}
      {useEntries(props).map(({ icon, label, isOffered, isDangerous, act }) =>
        isOffered ? (
          <button key={icon} type="button" class={isDangerous ? "menu-item danger-text" : "menu-item"} onClick={act}>
            <Icon name={icon} />
            {label}
          </button>
        ) : null,
      )}
    </Dialog>
  );
}

type Rights = Pick<MessageMenuProps, "item" | "conversation" | "mayWrite" | "mayPin">;

/** What the user may do with a message; the server checks it again. */
function useRights({ item: { sender_id, recalled, msg_type }, conversation, mayWrite, mayPin }: Rights) {
  const client = useClient();
  const isOwn = sender_id === client.userId;
  const isAdmin = (conversation?.my_role ?? Role.MEMBER) >= Role.ADMIN;
  const isText = msg_type === MessageType.TEXT && !recalled;
  return {
    isText,
    reply: mayWrite && !recalled,
    edit: mayWrite && isOwn && isText,
    pin: mayWrite && !recalled && mayPin,
    recall: !recalled && (isOwn || isAdmin),
    report: !recalled && !isOwn,
  };
}

function useEntries({
  item,
  conversation,
  mayWrite,
  mayPin,
  actions,
  onClose,
  show,
}: Parameters<typeof Menu>[0]): Entry[] {
  const t = useWords();
  const operations = useOperations();
  const may = useRights({ item, conversation, mayWrite, mayPin });
  const { conversation_id, seq, content, amended, recalled, reactions } = item;
  const isPinned = (amended?.pinned_at ?? 0) > 0;
  // Browsers have no clipboard over plain http.
  const hasClipboard = navigator.clipboard !== undefined;
  const closed = (work: () => void) => () => {
    onClose();
    work();
  };
  const copy = (text: string) =>
    closed(() => {
      navigator.clipboard.writeText(text).then(
        () => tell(t.copied),
        () => tell(t.unknownError, true),
      );
    });
  const link = `${location.origin}${location.pathname}${linkTo(conversation_id, seq)}`;
  return [
    {
      icon: "reply",
      label: t.reply,
      isOffered: may.reply,
      act: closed(() => actions.compose({ kind: "reply", item })),
    },
    { icon: "copy", label: t.copyText, isOffered: may.isText && hasClipboard, act: copy(String(content.text)) },
    { icon: "link", label: t.copyMessageLink, isOffered: hasClipboard, act: copy(link) },
    {
      icon: "edit",
      label: t.editMessage,
      isOffered: may.edit,
      act: closed(() => actions.compose({ kind: "edit", item })),
    },
    { icon: "forward", label: t.forward, isOffered: !recalled, act: () => show("forward") },
    {
      icon: "pin",
      label: isPinned ? t.unpin : t.pinMessage,
      isOffered: may.pin,
      act: closed(() => operations.pin(item, !isPinned)),
    },
    { icon: "react", label: t.whoReacted, isOffered: reactions.length > 0, act: () => show("reactions") },
    { icon: "block", label: t.safety.report, isOffered: may.report, act: () => show("report") },
    { icon: "undo", label: t.recall, isOffered: may.recall, isDangerous: true, act: () => show("recall") },
    { icon: "trash", label: t.removeForMe, isOffered: true, isDangerous: true, act: () => show("remove") },
  ];
}
