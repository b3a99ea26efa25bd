import type { Card, MemberStatus, Millis, Role } from "../../protocol/model.ts";
import type { Version } from "../member.ts";

/**
 * What a conversation lets one member's inbox know: a snapshot as of (seq, ver), and the messages that
 * are new since the inbox's mark. Snapshots of one member are totally ordered: both numbers only rise.
 */
export interface UpdateHeader extends Version {
  readonly conversation_id: string;
  /** Seq of the first message that comes along; the rest follow without a hole up to seq. */
  readonly from: number;
  readonly min_seq: number;
  readonly read_seq: number;
  /** In a single chat how far the other has read; else 0. */
  readonly peer_read_seq: number;
  readonly unread: number;
  readonly role: Role;
  readonly status: MemberStatus;
  readonly muted_until: Millis;
  /** Whether the group is dismissed; absent in tells of releases that did not say so. */
  readonly dismissed?: boolean;
  /** When the newest message that this member sees was sent, or else when they came in. */
  readonly updated_at: Millis;
  /** The group's name and picture beside a change of members, if the conversation knows them. [TELL-6] */
  readonly card?: Card | undefined;
  /** Bytes of content that this member has sent since they came in; absent from an older conversation. */
  readonly sent_bytes?: number;
  /** Whether the group's name or picture changed among these messages. */
  readonly renamed: boolean;
}

export interface Update {
  readonly header: UpdateHeader;
  /** The newest visible message as JSON with its text cut, for the list; "null" when there is none. */
  readonly preview: string;
  /** Messages as JSON, one a line, oldest first. */
  readonly lines: readonly string[];
}

/**
 * A tell as text: header, preview, messages, one JSON value a line (JSON has no raw line feed).
 * Not one JSON value, so that messages are written once however many inboxes they go to, and pushed on
 * without being parsed.
 */
export function encodeUpdate(tell: Update): string {
  return [JSON.stringify(tell.header), tell.preview, ...tell.lines].join("\n");
}

/** Reads a tell. Unknown fields of a newer release's header are ignored. */
export function decodeUpdate(text: string): Update {
  const [header, preview, ...lines] = text.split("\n");
  if (header === undefined || preview === undefined) throw new Error("a tell has a header and a preview");
  return { header: JSON.parse(header), preview, lines };
}
