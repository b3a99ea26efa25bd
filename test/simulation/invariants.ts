import type { ErasureMode } from "../../src/protocol/account-model.ts";
import type { Conversation } from "../../src/protocol/model.ts";

import type { Ledger, Sight } from "./ledger.ts";
import type { MessageStates } from "./message-states.ts";
import { type Expected, expectedOf, isNotice, type Logged, RECALLED, type Reading, read, unreadOf } from "./model.ts";
import { hasWord } from "./searches.ts";
import type { User } from "./user.ts";
import type { World } from "./world.ts";

interface MemberRow {
  readonly user_id: string;
  readonly role: number;
  readonly status: number;
  readonly min_seq: number;
  readonly end_seq: number;
  readonly read_seq: number;
  readonly refuses: number;
}

/**
 * The members who left a group after it was dismissed, or a single chat by an erasure. Only their rows say so, there is
 * no notice. [GROUP-4] [ERASE-2]
 */
function leftWithoutNotice(log: readonly Logged[], rows: readonly MemberRow[], isGroup: boolean): string[] {
  if (isGroup && log.at(-1)?.msg_type !== 1009) return [];
  return rows.filter(({ status, end_seq }) => status === 2 && end_seq === log.length).map(({ user_id }) => user_id);
}

/** Checks everything that must hold when the system is idle, and reports violations. */
export class Invariants {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #users: readonly User[];
  readonly #maxMembers: number;
  readonly #states: MessageStates;
  readonly #readings = new Map<string, Reading>();
  /** The read mark of each member, from the conversation. */
  readonly #read = new Map<string, number>();

  /** Users whose accounts were erased, and what is left of their messages. */
  readonly #erased = new Map<string, ErasureMode>();

  constructor(world: World, ledger: Ledger, users: readonly User[], maxMembers: number, states: MessageStates) {
    this.#maxMembers = maxMembers;
    this.#states = states;
    this.#world = world;
    this.#ledger = ledger;
    this.#users = users;
  }

  /** Erasures that began have ended, whatever failed; nothing revives what they left. [ERASE-1] [ERASE-5] */
  erasures(): void {
    for (const user of this.#users) {
      const { erasure } = user;
      if (!erasure) continue;
      this.#erased.set(user.id, erasure.mode);
      if (erasure.done_at === 0) this.#complain(`[ERASE-1] ${user.id} is not erased to the end`);
      const { disk } = this.#world.inbox(user.id);
      for (const table of ["conversations", "logins", "erasure_steps", "quotas"]) {
        const rows = disk.run(`SELECT * FROM ${table}`).length;
        if (rows > 0) this.#complain(`[ERASE-5] ${user.id}'s inbox has ${rows} rows in ${table}`);
      }
    }
  }

  /** Compares the conversations' storage with what users did. */
  conversations(): void {
    for (const [key, host] of this.#world.hosts) {
      if (!key.startsWith("conversation ") || host.disk.isBlank) continue;
      const id = key.slice("conversation ".length);
      const log = host.disk.run<Logged>("SELECT * FROM messages ORDER BY seq");
      const group = this.#ledger.groups.get(id);
      const first = group ? [group.owner_id, ...group.member_ids] : id.slice(3).split(":");
      const rows = host.disk.run<MemberRow>("SELECT * FROM members");
      const left = leftWithoutNotice(log, rows, group !== undefined);
      const reading = read(log, first, group?.owner_id ?? null, left);
      this.#readings.set(id, reading);
      if (reading.most > this.#maxMembers) this.#complain(`[GROUP-1] ${id} had ${reading.most} members`);
      for (const wrong of reading.wrongs) this.#complain(`${id}: ${wrong}`);
      if (!group && log.length === 0) this.#complain(`[SEND-7] ${id} exists without a message`);
      this.#states.conversation(id, log);
      for (const { sender_id, msg_type, content, seq } of log) {
        const isGone = isNotice(msg_type) || content === RECALLED || this.#erased.get(sender_id) !== "messages";
        if (!isGone) this.#complain(`[ERASE-2] ${id} has the message ${seq} of ${sender_id}`);
      }
      this.#operations(id, log, left);
      for (const row of rows) {
        this.#member(id, reading, row);
        if (!group && !this.#erased.has(row.user_id)) this.#refusal(id, log, row);
      }
    }
    this.#states.answered();
    for (const sight of this.#ledger.sights) this.#sight(sight);
  }

  /** Compares the events that the backend of an application got with the conversations. [HOOK-1] */
  events(): void {
    const told = new Map<string, { seq: number; client_msg_id: string; sender_id: string }>();
    for (const text of this.#world.events) {
      const { id, type, data } = JSON.parse(text);
      if (type === "message.sent" || type === "notice") told.set(id, data);
    }
    for (const [key, host] of this.#world.hosts) {
      if (!key.startsWith("conversation ") || host.disk.isBlank) continue;
      const id = key.slice("conversation ".length);
      for (const { seq, client_msg_id, sender_id } of host.disk.run<Logged>("SELECT * FROM messages")) {
        const event = told.get(`${id}:${seq}`);
        told.delete(`${id}:${seq}`);
        if (!event) this.#complain(`[HOOK-1] nobody was told of ${id}:${seq}`);
        else if (event.client_msg_id !== client_msg_id || event.sender_id !== sender_id) {
          this.#complain(`[HOOK-1] the event of ${id}:${seq} is another message`);
        }
      }
    }
    for (const id of told.keys()) this.#complain(`[HOOK-1] the event ${id} is of no message`);
  }

  /** Compares an inbox's storage and its list with the conversations. */
  list(user: User, list: readonly Conversation[], when: string): void {
    if (this.#erased.has(user.id)) return;
    const wanted = new Map(
      [...this.#readings].flatMap(([id, reading]) => {
        const expected = expectedOf(reading, user.id);
        return expected?.isListed ? [[id, { reading, expected }] as const] : [];
      }),
    );
    for (const view of list) {
      const known = wanted.get(view.conversation_id);
      wanted.delete(view.conversation_id);
      if (known) this.#view(user, view, known.reading, known.expected, when);
      else this.#complain(`${when}: ${user.id}'s list has ${view.conversation_id}, which is not theirs`);
    }
    for (const id of wanted.keys()) this.#complain(`[TELL-1] ${when}: ${user.id}'s list lacks ${id}`);
    const sorted = [...list].sort((a, b) => Number(b.is_pinned) - Number(a.is_pinned) || b.updated_at - a.updated_at);
    const isSorted = list.every(
      (view, at) => view.is_pinned === sorted[at]?.is_pinned && view.updated_at === sorted[at]?.updated_at,
    );
    if (!isSorted) this.#complain(`[LIST-1] ${when}: ${user.id}'s list is not in order`);
  }

  /** The conversations that a user is in. */
  memberships(userId: string): string[] {
    return [...this.#readings].filter(([, reading]) => expectedOf(reading, userId)?.status === 1).map(([id]) => id);
  }

  /** A search at rest finds every text with the word that the user sees, the newest first. [SEARCH-1] [SEARCH-2] */
  search(userId: string, id: string, found: readonly number[] | null): void {
    const reading = this.#readings.get(id);
    const expected = reading && expectedOf(reading, userId);
    if (!expected) return;
    const deleted = this.#states.deletedBy(id, userId);
    const isFound = (message: Logged) => message.seq >= expected.min && !deleted.has(message.seq) && hasWord(message);
    const wanted = reading.log.filter(isFound).map(({ seq }) => seq);
    if (found?.join() === wanted.reverse().join()) return;
    this.#complain(`[SEARCH-1] ${userId} finds ${found} in ${id}, and should find ${wanted}`);
  }

  /** Compares what each client has with what its user may see. */
  clients(user: User): void {
    if (this.#erased.has(user.id)) return;
    for (const client of user.clients) {
      for (const [id, reading] of this.#readings) {
        const expected = expectedOf(reading, user.id);
        const shelf = client.replica.shelves.get(id);
        if (!expected) {
          if (shelf && shelf.messages.size > 0) this.#complain(`[VIS-1] ${client.name} has messages of ${id}`);
          continue;
        }
        if (!expected.isListed) {
          if (shelf?.view) this.#complain(`[GROUP-4] ${client.name} shows ${id}, which was left after its dismissal`);
          continue;
        }
        if (!shelf?.view) {
          this.#complain(`[SYNC-2] ${client.name} lacks ${id}`);
          continue;
        }
        const deleted = this.#states.deletedBy(id, user.id);
        const held = [...shelf.messages.keys()].sort((a, b) => a - b);
        this.#messages(client.name, id, held, expected, deleted);
        const peerRead = this.#peerRead(id, user.id);
        const { my_role, my_status, muted_until } = shelf.view;
        const readSeq = this.#read.get(`${id} ${user.id}`) ?? 0;
        this.#compare(`client ${client.name} of ${id}`, {
          max: [shelf.max, expected.max],
          min: [shelf.min, expected.min],
          role: [my_role, expected.role],
          status: [my_status, expected.status],
          muted: [muted_until, expected.mutedUntil],
          read: [Math.max(shelf.read, expected.min - 1), readSeq],
          // A message shows how far its sender has read. A user who deleted it before it came is not told.
          ...(!deleted.has(peerRead) && { peerRead: [shelf.peerRead, peerRead] }),
          ...this.#unread(id, user.id, shelf.unread(), readSeq),
        });
      }
      this.#states.recalledNowhere(client);
    }
  }

  #view(user: User, view: Conversation, reading: Reading, expected: Expected, when: string): void {
    const id = view.conversation_id;
    const readSeq = this.#read.get(`${id} ${user.id}`) ?? 0;
    const deleted = this.#states.deletedBy(id, user.id);
    const newest = reading.log.findLast(({ seq }) => seq >= expected.min && seq <= expected.max && !deleted.has(seq));
    const mentions = this.#states.mentions(id, user.id, {
      after: Math.max(readSeq, expected.min - 1),
      max: expected.max,
    });
    this.#compare(`${when}: ${user.id}'s list of ${id}`, {
      max: [view.max_seq, expected.max],
      min: [view.min_seq, expected.min],
      role: [view.my_role, expected.role],
      status: [view.my_status, expected.status],
      muted: [view.muted_until, expected.mutedUntil],
      read: [view.read_seq, readSeq],
      peerRead: [view.peer_read_seq, this.#peerRead(id, user.id)],
      ...this.#unread(id, user.id, view.unread_count, readSeq),
      // An edit of an older message that changes mentions is told to active members.
      ...(expected.status === 1 && {
        mentions: [view.mention_count, mentions.length],
        mentioned: [view.mention_seq, mentions[0] ?? 0],
      }),
      last: [view.last_message?.seq ?? 0, newest?.seq ?? 0],
      updated: [newest ? view.updated_at : 0, newest?.send_at ?? 0],
    });
    const last = view.last_message;
    if (newest && last && expected.status === 1 && JSON.stringify(last.content) !== newest.content) {
      this.#complain(`[OPS-3] ${when}: ${user.id}'s list shows an old state of ${id} ${last.seq}`);
    }
  }

  #member(id: string, reading: Reading, row: MemberRow): void {
    const expected = expectedOf(reading, row.user_id);
    if (!expected) {
      this.#complain(`${id} has a member ${row.user_id} who is not in its log`);
      return;
    }
    this.#read.set(`${id} ${row.user_id}`, row.read_seq);
    this.#compare(`${id}'s member ${row.user_id}`, {
      role: [row.role, expected.role],
      status: [row.status, expected.status],
      min: [row.min_seq, expected.min],
      end: [row.end_seq, expected.status === 1 ? 0 : expected.max],
    });
    const mark = this.#ledger.marks.get(`${id} ${row.user_id}`);
    const own = reading.people.get(row.user_id)?.lastOwn ?? 0;
    const least = Math.max(expected.min - 1, own, mark?.answered ?? 0);
    const most = Math.max(least, ...(mark?.asked ?? []).map((asked) => Math.min(asked, expected.max)));
    if (row.read_seq < least || row.read_seq > most) {
      this.#complain(
        `[READ-1] ${id}: ${row.user_id} has read to ${row.read_seq}, which is not between ${least} and ${most}`,
      );
    }
  }

  /** Each single chat knows whether its users refuse each other. [BLOCK-1] [PRIV-1] */
  #refusal(id: string, log: readonly Logged[], { user_id, refuses }: MemberRow): void {
    const { disk } = this.#world.inbox(user_id);
    const peer = id
      .slice(3)
      .split(":")
      .find((other) => other !== user_id);
    const hasTables = disk.run("SELECT name FROM sqlite_master WHERE name = 'blocks'").length > 0;
    const isBlocked = hasTables && disk.run(`SELECT at FROM blocks WHERE user_id = '${peer}'`).length > 0;
    const [privacy] = hasTables ? disk.run<{ messages_from: string }>("SELECT messages_from FROM privacy") : [];
    const isKnown = log.some(({ sender_id }) => sender_id === user_id);
    const byPrivacy = { all: 0, known: isKnown ? 0 : 2, nobody: 3 }[privacy?.messages_from ?? "all"] ?? 0;
    this.#compare(`${id}'s refusal by ${user_id}`, { refuses: [refuses, isBlocked ? 1 : byPrivacy] });
  }

  #peerRead(id: string, userId: string): number {
    if (!id.startsWith("si_")) return 0;
    const peer = id
      .slice(3)
      .split(":")
      .find((other) => other !== userId);
    return this.#read.get(`${id} ${peer}`) ?? 0;
  }

  #operations(id: string, log: readonly Logged[], left: readonly string[]): void {
    const TYPES: Record<string, number> = { join: 1001, quit: 1003, dismiss: 1009, transfer: 1006 };
    for (const [type, number] of Object.entries(TYPES)) {
      for (const { id: userId } of this.#users) {
        // An erasure quits and dismisses, too.
        if (this.#erased.has(userId)) continue;
        // A join by a link makes the same notice.
        const types = type === "join" ? ["join", "join_by_link"] : [type];
        const all = types.map((each) => this.#ledger.operation(id, userId, each));
        const tried = all.reduce((sum, each) => sum + each.tried, 0);
        const answered = all.reduce((sum, each) => sum + each.answered, 0);
        const noticed = log.filter((message) => message.msg_type === number && message.sender_id === userId).length;
        const made = noticed + Number(type === "quit" && left.includes(userId));
        if (made < answered || made > tried) {
          this.#complain(
            `${id}: ${userId} tried ${type} ${tried} times, was answered ${answered} times, and succeeded ${made} times`,
          );
        }
      }
    }
  }

  /** Users see only messages from their stays, and no messages of an old stay once a new one has begun. */
  #sight({ user_id, conversation_id, seq, content, max_seq }: Sight): void {
    const reading = this.#readings.get(conversation_id);
    const stays = reading?.people.get(user_id)?.stays ?? [];
    const isWithin = (at: number, { from, to }: { from: number; to: number }) => at >= from && (to === 0 || at <= to);
    const stay = stays.find((some) => isWithin(seq, some));
    const logged = reading?.log[seq - 1];
    if (!stay) this.#complain(`[VIS-1] ${user_id} was shown ${conversation_id} ${seq}`);
    else if (max_seq !== null && !isWithin(max_seq, stay))
      this.#complain(`[VIS-2] ${user_id} was shown ${conversation_id} ${seq} of a stay that was over`);
    if (logged && !this.#states.isContentOf(conversation_id, logged, content))
      this.#complain(`${user_id} was shown another ${conversation_id} ${seq}`);
  }

  #unread(id: string, userId: string, is: number, readSeq: number): Record<string, [number, number]> {
    const reading = this.#readings.get(id);
    const expected = reading && expectedOf(reading, userId);
    // The inbox of a user who left is not told of what was recalled after that.
    if (!expected || this.#states.isRecalledLater(id, userId)) return {};
    const deleted = this.#states.deletedBy(id, userId);
    const isGone = (seq: number) => deleted.has(seq) || this.#states.isRecalled(id, seq);
    return { unread: [is, unreadOf(reading, expected, readSeq, isGone)] };
  }

  #messages(
    name: string,
    id: string,
    seqs: readonly number[],
    { min, max }: Expected,
    deleted: ReadonlySet<number>,
  ): void {
    const missing: number[] = [];
    const held = new Set(seqs);
    for (let seq = min; seq <= max; seq++) if (!deleted.has(seq) && !held.delete(seq)) missing.push(seq);
    if (missing.length > 0) this.#complain(`[SYNC-2] ${name} lacks ${missing} of ${id} ${min}-${max}`);
    if (held.size > 0) this.#complain(`[VIS-1] ${name} has ${[...held]} of ${id}, outside ${min}-${max}`);
  }

  #compare(what: string, pairs: Record<string, [is: number, shouldBe: number]>): void {
    const wrong = Object.entries(pairs).filter(([, [is, shouldBe]]) => is !== shouldBe);
    if (wrong.length === 0) return;
    this.#complain(
      `${what}: ${wrong.map(([key, [is, shouldBe]]) => `${key} is ${is}, should be ${shouldBe}`).join(", ")}`,
    );
  }

  #complain(complaint: string): void {
    this.#ledger.complain(complaint);
  }
}
