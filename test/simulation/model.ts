import type { Amended, MessageMeta } from "../../src/protocol/model.ts";

/**
 * The meaning of a conversation's log, derived from the log alone in the simplest way. It is an independent reading of
 * the contract that shares no code with the server.
 */

export interface Logged {
  readonly seq: number;
  readonly sender_id: string;
  readonly client_msg_id: string;
  readonly msg_type: number;
  readonly content: string;
  readonly send_at: number;
  readonly rev: number;
  /** JSON text. */
  readonly meta: string | null;
  readonly amended: string | null;
}

/** A stay in the conversation, from one seq to another; `to` is 0 while it lasts. */
interface Stay {
  readonly from: number;
  to: number;
}

interface Person {
  readonly stays: Stay[];
  /** 1 active, 2 quit, 3 kicked, 5 banned. */
  status: number;
  /** 1 member, 2 admin, 3 owner. */
  role: number;
  mutedUntil: number;
  /** The newest own message of this stay, including notices: it moves the read mark. */
  lastOwn: number;
}

export interface Reading {
  readonly people: ReadonlyMap<string, Person>;
  readonly mutedUntil: number;
  readonly dismissed: boolean;
  /** The largest number of members at a time. */
  readonly most: number;
  readonly log: readonly Logged[];
  readonly wrongs: readonly string[];
}

const NOTICE = {
  JOINED: 1001,
  INVITED: 1002,
  QUIT: 1003,
  KICKED: 1004,
  ROLE: 1005,
  OWNER: 1006,
  MUTE: 1007,
  UPDATED: 1008,
  DISMISSED: 1009,
  APPROVED: 1012,
  OWNER_FOLLOWED: 1013,
};
/** The content of a message after its sender was erased. */
export const RECALLED = "{}";
export const isNotice = (type: number) => type >= NOTICE.JOINED;

interface NoticeContent {
  readonly user_ids?: string[];
  readonly banned_until?: number;
  readonly muted_until?: number;
  readonly role_level?: number;
  readonly slow_mode?: number;
}

/**
 * @param owner the creator of the group; null for a single chat.
 * @param left the users who left without a notice: after the group was dismissed, or a single chat by an erasure.
 */
export function read(
  log: readonly Logged[],
  first: readonly string[],
  owner: string | null,
  left: readonly string[],
): Reading {
  const people = new Map<string, Person>();
  const wrongs: string[] = [];
  let mutedUntil = 0;
  let dismissed = false;
  let most = first.length;
  let slow = 0;
  const sentAt = new Map<string, number>();
  const wrong = (message: Logged, what: string) =>
    wrongs.push(`seq ${message.seq} (${message.msg_type} by ${message.sender_id}): ${what}`);
  const enter = (id: string, seq: number, role: number) => {
    const { stays = [], mutedUntil = 0 } = people.get(id) ?? {};
    people.set(id, { stays: [...stays, { from: seq, to: 0 }], status: 1, role, mutedUntil, lastOwn: 0 });
  };
  const leave = (id: string, seq: number, status: number) => {
    const person = people.get(id);
    const stay = person?.stays.at(-1);
    if (person && stay) {
      stay.to = seq;
      Object.assign(person, { status, role: 1 });
    }
  };
  const isThere = (id: string) => people.get(id)?.status === 1;
  const roleOf = (id: string) => (isThere(id) ? (people.get(id)?.role ?? 0) : 0);

  for (const id of first) enter(id, 1, id === owner ? 3 : 1);
  for (const [index, message] of log.entries()) {
    const { seq, sender_id: by, msg_type } = message;
    if (seq !== index + 1) wrong(message, `[SEND-2] is at position ${index + 1}`);
    const before = log[index - 1];
    if (before && message.send_at < before.send_at) wrong(message, "[SEND-6] sent before the one before it");
    if (dismissed) wrong(message, "the group was dismissed");
    const content: NoticeContent = JSON.parse(message.content);
    const ids = content.user_ids ?? [];
    const [target = ""] = ids;
    if (msg_type === NOTICE.JOINED) {
      if (isThere(by) || people.get(by)?.status === 3) wrong(message, "cannot join");
      enter(by, seq, 1);
    } else if (!isThere(by)) wrong(message, "is not there");
    else if (msg_type === NOTICE.INVITED) {
      for (const id of ids) {
        if (isThere(id)) wrong(message, `${id} is there already`);
        enter(id, seq, 1);
      }
    } else if (msg_type === NOTICE.APPROVED) {
      if (roleOf(by) < 2 || isThere(target)) wrong(message, `may not let ${target} in`);
      enter(target, seq, 1);
    } else if (msg_type === NOTICE.QUIT) {
      if (roleOf(by) === 3) wrong(message, "the owner cannot quit");
      leave(by, seq, 2);
    } else if (msg_type === NOTICE.KICKED) {
      for (const id of ids) {
        if (roleOf(by) < 2 || roleOf(id) >= roleOf(by) || !isThere(id)) wrong(message, `may not kick ${id}`);
        leave(id, seq, content.banned_until === undefined ? 3 : 5);
      }
    } else if (msg_type === NOTICE.ROLE) {
      const person = people.get(target);
      if (roleOf(by) !== 3 || !isThere(target)) wrong(message, `may not set ${target}'s role`);
      if (person) person.role = content.role_level ?? 0;
    } else if (msg_type === NOTICE.OWNER) {
      const [old, next] = [people.get(by), people.get(target)];
      if (old?.role !== 3 || !isThere(target)) wrong(message, `may not hand over to ${target}`);
      if (old) old.role = 1;
      if (next) Object.assign(next, { role: 3, mutedUntil: 0 });
    } else if (msg_type === NOTICE.OWNER_FOLLOWED) {
      const [old, next] = [people.get(by), people.get(target)];
      const wanted = successorOf(people, by, first);
      if (old?.role !== 3 || target !== wanted) wrong(message, `[ERASE-3] is followed by ${target}, not by ${wanted}`);
      if (old) old.role = 1;
      if (next) Object.assign(next, { role: 3, mutedUntil: 0 });
    } else if (msg_type === NOTICE.MUTE) {
      if (roleOf(by) < 2) wrong(message, "may not mute");
      const until = content.muted_until ?? 0;
      const person = people.get(target);
      if (ids.length === 0) mutedUntil = until;
      else if (!person || roleOf(target) >= roleOf(by)) wrong(message, `may not mute ${target}`);
      else person.mutedUntil = until;
    } else if (isNotice(msg_type)) {
      if (roleOf(by) < (msg_type === NOTICE.DISMISSED ? 3 : 2)) wrong(message, "may not");
      dismissed = msg_type === NOTICE.DISMISSED;
    }
    if (msg_type === NOTICE.UPDATED && content.slow_mode !== undefined) {
      slow = content.slow_mode * 1_000;
      if (slow === 0) sentAt.clear();
    }
    // The owner and admins have no such time, so theirs does not count after they lose the role either.
    if (slow > 0 && !isNotice(msg_type) && roleOf(by) === 1) {
      const wait = (sentAt.get(by) ?? Number.NEGATIVE_INFINITY) + slow - message.send_at;
      if (wait > 0) wrong(message, `[SWITCH-1] is ${wait} ms too early for slow mode`);
      sentAt.set(by, message.send_at);
    }
    most = Math.max(most, [...people.values()].filter((person) => person.status === 1).length);
    const sender = people.get(by);
    if (sender?.status === 1) sender.lastOwn = seq;
  }
  for (const id of left) {
    if ((!dismissed && owner !== null) || !isThere(id)) wrongs.push(`${id} is out of the group without a notice`);
    leave(id, log.length, 2);
  }
  return { people, mutedUntil, dismissed, most, log, wrongs };
}

/** The oldest admin, or else the oldest member. */
function successorOf(people: ReadonlyMap<string, Person>, owner: string, first: readonly string[]): string | undefined {
  const others = [...people].filter(([id, { status }]) => status === 1 && id !== owner);
  // First members are older than all who came by a notice.
  const since = (id: string, { stays }: Person) =>
    stays.length === 1 && first.includes(id) ? 0 : (stays.at(-1)?.from ?? 0);
  others.sort(([a, one], [b, other]) => other.role - one.role || since(a, one) - since(b, other) || (a < b ? -1 : 1));
  return others[0]?.[0];
}

/** What one user must see in the end. */
export interface Expected {
  readonly min: number;
  readonly max: number;
  readonly role: number;
  readonly status: number;
  readonly mutedUntil: number;
  /** A dismissed group that the user has left is in no list. */
  readonly isListed: boolean;
}

export function expectedOf(reading: Reading, userId: string): Expected | null {
  const person = reading.people.get(userId);
  const stay = person?.stays.at(-1);
  if (!person || !stay) return null;
  const own = person.role === 1 ? Math.max(person.mutedUntil, reading.mutedUntil) : person.mutedUntil;
  const mutedUntil = person.status === 1 ? own : 0;
  const max = stay.to > 0 ? stay.to : reading.log.length;
  const isListed = !(person.status !== 1 && reading.dismissed && max === reading.log.length);
  return { min: stay.from, max, role: person.role, status: person.status, mutedUntil, isListed };
}

/** Countable messages after a read mark that someone with this range sees. @param isGone recalled or deleted ones */
export function unreadOf(
  reading: Reading,
  { min, max }: Expected,
  readSeq: number,
  isGone: (seq: number) => boolean,
): number {
  const isUnread = ({ seq, msg_type }: Logged) => seq > readSeq && seq >= min && seq <= max && !isNotice(msg_type);
  return reading.log.filter((message) => isUnread(message) && !isGone(message.seq)).length;
}

/** What became of a message; null if nothing. */
export function amendedOf({ amended }: Logged): Amended | null {
  return amended === null ? null : JSON.parse(amended);
}

/** What is said beside a content. */
export function metaOf({ meta }: Logged): MessageMeta | null {
  return meta === null ? null : JSON.parse(meta);
}

/** All that may change of a message but its content. */
export function said(message: Logged): string {
  return JSON.stringify([metaOf(message), amendedOf(message)]);
}
