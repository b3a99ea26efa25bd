import { isCountable, type Message, type MessageItem, NoticeType } from "../../client/index.ts";
import { isSameDay } from "../i18n/time.ts";
import type { Span } from "./window.ts";

/** Messages of one sender within this time of each other are grouped. */
const RUN = 5 * 60_000;

export interface Row {
  readonly key: string;
  readonly item: MessageItem;
  readonly isNotice: boolean;
  /** The first message of its day. */
  readonly startsDay: boolean;
  /** The first and the last message of a group by one sender. */
  readonly startsRun: boolean;
  readonly endsRun: boolean;
  /** The first message that was unread when the chat was opened. */
  readonly startsUnread: boolean;
}

/**
 * The index of the first unread message; -1 if there is none.
 * @param unreadAfter the seq after which all messages were unread; null if none were
 */
export function firstUnread(messages: readonly MessageItem[], me: string, unreadAfter: number | null): number {
  if (unreadAfter === null) return -1;
  return messages.findIndex((item) => item.seq > unreadAfter && item.sender_id !== me && isCountable(item.msg_type));
}

/** The layout of the messages of a span, one below another. */
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

/** The same key while a message waits and after it has its seq, so that its row stays. */
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
