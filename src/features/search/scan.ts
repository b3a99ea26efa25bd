import type { StoredMessage } from "../../core/log/message.ts";
import { parseJson } from "../../protocol/frames.ts";
import { MessageType } from "../../protocol/model.ts";
import { folded, type SearchQuery, wordsOf } from "../../protocol/search.ts";

type Filter = Pick<SearchQuery, "q" | "sender_id" | "msg_type" | "from" | "to">;

/** Whether a message is one that is searched for. */
export function matcher({ q, sender_id, msg_type, from = 0, to = Number.MAX_SAFE_INTEGER }: Filter) {
  const words = wordsOf(q);
  return (message: StoredMessage): boolean => {
    if (sender_id !== undefined && message.sender_id !== sender_id) return false;
    if (msg_type !== undefined && message.msg_type !== msg_type) return false;
    if (message.send_at < from || message.send_at > to) return false;
    const text = textOf(message);
    if (text === "") return false;
    const compared = folded(text);
    return words.every((word) => compared.includes(word));
  };
}

/** The part of a message that people read: the text, or the name of a file. */
function textOf({ msg_type, content }: StoredMessage): string {
  const isText = msg_type === MessageType.TEXT;
  if (!isText && msg_type !== MessageType.FILE) return "";
  const parsed = parseJson(content);
  if (typeof parsed !== "object" || parsed === null) return "";
  const text: unknown = Reflect.get(parsed, isText ? "text" : "file_name");
  return typeof text === "string" ? text : "";
}
