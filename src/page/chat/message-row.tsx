import { memo } from "preact/compat";
import type { MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { timeOf } from "../i18n/time.ts";
import { showCard } from "../people/card.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { codeText, isolated } from "../words.ts";
import { Content } from "./content.tsx";

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
}

/** One message, and the lines above it. Its properties are plain values: it renders again only when one changes. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { day, divider, notice } = props;
  return (
    <li>
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

function Bubble({ item, name, avatar, isOwn, isGroup, startsRun, endsRun, isRead, askWhoRead }: MessageRowProps) {
  const t = useWords();
  const classes = ["message", isOwn ? "own" : "other", startsRun ? "starts-run" : "", endsRun ? "ends-run" : ""];
  const isNamed = isGroup && !isOwn && startsRun;
  return (
    <div class={classes.join(" ")} data-seq={item.seq} data-status={item.status}>
      {isGroup && !isOwn && (
        <span class="message-avatar">
          {endsRun && (
            <button
              type="button"
              class="me"
              // All members are also listed in the details, which the Tab key reaches.
              tabIndex={-1}
              aria-label={t.openProfile(isolated(name))}
              title={t.openProfile(isolated(name))}
              onClick={() => showCard(item.sender_id)}
            >
              <Avatar id={item.sender_id} name={name} url={avatar} size="small" />
            </button>
          )}
        </span>
      )}
      {/* The direction of the bubble follows the text: parts with their own direction do not count. */}
      <div class="bubble" dir="auto" data-name={isOwn ? t.you : name}>
        <span class={isNamed ? "sender" : "visually-hidden"} dir="auto">
          {isOwn ? t.you : name}
          {!isNamed && ": "}
        </span>
        <Content item={item} name={isOwn ? t.you : name} />
        <span class="meta">
          <time dateTime={new Date(item.send_at).toISOString()}>{timeOf(t, item.send_at)}</time>
          {isOwn && <State item={item} isGroup={isGroup} isRead={isRead} askWhoRead={askWhoRead} />}
        </span>
      </div>
      {item.status === "failed" && <Failure item={item} />}
    </div>
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
