import { MemberStatus, type Millis, type Role } from "../../protocol/model.ts";
import type { Update, UpdateHeader } from "../delivery/update.ts";
import { covers, isSame, type Version, versionOf } from "../version.ts";

/** What an inbox keeps of a conversation, except the preview of its last message. */
export interface ListEntry extends Version {
  readonly conversation_id: string;
  /** The user's change number at this entry's last change. */
  readonly change: number;
  readonly min_seq: number;
  readonly read_seq: number;
  readonly peer_read_seq: number;
  readonly unread: number;
  /** Unread messages that mention the user, and the seq of the first of them; 0 and 0 if there are none. */
  readonly mention_count: number;
  readonly mention_seq: number;
  /** How many users wait for the approval of this user; 0 if the user is no owner or admin. */
  readonly application_count: number;
  readonly role: Role;
  readonly status: MemberStatus;
  readonly muted_until: Millis;
  readonly recv_msg_opt: number;
  readonly is_pinned: boolean;
  /** Marked as unread by the user; ends when the user reads or writes. */
  readonly is_unread: boolean;
  /** Put aside: not in the totals. */
  readonly is_archived: boolean;
  /** Until then the conversation counts as one without alerts; 0 for never. */
  readonly snooze_until: Millis;
  readonly updated_at: Millis;
  /** When this user founded the conversation; 0 if somebody else did. The daily limit of new groups uses it. */
  readonly founded_at: Millis;
  /** Bytes of content that this user has sent there since joining, as far as the inbox knows. */
  readonly sent_bytes: number;
  /** The last day (UTC, counted from 1970) on which the user sent there, and the bytes sent on that day. */
  readonly sent_day: number;
  readonly day_bytes: number;
  /** Whether this is a dismissed group. */
  readonly dismissed: boolean;
  /** Whether this is a large group, whose messages change the entry only when the list catches up. */
  readonly large: boolean;
  /** Whether it has left the list: for ever if it is over; or, if the list was full, until its next message. */
  readonly gone: boolean;
}

/** Whether the user is in a conversation that is not dismissed, as far as the inbox knows. [PRES-1] */
export function isShared(entry: ListEntry | undefined): boolean {
  return entry?.status === MemberStatus.NORMAL && !entry.dismissed;
}

/** Whether the inbox knows that its user's part in a conversation has ended; false if it knows no such conversation. */
export function hasEnded(entry: ListEntry | undefined): boolean {
  return entry !== undefined && !isShared(entry);
}

/**
 * Whether this leaves the list, because no more changes come: a dismissed group that the user has left [GROUP-4], or a
 * group of which the user sees nothing, because they declined an invitation.
 */
export function isOver({ dismissed, status, min_seq, seq }: ListEntry): boolean {
  if (status === MemberStatus.NORMAL || status === MemberStatus.INVITED) return false;
  return dismissed || min_seq > seq;
}

/** The parts of an update that are new to an inbox, and are therefore pushed. */
export interface News {
  /** The entry after the update, except its change number. */
  readonly entry: ListEntry;
  /** The update's lines from this index on are past the inbox's mark. */
  readonly firstNewLine: number;
  readonly read: boolean;
  readonly peerRead: boolean;
  /** Whether there are messages that no line brings and that the sockets do not have. Their users find them by sync. */
  readonly isCut: boolean;
  /** Whether the newest messages are not pushed, so that clients must be told to sync. */
  readonly isWithheld: boolean;
  /** Messages that the list knows were changed. */
  readonly amended: boolean;
  /** Role, status, range, mute or group card changed, or the conversation is new and the update has no message. */
  readonly member: boolean;
}

const UNKNOWN: Omit<ListEntry, "conversation_id"> = {
  seq: 0,
  ver: 0,
  rev: 0,
  change: 0,
  min_seq: 0,
  read_seq: 0,
  peer_read_seq: 0,
  unread: 0,
  mention_count: 0,
  mention_seq: 0,
  application_count: 0,
  role: 1,
  status: 1,
  muted_until: 0,
  recv_msg_opt: 0,
  is_pinned: false,
  is_unread: false,
  is_archived: false,
  snooze_until: 0,
  updated_at: 0,
  founded_at: 0,
  dismissed: false,
  large: false,
  sent_bytes: 0,
  sent_day: 0,
  day_bytes: 0,
  gone: false,
};

/**
 * Takes the part of an update that is past an entry's mark and drops the rest, so that updates may come twice or late.
 * A send moves read_seq without raising ver. A read mark raises ver, and only then is it news. [TELL-2]
 * @returns null if nothing is new.
 */
export function applyUpdate(known: ListEntry | undefined, update: Update): News | null {
  const { header } = update;
  const before = known ?? { ...UNKNOWN, conversation_id: header.conversation_id };
  const version = versionOf(header, before);
  if (known && (!covers(version, known) || isSame(version, known))) return null;
  const marked = header.ver > before.ver;
  const firstNewLine = Math.max(0, before.seq + 1 - header.from);
  return {
    entry: { ...before, ...stateOf(header), ...version, large: before.large || header.large === true },
    firstNewLine,
    isCut: false,
    isWithheld: false,
    read: known !== undefined && marked && header.read_seq > before.read_seq,
    // In a new chat, the messages themselves show how far their sender has read.
    peerRead: known !== undefined && marked && header.peer_read_seq > before.peer_read_seq,
    amended: version.rev > before.rev && isAmended(known, header),
    member: header.renamed || memberChanged(known, update),
  };
}

/** The messages of a conversation that is new come as they stand; but some may be deleted already. */
function isAmended(known: ListEntry | undefined, { changed }: UpdateHeader): boolean {
  return changed !== undefined && (known !== undefined || changed.deleted.length > 0);
}

function memberChanged(known: ListEntry | undefined, update: Update): boolean {
  const { header } = update;
  if (!known) return update.lines.length === 0;
  return (
    known.role !== header.role ||
    known.status !== header.status ||
    known.min_seq !== header.min_seq ||
    known.muted_until !== header.muted_until ||
    known.application_count !== (header.application_count ?? 0) ||
    (header.status === MemberStatus.INVITED && known.updated_at !== header.updated_at)
  );
}

/**
 * The entry with the bytes that an update reports as sent, counted on the day on which the inbox hears of them. [RATE-5]
 * The conversation's count starts again at 0 when the user returns.
 */
export function withSent(entry: ListEntry, sentBytes: number, day: number): ListEntry {
  if (sentBytes === entry.sent_bytes) return entry;
  const more = sentBytes > entry.sent_bytes ? sentBytes - entry.sent_bytes : sentBytes;
  const before = entry.sent_day === day ? entry.day_bytes : 0;
  return { ...entry, sent_bytes: sentBytes, sent_day: day, day_bytes: before + more };
}

function stateOf(header: UpdateHeader) {
  const { min_seq, read_seq, peer_read_seq, unread, role, status, muted_until, updated_at } = header;
  const { dismissed = false, mention_count = 0, mention_seq = 0, application_count = 0 } = header;
  return {
    min_seq,
    read_seq,
    peer_read_seq,
    unread,
    role,
    status,
    muted_until,
    updated_at,
    dismissed,
    mention_count,
    mention_seq,
    application_count,
  };
}
