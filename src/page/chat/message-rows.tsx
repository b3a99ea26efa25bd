import type { Conversation, MessageItem } from "../../client/index.ts";
import { useClient, useUsers } from "../context.ts";
import { useWords, type Words } from "../i18n/index.ts";
import { dayOf } from "../i18n/time.ts";
import { useToday } from "../today.ts";
import { type NameOf, noticeText, recalledText } from "../words.ts";
import { MessageRow } from "./message-row.tsx";
import type { Row } from "./rows.ts";

interface MessageRowsProps {
  readonly rows: readonly Row[];
  readonly conversation: Conversation | undefined;
  readonly nicknames: ReadonlyMap<string, string>;
  readonly unreadCount: number;
  /** The seq of the message that was jumped to; 0 if there is none. */
  readonly target: number;
  readonly askWhoRead: (seq: number) => void;
}

/** The rows of messages near the screen, with the names that they need. */
export function MessageRows(props: MessageRowsProps) {
  const { rows, conversation, nicknames, unreadCount, target, askWhoRead } = props;
  const t = useWords();
  const client = useClient();
  const users = useUsers(peopleIn(rows));
  const today = useToday();
  const me = client.userId;
  const nameOf = (id: string) => nicknames.get(id) ?? users.get(id)?.nickname ?? id;
  const isGroup = conversation?.conversation_type === 2;
  const peerRead = isGroup ? 0 : (conversation?.peer_read_seq ?? 0);
  const lastWithMenu = rows.findLast(({ item, isNotice }) => item.status === "sent" && !isNotice)?.key;
  return rows.map(({ key, item, isNotice, startsDay, startsRun, endsRun, startsUnread }) => (
    <MessageRow
      key={key}
      item={item}
      day={startsDay ? dayOf(t, item.send_at, today) : ""}
      divider={startsUnread ? t.newMessages(unreadCount) : ""}
      notice={isNotice ? noticeText(t, item, me, nameOf) : ""}
      name={nameOf(item.sender_id)}
      avatar={users.get(item.sender_id)?.avatar ?? ""}
      isOwn={item.sender_id === me}
      isGroup={isGroup}
      startsRun={startsRun}
      endsRun={endsRun}
      isRead={item.seq > 0 && item.seq <= peerRead}
      askWhoRead={askWhoRead}
      isTarget={item.seq > 0 && item.seq === target}
      isTabStop={key === lastWithMenu}
      {...wordsOf(t, item, me, nameOf)}
    />
  ));
}

/** The texts of a row that contain names: a text stays the same where a list would be a new one. */
function wordsOf(t: Words, item: MessageItem, me: string, nameOf: NameOf) {
  const { meta, quoted, recalled } = item;
  const named = (id: string) => (id === me ? t.you : nameOf(id));
  return {
    mentioned: [...(meta?.mentions ?? []).map(nameOf), ...(meta?.mention_all ? [t.everyone] : [])].join("\n"),
    quotedName: quoted ? named(quoted.sender_id) : "",
    forwardedName: meta?.forwarded ? named(meta.forwarded.sender_id) : "",
    recalled: recalled ? recalledText(t, item, me, nameOf) : "",
  };
}

function peopleIn(rows: readonly Row[]): string[] {
  const ids = rows.flatMap(({ item, isNotice }) => [
    item.sender_id,
    item.quoted?.sender_id ?? "",
    item.meta?.forwarded?.sender_id ?? "",
    item.amended?.recalled_by ?? "",
    ...(item.meta?.mentions ?? []),
    ...(isNotice && Array.isArray(item.content.user_ids) ? item.content.user_ids.map(String) : []),
  ]);
  return [...new Set(ids)].filter((id) => id !== "");
}
