import { isCountable, type Message, type MessageItem, NoticeType } from "../../client/index.ts";
import { isSameDay } from "../i18n/time.ts";

/** Messages of one person that follow within this time stand together. */
const RUN = 5 * 60_000;

export interface Row {
  readonly key: string;
  readonly item: MessageItem;
  readonly isNotice: boolean;
  /** The first of its day. */
  readonly startsDay: boolean;
  /** The first and the last of what one person says in one go. */
  readonly startsRun: boolean;
  readonly endsRun: boolean;
  /** The first that was unread when the chat was opened. */
  readonly startsUnread: boolean;
}

/**
 * How messages stand below each other.
 * @param unreadAfter the seq after which everything was unread; null when nothing was
 */
export function rowsOf(messages: readonly MessageItem[], me: string, unreadAfter: number | null): Row[] {
  const firstUnread =
    unreadAfter === null
      ? undefined
      : messages.find((item) => item.seq > unreadAfter && item.sender_id !== me && isCountable(item.msg_type));
  const breaks = messages.map((item, index) => isBreak(messages[index - 1], item) || item === firstUnread);
  return messages.map((item, index) => {
    const before = messages[index - 1];
    return {
      key: keyOf(item),
      item,
      isNotice: isNotice(item),
      startsDay: !before || !isSameDay(before.send_at, item.send_at),
      startsRun: breaks[index] ?? true,
      endsRun: breaks[index + 1] ?? true,
      startsUnread: item === firstUnread,
    };
  });
}

/** The same while a message waits and when it has its seq, so that its row stays. */
function keyOf({ sender_id, client_msg_id, seq }: MessageItem): string {
  return client_msg_id === "" ? `#${seq}` : `${sender_id} ${client_msg_id}`;
}

function isBreak(before: MessageItem | undefined, item: MessageItem): boolean {
  return (
    !before ||
    before.sender_id !== item.sender_id ||
    isNotice(before) !== isNotice(item) ||
    item.send_at - before.send_at > RUN ||
    !isSameDay(before.send_at, item.send_at)
  );
}

export function isNotice({ msg_type }: Message): boolean {
  return msg_type >= NoticeType.JOINED;
}
