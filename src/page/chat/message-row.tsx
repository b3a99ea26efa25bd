import type { MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { timeOf } from "../i18n/time.ts";
import { memo } from "../memo.tsx";
import { showCard } from "../people/card.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { codeText, isolated } from "../words.ts";
import { useChatActions } from "./chat-actions.ts";
import { Content } from "./content.tsx";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import { usePress } from "./use-press.ts";

interface MessageRowProps {
  readonly item: MessageItem;
  /** The heading of its day, the line before the unread messages, the text of a notice; "" if there is none. */
  readonly day: string;
  readonly divider: string;
  readonly notice: string;
  readonly name: string;
  readonly avatar: string;
  readonly isOwn: boolean;
  readonly isGroup: boolean;
  readonly startsRun: boolean;
  readonly endsRun: boolean;
  readonly isRead: boolean;
  readonly askWhoRead: (seq: number) => void;
  /** The names of whom the message mentions, one a line, and of the authors of what it quotes and forwards. */
  readonly mentioned: string;
  readonly quotedName: string;
  readonly forwardedName: string;
  /** The line that stands in place of a recalled message; "" if it was not recalled. */
  readonly recalled: string;
  /** Whether the menu button of this message is the one that the Tab key reaches. */
  readonly isTabStop: boolean;
  /** Whether it was jumped to. */
  readonly isTarget: boolean;
}

/** One message, and the lines above it. Its properties are plain values: it renders again only when one changes. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { day, divider, notice } = props;
  return (
    <li class={props.isTarget ? "is-target" : undefined}>
      {day && <p class="day">{day}</p>}
      {divider && <p class="unread-line">{divider}</p>}
      {notice ? (
        <p class="notice" data-seq={props.item.seq} dir="auto">
          {notice}
        </p>
      ) : (
        <Bubble {...props} />
      )}
    </li>
  );
});

function Bubble(props: MessageRowProps) {
  const { item, name, avatar, isOwn, isGroup, startsRun, endsRun, recalled } = props;
  const t = useWords();
  const { openMenu } = useChatActions();
  const hasMenu = item.status === "sent";
  const press = usePress(() => openMenu(item));
  const classes = ["message", isOwn ? "own" : "other", startsRun ? "starts-run" : "", endsRun ? "ends-run" : ""];
  const isNamed = isGroup && !isOwn && startsRun;
  return (
    <div
      class={classes.join(" ")}
      data-seq={item.seq}
      data-status={item.status}
      tabIndex={-1}
      {...(hasMenu ? press : {})}
    >
      {isGroup && !isOwn && (
        <span class="message-avatar">{endsRun && <SenderAvatar id={item.sender_id} name={name} url={avatar} />}</span>
      )}
      {/* The direction of the bubble follows the text: parts with their own direction do not count. */}
      <div class="bubble" dir="auto" data-name={isOwn ? t.you : name}>
        <span class={isNamed ? "sender" : "visually-hidden"} dir="auto">
          {isOwn ? t.you : name}
          {!isNamed && ": "}
        </span>
        {recalled === "" ? <Said {...props} /> : <span class="text muted-text">{recalled}</span>}
        <Meta {...props} />
      </div>
      {hasMenu && <MenuButton {...props} />}
      <Reactions item={item} />
      {item.status === "failed" && <Failure item={item} />}
    </div>
  );
}

function SenderAvatar({ id, name, url }: { readonly id: string; readonly name: string; readonly url: string }) {
  const t = useWords();
  return (
    <button
      type="button"
      class="me"
      // All members are also listed in the details, which the Tab key reaches.
      tabIndex={-1}
      aria-label={t.openProfile(isolated(name))}
      title={t.openProfile(isolated(name))}
      onClick={() => showCard(id)}
    >
      <Avatar id={id} name={name} url={url} size="small" />
    </button>
  );
}

function MenuButton({ item, isOwn, name, isTabStop }: MessageRowProps) {
  const t = useWords();
  const { openMenu } = useChatActions();
  const label = t.messageActions(isolated(isOwn ? t.you : name));
  return (
    <button
      type="button"
      class="icon-button message-menu"
      tabIndex={isTabStop ? 0 : -1}
      aria-label={label}
      title={label}
      onClick={() => openMenu(item)}
    >
      <Icon name="more" />
    </button>
  );
}

/** What is known of a message beside what it says: whether it was edited, whether it is pinned, its time and state. */
function Meta({ item, isOwn, isGroup, isRead, askWhoRead, recalled }: MessageRowProps) {
  const t = useWords();
  return (
    <span class="meta">
      {item.edited && recalled === "" && <span>{t.edited}</span>}
      {(item.amended?.pinned_at ?? 0) > 0 && (
        <span class="state" title={t.pinned}>
          <Icon name="pin" />
          <span class="visually-hidden">{t.pinned}</span>
        </span>
      )}
      <time dateTime={new Date(item.send_at).toISOString()}>{timeOf(t, item.send_at)}</time>
      {isOwn && <State item={item} isGroup={isGroup} isRead={isRead} askWhoRead={askWhoRead} />}
    </span>
  );
}

/** What a message says, below what it answers or forwards. */
function Said({ item, name, isOwn, quotedName, forwardedName, mentioned }: MessageRowProps) {
  const t = useWords();
  return (
    <>
      {forwardedName !== "" && <span class="forwarded">{t.forwardedFrom(isolated(forwardedName))}</span>}
      <Quote item={item} name={quotedName} />
      <Content item={item} name={isOwn ? t.you : name} mentioned={mentioned} />
    </>
  );
}

type StateProps = Pick<MessageRowProps, "item" | "isGroup" | "isRead" | "askWhoRead">;

function State({ item, isGroup, isRead, askWhoRead }: StateProps) {
  const t = useWords();
  if (item.status === "failed") return null;
  if (item.status === "sent" && isGroup) {
    return (
      <button type="button" class="state" aria-label={t.whoRead} title={t.whoRead} onClick={() => askWhoRead(item.seq)}>
        <Icon name="check" />
      </button>
    );
  }
  const word = item.status === "pending" ? t.sending : isRead ? t.read : t.sent;
  const icon = item.status === "pending" ? "clock" : isRead ? "checks" : "check";
  return (
    <span class={isRead ? "state is-read" : "state"} title={word}>
      <Icon name={icon} />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}

function Failure({ item }: { readonly item: MessageItem }) {
  const t = useWords();
  const client = useClient();
  /** The button is removed after the click; the focus stays in the list. */
  const act = (work: () => unknown) => (event: Event) => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>(".messages")?.focus();
    work();
  };
  return (
    <div class="failure" role="alert">
      <span>
        <Icon name="warning" />
        {t.failed(codeText(t, item.error?.code ?? 0))}
      </span>
      <button type="button" class="link" onClick={act(() => client.resend(item.client_msg_id))}>
        {t.resend}
      </button>
      <button type="button" class="link" onClick={act(() => client.discard(item.client_msg_id))}>
        {t.discard}
      </button>
    </div>
  );
}
