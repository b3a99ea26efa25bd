import { isCountable, type Message, type MessageItem, NoticeType } from "../../client/index.ts";
import { isSameDay } from "../i18n/time.ts";
import type { Span } from "./window.ts";

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
 * Which message is the first unread one; -1 when none is.
 * @param unreadAfter the seq after which everything was unread; null when nothing was
 */
export function firstUnread(messages: readonly MessageItem[], me: string, unreadAfter: number | null): number {
  if (unreadAfter === null) return -1;
  return messages.findIndex((item) => item.seq > unreadAfter && item.sender_id !== me && isCountable(item.msg_type));
}

/** How the messages of a span stand below each other. */
export function rowsOf(messages: readonly MessageItem[], { from, to }: Span, unreadFrom: number): Row[] {
  const isBreak = (at: number) => at === unreadFrom || isApart(messages[at - 1], messages[at]);
  return messages.slice(from, to).map((item, index) => {
    const at = from + index;
    const before = messages[at - 1];
    return {
      key: keyOf(item),
      item,
      isNotice: isNotice(item),
      startsDay: !before || !isSameDay(before.send_at, item.send_at),
      startsRun: isBreak(at),
      endsRun: isBreak(at + 1),
      startsUnread: at === unreadFrom,
    };
  });
}

/** The same while a message waits and when it has its seq, so that its row stays. */
function keyOf({ sender_id, client_msg_id, seq }: MessageItem): string {
  return client_msg_id === "" ? `#${seq}` : `${sender_id} ${client_msg_id}`;
}

function isApart(before: MessageItem | undefined, item: MessageItem | undefined): boolean {
  return (
    !before ||
    !item ||
    before.sender_id !== item.sender_id ||
    isNotice(before) !== isNotice(item) ||
    item.send_at - before.send_at > RUN ||
    !isSameDay(before.send_at, item.send_at)
  );
}

export function isNotice({ msg_type }: Message): boolean {
  return msg_type >= NoticeType.JOINED;
}
