import { MemberStatus, type Millis, type Role } from "../../protocol/model.ts";
import type { Update, UpdateHeader } from "../delivery/update.ts";
import type { Version } from "../member.ts";

/** What an inbox keeps of a conversation, but for the preview of its last message. */
export interface ListEntry extends Version {
  readonly conversation_id: string;
  /** The user's change number at this entry's last change. */
  readonly change: number;
  readonly min_seq: number;
  readonly read_seq: number;
  readonly peer_read_seq: number;
  readonly unread: number;
  readonly role: Role;
  readonly status: MemberStatus;
  readonly muted_until: Millis;
  readonly recv_msg_opt: number;
  readonly is_pinned: boolean;
  readonly updated_at: Millis;
  /** When this user began the conversation; 0 when somebody else did. Their daily budgets are counted by it. */
  readonly founded_at: Millis;
  /** Bytes of content that this user has sent there since they came in, as far as their inbox has heard. */
  readonly sent_bytes: number;
  /** The last day (by UTC, from 1970) on which they did, and how many of them were sent on it. */
  readonly sent_day: number;
  readonly day_bytes: number;
  /** Whether it is a group that was dismissed. */
  readonly dismissed: boolean;
  /** Whether it is out of the list: for good where it is over, else off a full list's end until its next message. */
  readonly gone: boolean;
}

/** Whether a user is in a conversation that goes on, as far as their inbox has heard. [PRES-1] */
export function isShared(entry: ListEntry | undefined): boolean {
  return entry?.status === MemberStatus.NORMAL && !entry.dismissed;
}

/** Whether an inbox has heard that its user is in a conversation no more; one that has heard nothing has not. */
export function hasEnded(entry: ListEntry | undefined): boolean {
  return entry !== undefined && !isShared(entry);
}

/** Whether this is a dismissed group that the user has left: nothing comes any more, and the list lets it go. [GROUP-4] */
export function isOver(entry: ListEntry): boolean {
  return entry.dismissed && entry.status !== MemberStatus.NORMAL;
}

/** What of a tell is news to an inbox, and so is pushed. */
export interface News {
  /** The entry as it now is, but for its change number. */
  readonly entry: ListEntry;
  /** Messages past the inbox's mark: the tell's lines from this index on. */
  readonly firstNewLine: number;
  readonly read: boolean;
  readonly peerRead: boolean;
  /** Role, status, range or mute changed, or the conversation is new and brings no message. */
  readonly member: boolean;
}

const UNKNOWN: Omit<ListEntry, "conversation_id"> = {
  seq: 0,
  ver: 0,
  change: 0,
  min_seq: 0,
  read_seq: 0,
  peer_read_seq: 0,
  unread: 0,
  role: 1,
  status: 1,
  muted_until: 0,
  recv_msg_opt: 0,
  is_pinned: false,
  updated_at: 0,
  founded_at: 0,
  dismissed: false,
  sent_bytes: 0,
  sent_day: 0,
  day_bytes: 0,
  gone: false,
};

/**
 * Takes what a tell has beyond an entry's mark and drops the rest, so that tells may come twice or late.
 * A send moves read_seq without a word; a mark raises ver, and only then read marks are news. [TELL-2]
 * @returns null where nothing is new.
 */
export function applyUpdate(known: ListEntry | undefined, tell: Update): News | null {
  const { header } = tell;
  if (known && !isNewer(header, known)) return null;
  const before = known ?? { ...UNKNOWN, conversation_id: header.conversation_id };
  const marked = header.ver > before.ver;
  const firstNewLine = Math.max(0, before.seq + 1 - header.from);
  return {
    entry: { ...before, ...stateOf(header) },
    firstNewLine,
    read: known !== undefined && marked && header.read_seq > before.read_seq,
    // A chat that is new says by its messages how far their sender has read.
    peerRead: known !== undefined && marked && header.peer_read_seq > before.peer_read_seq,
    member: header.renamed || memberChanged(known, tell),
  };
}

function isNewer(a: Version, b: Version): boolean {
  return a.seq >= b.seq && a.ver >= b.ver && (a.seq > b.seq || a.ver > b.ver);
}

function memberChanged(known: ListEntry | undefined, tell: Update): boolean {
  const { header } = tell;
  if (!known) return tell.lines.length === 0;
  return (
    known.role !== header.role ||
    known.status !== header.status ||
    known.min_seq !== header.min_seq ||
    known.muted_until !== header.muted_until
  );
}

/**
 * An entry that counts what its user has sent by a tell: on the day on which their inbox hears of it. [RATE-5]
 * The conversation's count begins anew when they return.
 */
export function withSent(entry: ListEntry, sentBytes: number, day: number): ListEntry {
  if (sentBytes === entry.sent_bytes) return entry;
  const more = sentBytes > entry.sent_bytes ? sentBytes - entry.sent_bytes : sentBytes;
  const before = entry.sent_day === day ? entry.day_bytes : 0;
  return { ...entry, sent_bytes: sentBytes, sent_day: day, day_bytes: before + more };
}

function stateOf(header: UpdateHeader) {
  const { seq, ver, min_seq, read_seq, peer_read_seq, unread, role, status, muted_until, updated_at } = header;
  const { dismissed = false } = header;
  return { seq, ver, min_seq, read_seq, peer_read_seq, unread, role, status, muted_until, updated_at, dismissed };
}
