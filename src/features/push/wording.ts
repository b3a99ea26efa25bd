import { type Message, MessageType } from "../../protocol/model.ts";
import type { Device } from "./store.ts";

/** What a notification may say about a conversation with unread messages. */
export interface News {
  /** The name of the peer or of the group; "" if it is not known. */
  readonly title: string;
  /** In a group, the name of the newest message's sender; "" in a single chat, or if it is not known. */
  readonly sender: string;
  /** The newest message; null if it is not one to show, such as a notice. */
  readonly message: Pick<Message, "seq" | "msg_type" | "content"> | null;
  readonly unread: number;
}

const WORDS = {
  en: {
    newMessages: (count: number) => (count === 1 ? "New message" : `${count} new messages`),
    kinds: new Map<number, string>([
      [MessageType.IMAGE, "[Photo]"],
      [MessageType.VIDEO, "[Video]"],
      [MessageType.AUDIO, "[Voice message]"],
      [MessageType.FILE, "[File]"],
    ]),
    from: (sender: string, text: string) => `${sender}: ${text}`,
  },
  zh: {
    newMessages: (count: number) => (count === 1 ? "你有一条新消息" : `你有 ${count} 条新消息`),
    kinds: new Map<number, string>([
      [MessageType.IMAGE, "[图片]"],
      [MessageType.VIDEO, "[视频]"],
      [MessageType.AUDIO, "[语音]"],
      [MessageType.FILE, "[文件]"],
    ]),
    from: (sender: string, text: string) => `${sender}：${text}`,
  },
} as const;

/** The title and text of a notification, as far as the device's privacy allows. [NOTIFY-6] */
export function wordsFor({ privacy, lang }: Device, news: News): { title: string; body: string } {
  const words = WORDS[lang];
  const count = words.newMessages(news.unread);
  if (privacy === "none" || news.title === "") return { title: count, body: "" };
  const text = privacy === "full" ? textOf(news.message, words.kinds) : "";
  if (text === "") return { title: news.title, body: count };
  return { title: news.title, body: news.sender === "" ? text : words.from(news.sender, text) };
}

function textOf(message: News["message"], kinds: ReadonlyMap<number, string>): string {
  if (!message) return "";
  const { msg_type, content } = message;
  if (msg_type === MessageType.TEXT) return typeof content.text === "string" ? content.text : "";
  const kind = kinds.get(msg_type) ?? "";
  return msg_type === MessageType.FILE && typeof content.file_name === "string" ? `${kind} ${content.file_name}` : kind;
}
