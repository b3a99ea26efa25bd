import type { Card, MemberStatus, Millis, Role } from "../../protocol/model.ts";
import type { ReportedVersion } from "../version.ts";

/**
 * The update that a conversation sends to one member's inbox: a snapshot as of (seq, ver, rev), and the messages
 * that are new since the inbox's mark. Snapshots of one member are totally ordered: the numbers only rise.
 * An update from a release before message operations has no rev.
 */
export interface UpdateHeader extends ReportedVersion {
  readonly conversation_id: string;
  /** Seq of the first message in this update; the others follow without a gap up to seq. */
  readonly from: number;
  readonly min_seq: number;
  readonly read_seq: number;
  /** In a single chat, the read mark of the peer; otherwise 0. */
  readonly peer_read_seq: number;
  readonly unread: number;
  /** Unread mentions and the first of them; absent in updates from older releases. */
  readonly mention_count?: number;
  readonly mention_seq?: number;
  readonly role: Role;
  readonly status: MemberStatus;
  readonly muted_until: Millis;
  /** Whether the group is dismissed; absent in updates from older releases. */
  readonly dismissed?: boolean;
  /** How many users wait for the approval of this member, an owner or admin; absent if none do. */
  readonly application_count?: number | undefined;
  /** When the newest message visible to this member was sent; if there is none, when the member joined. */
  readonly updated_at: Millis;
  /** Messages up to this one were taken from another server, and are no news; absent if none of these was. */
  readonly imported_seq?: number | undefined;
  /** The newest of these messages that replies to one of the member's; absent if none does. */
  readonly reply_seq?: number | undefined;
  /**
   * The newest message that was sent in the member's name and that they have not read. It is not pushed: a client takes
   * its user's own messages as read. Absent if there is none, and in updates from older releases.
   */
  readonly own_unread?: number | undefined;
  /** The group's name and picture, sent with a change of members if the conversation knows them. [TELL-6] */
  readonly card?: Card | undefined;
  /** Bytes of content that this member has sent since joining; absent in updates from older releases. */
  readonly sent_bytes?: number;
  /** Whether this is a large group, whose messages come only to inboxes that attend; absent if it is not. */
  readonly large?: boolean | undefined;
  /**
   * What happened to messages that the inbox knows, if its clients are to be told: their newest state as JSON, the
   * member's own reactions to them as JSON, and what the member deleted. A client that has all changes up to
   * `since_rev` has all up to `rev` with it.
   */
  readonly changed?:
    | {
        readonly since_rev: number;
        readonly lines: readonly string[];
        readonly mine: string;
        readonly deleted: readonly number[];
      }
    | undefined;
  /** Whether the group's name or picture changed among these messages. */
  readonly renamed: boolean;
}

/** What an update says beside its messages. Of messages that were relayed nothing is said. */
export type Beside = Pick<UpdateHeader, "changed" | "imported_seq" | "reply_seq">;

export interface Update {
  readonly header: UpdateHeader;
  /** The newest visible message as JSON with its text cut, for the list; "null" if there is none. */
  readonly preview: string;
  /** Messages as JSON, one per line, oldest first. */
  readonly lines: readonly string[];
}

/**
 * An update as text: header, preview, messages, one JSON value per line (JSON has no raw line feed).
 * It is not a single JSON value, so that each message is serialized once for all inboxes, and is pushed to clients
 * without being parsed.
 */
export function encodeUpdate({ header, preview, lines }: Update): string {
  return `${encodeHeader(header)}\n${encodeTail(preview, lines)}`;
}

export function encodeHeader(header: UpdateHeader): string {
  return JSON.stringify(header);
}

/** What comes after the header. It is the same for all members with the same mark. */
export function encodeTail(preview: string, lines: readonly string[]): string {
  return [preview, ...lines].join("\n");
}

/** Messages for the sockets of a user who attends a large group. The list does not change with them. */
export interface Relay {
  readonly conversation_id: string;
  /** Seq of the first message and of the last. There is none between them that the user may see and that is missing. */
  readonly from: number;
  readonly seq: number;
  /** The change number of messages; absent in a relay from an older release. */
  readonly rev?: number;
  /** Messages as JSON, oldest first. */
  readonly lines: readonly string[];
}

/** A relay as text, in the form of an update without a preview. */
export function encodeRelay({ lines, ...header }: Relay): string {
  return [JSON.stringify(header), ...lines].join("\n");
}

export function decodeRelay(text: string): Relay {
  const [header = "", ...lines] = text.split("\n");
  return { ...JSON.parse(header), lines };
}

/** Reads an update. Unknown fields of a newer release's header are ignored. */
export function decodeUpdate(text: string): Update {
  const [header, preview, ...lines] = text.split("\n");
  if (header === undefined || preview === undefined) throw new Error("an update has a header and a preview");
  return { header: JSON.parse(header), preview, lines };
}
