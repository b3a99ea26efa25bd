import { CATCH_UP } from "../core/delivery/call.ts";
import { decodeRelay } from "../core/delivery/update.ts";
import type { InboxContext } from "../core/inbox.ts";
import type { ListEntry } from "../core/list/entry.ts";
import { askObject } from "../core/rpc.ts";
import type { Told } from "../core/told.ts";
import { withDeadline } from "../deadline.ts";
import type { Migrator } from "../durable/migrator.ts";
import { PushFrame } from "../durable/sockets.ts";
import { Code, errorCode } from "../protocol/codes.ts";
import { Push } from "../protocol/frames.ts";
import { RecvMsgOpt } from "../protocol/model.ts";
import type { ListInbound, Shown } from "./inbound.ts";

/** Messages come by themselves from this many large groups: those with the newest messages, as far as is known. */
const MOST_ATTENDED = 200;
/** How long a list waits for its groups. One that does not answer is shown as it was last known. */
const PATIENCE = 1_500;
/** A group is asked at most once in this time, unless something happened since. */
const PAUSE = 5_000;
/** When a group that could not be asked is asked again. */
const TRY_AGAIN = 5_000;
/** The answer carries no messages: a new socket finds them by its sync. */
const NO_LINES = Number.MAX_SAFE_INTEGER;

const STEPS = ["CREATE TABLE missed_groups (conversation_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"];

export interface LargeGroupsParts
  extends Pick<InboxContext, "env" | "userId" | "store" | "list" | "sockets" | "wakeAt"> {
  readonly inbound: Pick<ListInbound, "take" | "markOf">;
  /** Whether a feature wants the messages of a group also while there is no socket. */
  readonly wanted: (conversationId: string) => boolean;
  /** Called with messages that were pushed and are not in the list. */
  readonly passed: (entry: ListEntry, lines: readonly string[]) => void;
}

/**
 * The large groups of a user. Their messages are relayed to the user's sockets and change nothing in the list. The list
 * catches up when the user connects, lists or syncs. [TELL-7 TELL-8]
 */
export class LargeGroups implements Shown {
  readonly #parts: LargeGroupsParts;
  /** When each group was last asked. */
  readonly #asked = new Map<string, number>();
  readonly #underWay = new Map<string, Promise<void>>();
  /** The newest message that was relayed. */
  readonly #relayed = new Map<string, number>();
  /** Groups of which every open socket has all that was relayed since the list's entry, or will sync. */
  readonly #complete = new Set<string>();
  readonly #missed: MissedGroups;

  constructor(parts: LargeGroupsParts) {
    this.#parts = parts;
    this.#missed = new MissedGroups(parts.store);
  }

  /** Whether messages of a large group may come: the user has a socket or wants them anyway, and does not refuse them. */
  isOnline(conversationId: string): boolean {
    const { list, sockets } = this.#parts;
    const entry = list.get(conversationId);
    if (!entry || entry.recv_msg_opt === RecvMsgOpt.REFUSE || !list.isAmongLarge(entry, MOST_ATTENDED)) return false;
    return sockets.hearing().next().done !== true || this.#parts.wanted(conversationId);
  }

  /** The newest message of a group that the sockets have. */
  newestShown(conversationId: string): number {
    const stored = this.#parts.list.get(conversationId)?.seq ?? 0;
    return Math.max(stored, this.#relayed.get(conversationId) ?? 0);
  }

  /** Whether every socket has the messages up to one, or notices that it lacks some. */
  isShown(conversationId: string, seq: number): boolean {
    return this.#complete.has(conversationId) && seq <= this.newestShown(conversationId);
  }

  /** The list's entry has changed, and the sockets were told. */
  stored(entry: ListEntry): void {
    if (entry.large) this.#complete.add(entry.conversation_id);
  }

  began(conversationId: string): void {
    if (this.isOnline(conversationId)) void this.#ask(conversationId, this.#after(conversationId));
  }

  /** Passes messages to the sockets. */
  async relay(text: string): Promise<Told> {
    const { conversation_id: id, from, seq, rev, lines } = decodeRelay(text);
    // The answer of a catch-up may be on its way, with messages before these.
    await this.#underWay.get(id);
    const online = this.isOnline(id);
    const entry = this.#parts.list.get(id);
    if (online && entry) {
      const shown = this.newestShown(id);
      const fresh = lines.slice(Math.max(0, shown + 1 - from));
      this.#relayed.set(id, Math.max(shown, seq));
      this.#asked.delete(id);
      if (fresh.length > 0) this.#push(entry, fresh, rev ?? entry.rev);
    }
    return { seq, ver: 0, online };
  }

  #push(entry: ListEntry, lines: readonly string[], rev: number): void {
    const { list, sockets, passed } = this.#parts;
    const step = `"prev":${list.cursor},"cursor":${list.cursor}`;
    const { conversation_id: id } = entry;
    const fields = `"msgs":{"${id}":[${lines.join(",")}]},"revs":{"${id}":${rev}}`;
    const frame = new PushFrame(Push.MESSAGES, `{${fields},${step}}`);
    for (const [socket] of sockets.hearing()) sockets.push(socket, frame);
    passed(entry, lines);
  }

  /** A socket was opened: the user attends all groups from now on. */
  socketOpened(): void {
    this.#asked.clear();
    this.#complete.clear();
    for (const { conversation_id } of this.#parts.list.largeGroups()) void this.#ask(conversation_id, NO_LINES);
  }

  /** Brings one group, or all, up to date in the list, if that was not done just before. Waits only briefly. */
  async catchUp(conversationId?: string): Promise<void> {
    const { list } = this.#parts;
    const ids = conversationId ? [conversationId] : list.largeGroups().map((entry) => entry.conversation_id);
    const now = Date.now();
    const due = ids.filter((id) => conversationId !== undefined || now - (this.#asked.get(id) ?? 0) >= PAUSE);
    if (due.length === 0) return;
    const all = Promise.all(due.map((id) => this.#ask(id, this.#after(id))));
    await withDeadline(all, PATIENCE).catch(() => undefined);
  }

  /** A call to a group got no answer, and with it messages that the group may count as shown. */
  lost(conversationId: string): void {
    if (!this.#parts.list.get(conversationId)?.large) return;
    this.#missed.put(conversationId);
    this.#parts.wakeAt(Date.now() + TRY_AGAIN);
  }

  /** Asks the groups again that could not be asked. */
  alarm(): void {
    for (const id of this.#missed.all()) {
      if (this.isOnline(id)) void this.#ask(id, this.#after(id));
      // The next socket asks all groups.
      else this.#missed.delete(id);
    }
  }

  /** The newest message that need not come; undefined if this object slept since, and the group knows better. */
  #after(id: string): number | undefined {
    if (this.#complete.has(id)) return this.newestShown(id);
    return this.#missed.has(id) ? (this.#parts.list.get(id)?.seq ?? 0) : undefined;
  }

  #ask(id: string, after: number | undefined): Promise<void> {
    const known = this.#underWay.get(id);
    if (known !== undefined) return known;
    const asking = this.#askOnce(id, after).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, asking);
    return asking;
  }

  async #askOnce(id: string, after: number | undefined): Promise<void> {
    const { env, userId, inbound } = this.#parts;
    const online = this.isOnline(id);
    const input = { user_id: userId, mark: inbound.markOf(id), online, after };
    try {
      const update = await askObject(env.CONVERSATION.getByName(id), CATCH_UP, input);
      inbound.take(update, {}, () => undefined);
      this.#asked.set(id, Date.now());
      this.#complete.add(id);
      this.#missed.delete(id);
      // A socket was opened or closed meanwhile.
      if (online !== this.isOnline(id)) this.lost(id);
    } catch (error) {
      if (errorCode(error) === Code.NO_PERMISSION) this.#missed.delete(id);
      else this.lost(id);
    }
  }
}

/** The groups that must be asked again, in storage: the object may sleep before the alarm. */
class MissedGroups {
  readonly #sql: InboxContext["store"]["sql"];
  readonly #tables: Migrator;
  readonly #ids = new Set<string>();

  constructor({ sql, migrator }: InboxContext["store"]) {
    this.#sql = sql;
    this.#tables = migrator.part("missed_groups", { steps: STEPS });
    if (!this.#tables.isBorn) return;
    const rows = sql.exec<{ conversation_id: string }>("SELECT conversation_id FROM missed_groups").toArray();
    for (const { conversation_id } of rows) this.#ids.add(conversation_id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  all(): string[] {
    return [...this.#ids];
  }

  put(id: string): void {
    if (this.#ids.has(id)) return;
    this.#tables.migrate();
    this.#sql.exec("INSERT OR IGNORE INTO missed_groups (conversation_id) VALUES (?)", id);
    this.#ids.add(id);
  }

  delete(id: string): void {
    if (this.#ids.delete(id)) this.#sql.exec("DELETE FROM missed_groups WHERE conversation_id = ?", id);
  }
}
