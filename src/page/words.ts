import {
  Code,
  type Message,
  MessageType,
  NexoClientError,
  NO_ANSWER,
  NoticeType,
  type Presence,
} from "../client/index.ts";
import type { Words } from "./i18n/index.ts";
import { untilTime } from "./i18n/time.ts";

/** The name of a user; the id while the name is unknown. */
export type NameOf = (userId: string) => string;

/** Isolates the text direction of a name from the text around it. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** The error message to show to users. */
export function errorText(t: Words, error: unknown): string {
  if (!(error instanceof NexoClientError)) return t.unknownError;
  // The page checks the length of a password itself. What is left to refuse is that everybody uses it.
  const isCommon = error.code === Code.INVALID_PARAMETER && /^\w*password: /.test(error.message);
  return isCommon ? t.safety.commonPassword : codeText(t, error.code);
}

export function codeText(t: Words, code: number): string {
  return t.errors[code] ?? (code === NO_ANSWER ? t.noAnswer : t.unknownError);
}

/** The maximum length of a message shown in a list or read aloud. */
export const PREVIEW = 140;

/** A message as one short line. */
export function previewText(t: Words, message: Message, me: string, nameOf: NameOf): string {
  const line = lineOf(t, message, me, nameOf).replace(/\s+/gu, " ").trim();
  const characters = [...line.slice(0, 2 * PREVIEW + 2)];
  return characters.length > PREVIEW ? `${characters.slice(0, PREVIEW).join("").trimEnd()}…` : line;
}

function lineOf(t: Words, message: Message, me: string, nameOf: NameOf): string {
  const { msg_type, content, amended } = message;
  if ((amended?.recalled_at ?? 0) > 0) return recalledText(t, message, me, nameOf);
  if (msg_type >= NoticeType.JOINED) return noticeText(t, message, me, nameOf);
  switch (msg_type) {
    case MessageType.TEXT:
      return text(content.text);
    case MessageType.IMAGE:
      return `[${t.image}]`;
    case MessageType.VIDEO:
      return `[${t.video}]`;
    case MessageType.AUDIO:
      return `[${t.audio}]`;
    case MessageType.FILE:
      return `[${t.file}] ${text(content.file_name)}`.trim();
    default:
      return `[${t.custom}]`;
  }
}

/** The line that stands in place of a recalled message. */
export function recalledText(t: Words, { amended, sender_id }: Message, me: string, nameOf: NameOf): string {
  const by = amended?.recalled_by ?? "";
  const who = by === me ? t.you : isolated(nameOf(by));
  return by === sender_id || by === "" ? t.recalled(who) : t.recalledBy(who);
}

/** The text of a notice, built from its ids. */
export function noticeText(t: Words, message: Message, me: string, nameOf: NameOf): string {
  const { content, sender_id } = message;
  const subject = (id: string) => (id === me ? t.you : isolated(nameOf(id)));
  const object = (id: string) => (id === me ? t.youObject : isolated(nameOf(id)));
  const ids = Array.isArray(content.user_ids) ? content.user_ids.map(text) : [];
  const by = subject(sender_id);
  const whom = listOf(t, ids.map(object));
  const n = t.notice;
  switch (message.msg_type) {
    case NoticeType.JOINED:
      return n.joined(listOf(t, ids.map(subject)));
    case NoticeType.INVITED:
      return n.invited(by, whom);
    case NoticeType.QUIT:
      return n.quit(listOf(t, ids.map(subject)));
    case NoticeType.KICKED:
      return (content.banned_until === undefined ? n.kicked : t.groups.notice.banned)(by, whom);
    case NoticeType.APPROVED:
      return t.groups.notice.approved(by, whom);
    case NoticeType.ROLE:
      return content.role_level === 2 ? n.admin(by, whom) : n.member(by, whom);
    case NoticeType.OWNER:
      return n.owner(by, whom);
    case NoticeType.OWNER_FOLLOWED:
      return n.followed(whom);
    case NoticeType.MUTE: {
      const who = ids.length === 0 ? n.everyone : whom;
      const until = Number(content.muted_until);
      return until > 0 ? n.muted(by, who, untilTime(t, until, message.send_at)) : n.unmuted(by, who);
    }
    case NoticeType.GROUP_UPDATED:
      return updateText(t, by, content);
    case NoticeType.PINNED:
      return n.pinned(by);
    case NoticeType.DISMISSED:
      return n.dismissed(by);
    default:
      return n.other;
  }
}

function updateText(t: Words, by: string, content: Record<string, unknown>): string {
  if (typeof content.name === "string") return t.notice.renamed(by, isolated(content.name));
  if (typeof content.introduction === "string") return t.notice.introduced(by);
  if (typeof content.announcement === "string") return t.groups.notice.announced(by);
  return typeof content.avatar === "string" ? t.notice.pictured(by) : t.groups.notice.settings(by);
}

/** "Online on iPhone and web" */
export function presenceText(t: Words, presence: Presence): string {
  if (presence.status === 0) return t.offline;
  const platforms = presence.detail_platform_status.map((each) => t.platforms[each.platform_id] ?? each.platform_name);
  return t.onlineOn(listOf(t, [...new Set(platforms)].sort()));
}

/** "Ann, Ben and Cleo" */
export function listOf(t: Words, names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : names.slice(0, -1).join(t.comma) + t.and + last;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
