import type { Beside } from "../../core/delivery/update.ts";
import type { InboxContext } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { updatedSince } from "../../core/list/queries.ts";
import { withDeadline } from "../../deadline.ts";
import { detailOf, log } from "../../log.ts";
import { type Millis, RecvMsgOpt } from "../../protocol/model.ts";
import { type Alerting, alertOf, hasAlerts, recalledAmong } from "./alerts.ts";
import type { Devices, LiveDevice } from "./devices.ts";
import type { EveryMessage } from "./every-message.ts";
import { platformsInFront } from "./front.ts";
import type { Composer, Draft } from "./payloads.ts";
import type { Outgoing, Sender } from "./sender.ts";
import type { Notification, PushStore } from "./store.ts";

/** While another device is in front, a message may be read there within this time. [NOTIFY-2] */
const WAIT_FOR_READING = 5_000;
/** How recent a message must be to count as unseen when the last socket in front goes: longer than clients ping. */
const UNSEEN_FOR = 30_000;
/** The least time between two notifications of a conversation. [NOTIFY-3] */
const PAUSE = 3_000;
/** How long the alarm waits for push services; after that it sees to the other work of the inbox. */
const PATIENCE = 2_000;
/** When notifications that are still under way are looked at again. A crash before that loses none. */
const LOOK_AGAIN = 60_000;
/** Conversations whose last notification is remembered, and how many are notified of at a time. [MEM-1] */
const MAX = { remembered: 1_000, underWay: 50 };

/** A change of the list: an entry before and after it, its new messages as JSON, and what is said of them. */
export interface ListChange {
  readonly before: ListEntry | undefined;
  readonly entry: ListEntry;
  readonly lines: readonly string[];
  readonly beside: Beside;
}

/** A notification that goes out: what it is about, and the message that it shows. */
interface Sent {
  readonly seq: number;
  readonly shown: number;
}

export interface NotifierParts
  extends Pick<InboxContext, "userId" | "list" | "inbound" | "sockets" | "connections" | "wakeAt"> {
  readonly store: PushStore;
  readonly devices: Devices;
  readonly every: EveryMessage;
  readonly composer: Composer;
  readonly sender: Sender;
}

/**
 * Decides when notifications go out. One that waits is a row, and the alarm sends it: neither a crash nor hibernation
 * loses it, and no message waits for a push service. [NOTIFY-1]
 */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #rows: Map<string, Notification>;
  /** The notifications that are being sent, and when they were due. */
  readonly #underWay = new Map<string, Millis>();

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#rows = new Map(parts.store.notifications().map((row) => [row.conversation_id, row]));
  }

  /**
   * Lets a notification wait for the new messages of a conversation, if a device is to get one; or for a recall of what
   * the last one shows.
   */
  listChanged({ before, entry, lines, beside }: ListChange): void {
    const { devices } = this.#parts;
    if (devices.isEmpty) return;
    const alerting = this.#alerting();
    const { now } = alerting;
    const stale = this.#staleAfter(before, entry, beside.changed);
    const alerts = lines.flatMap((line) => alertOf(line, entry, beside, alerting) ?? []);
    if (alerts.length === 0 && !stale) return;
    const inFront = platformsInFront(this.#parts);
    if (away(devices.live(), inFront).length === 0) return;
    const named_seq = alerts.findLast(({ isNamed }) => isNamed)?.seq;
    const isUrgent = inFront.size === 0 || alerts.length === 0;
    const changes = { ...stale, ...(named_seq !== undefined && { named_seq }) };
    this.#wait(entry.conversation_id, now + (isUrgent ? 0 : WAIT_FOR_READING), changes);
  }

  #alerting(): Alerting {
    const { every, userId } = this.#parts;
    return { userId, now: Date.now(), isEvery: (id) => every.has(id) };
  }

  /**
   * What a recall makes of a conversation's last notification: it goes if nothing is left unread, or if it shows what was
   * recalled. Null if it may stay. [NOTIFY-8]
   */
  #staleAfter(
    before: ListEntry | undefined,
    entry: ListEntry,
    changed: Beside["changed"],
  ): Partial<Notification> | null {
    const row = this.#rows.get(entry.conversation_id);
    if (!row || !changed) return null;
    const recalled = recalledAmong(changed);
    const isRecalled = (seq: number) => seq > 0 && (recalled === null || recalled.has(seq));
    const named_seq = isRecalled(row.named_seq) ? 0 : row.named_seq;
    const isAny = recalled === null || recalled.size > 0;
    const isEmpty = isAny && entry.unread === 0 && (before?.unread ?? 0) > 0;
    // What is being sent at this moment may show any of them.
    const isSending = isAny && this.#underWay.has(entry.conversation_id);
    const isStale = isSending || (row.sent_seq > 0 && (isEmpty || isRecalled(row.shown_seq)));
    if (isStale) return { named_seq, is_stale: 1 };
    return named_seq === row.named_seq ? null : { named_seq };
  }

  /**
   * A socket closed or went to the background: messages that had just arrived there may not have been seen. The client
   * has a moment to come back, since a deploy closes every socket.
   */
  attentionChanged(): void {
    const { devices, list } = this.#parts;
    devices.prune();
    if (devices.isEmpty || away(devices.live(), platformsInFront(this.#parts)).length === 0) return;
    const now = Date.now();
    for (const entry of updatedSince(list, now - UNSEEN_FOR)) {
      if (this.#unread(this.#row(entry.conversation_id))) this.#wait(entry.conversation_id, now + WAIT_FOR_READING);
    }
  }

  #row(id: string): Notification {
    const fresh = { due: 0, sent_at: 0, sent_seq: 0, named_seq: 0, shown_seq: 0, is_stale: 0 } as const;
    return this.#rows.get(id) ?? { conversation_id: id, ...fresh };
  }

  /** Lets a notification wait until this time, or until a pause after the last one is over. */
  #wait(id: string, time: Millis, changes: Partial<Notification> = {}): void {
    const known = this.#row(id);
    const startedAt = this.#underWay.get(id);
    const due = Math.max(time, (startedAt === undefined ? known.sent_at : Date.now()) + PAUSE);
    // One that already waits will show these messages, too.
    const isWaiting = known.due > (startedAt ?? 0) && known.due <= due;
    if (isWaiting && Object.keys(changes).length === 0) return;
    if (this.#put({ ...known, ...changes, due: isWaiting ? known.due : due })) this.#parts.wakeAt(due);
  }

  /** Sends what is due. */
  async alarm(): Promise<void> {
    const now = Date.now();
    const due = [...this.#rows.values()].filter((row) => row.due > 0 && row.due <= now && !this.#isUnderWay(row));
    const batch = due.slice(0, Math.max(0, MAX.underWay - this.#underWay.size));
    if (batch.length > 0) await withDeadline(this.#send(batch), PATIENCE).catch(() => undefined);
    this.#wakeForRest();
  }

  #wakeForRest(): void {
    const { wakeAt } = this.#parts;
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    for (const row of this.#rows.values()) {
      if (row.due === 0) continue;
      next = Math.min(next, this.#isUnderWay(row) ? now + LOOK_AGAIN : Math.max(row.due, now));
    }
    if (next === Number.POSITIVE_INFINITY) return;
    wakeAt(this.#underWay.size >= MAX.underWay ? Math.max(next, now + PAUSE) : next);
  }

  /** Whether this notification is being sent. A later one of the conversation may wait at the same time. */
  #isUnderWay({ conversation_id, due }: Notification): boolean {
    return this.#underWay.get(conversation_id) === due;
  }

  async #send(batch: readonly Notification[]): Promise<void> {
    for (const { conversation_id, due } of batch) this.#underWay.set(conversation_id, due);
    try {
      await this.#sendAll(batch);
    } catch (error) {
      log("error", "push_failed", { user: this.#parts.userId, detail: detailOf(error) });
      for (const row of batch) this.#postpone(row);
    } finally {
      // A later one of the same conversation may have begun meanwhile.
      for (const row of batch) if (this.#isUnderWay(row)) this.#underWay.delete(row.conversation_id);
    }
  }

  async #sendAll(batch: readonly Notification[]): Promise<void> {
    const { composer, devices, inbound, list, sender } = this.#parts;
    // Of a large group the list lacks what was only passed to sockets.
    const large = batch.filter(({ conversation_id }) => list.get(conversation_id)?.large);
    await Promise.all(large.map(({ conversation_id }) => inbound.catchUp(conversation_id)));
    const drafts = await composer.drafts(batch.flatMap((row) => this.#unread(row) ?? []));
    // From here on nothing is awaited until the sends have begun: the state is that of now.
    const targets = away(devices.live(), platformsInFront(this.#parts));
    const outgoing: Outgoing[] = [];
    const sent = new Map<string, Sent>();
    for (const { conversation_id } of targets.length > 0 ? batch : []) {
      const letter = this.#letter(this.#row(conversation_id), drafts.get(conversation_id));
      if (!letter) continue;
      sent.set(conversation_id, letter.sent);
      outgoing.push(...targets.map(letter.to));
    }
    const at = Date.now();
    await sender.send(outgoing);
    for (const row of batch) this.#settle(row, sent.get(row.conversation_id), at);
  }

  /** What goes to each device: the newest messages, or the withdrawal of what was recalled; null for nothing. */
  #letter(row: Notification, draft: Draft | undefined): { sent: Sent; to: (device: LiveDevice) => Outgoing } | null {
    const { composer } = this.#parts;
    const entry = this.#unread(row);
    if (entry && draft) {
      const sent = { seq: draft.seq, shown: draft.news.message?.seq ?? 0 };
      return { sent, to: (device) => composer.message(draft, entry, device) };
    }
    if (!row.is_stale) return null;
    return { sent: { seq: row.sent_seq, shown: 0 }, to: (device) => composer.withdrawal(row, device) };
  }

  /** The entry of a conversation with unread messages that were not notified of, and are to be; otherwise null. */
  #unread({ conversation_id, sent_seq, named_seq, is_stale }: Notification): ListEntry | null {
    const entry = this.#parts.list.get(conversation_id);
    if (!entry || entry.gone || entry.unread === 0 || entry.recv_msg_opt === RecvMsgOpt.REFUSE) return null;
    const named = Math.max(named_seq, entry.mention_seq);
    const isNews = hasAlerts(entry, this.#alerting())
      ? entry.seq > sent_seq || is_stale === 1
      : named > Math.max(sent_seq, entry.read_seq);
    return isNews ? entry : null;
  }

  /** @param sent the notification that went out; undefined if none did */
  #settle({ conversation_id, due, is_stale }: Notification, sent: Sent | undefined, at: Millis): void {
    const row = this.#rows.get(conversation_id);
    if (!row) return;
    const left: Notification = {
      ...row,
      due: row.due === due ? 0 : row.due,
      is_stale: row.is_stale && is_stale && row.due === due ? 0 : row.is_stale,
    };
    // A later one may have overtaken it, while a push service was slow.
    const isNewest = sent && sent.seq >= row.sent_seq;
    this.#put(isNewest ? { ...left, sent_at: at, sent_seq: sent.seq, shown_seq: sent.shown } : left);
  }

  /** In memory only: storage may be what failed, and after a restart the alarm that is set sends it. */
  #postpone({ conversation_id, due }: Notification): void {
    const row = this.#rows.get(conversation_id);
    if (row?.due === due) this.#rows.set(conversation_id, { ...row, due: Date.now() + LOOK_AGAIN });
  }

  /** @returns false if there are too many notifications; this one is then left out */
  #put(row: Notification): boolean {
    const { store } = this.#parts;
    if (!this.#rows.has(row.conversation_id) && this.#rows.size >= MAX.remembered) {
      const settled = [...this.#rows.values()].filter(({ due }) => due === 0);
      if (settled.length === 0) return false;
      const oldest = settled.reduce((first, other) => (other.sent_at < first.sent_at ? other : first));
      store.deleteNotification(oldest.conversation_id);
      this.#rows.delete(oldest.conversation_id);
    }
    store.putNotification(row);
    this.#rows.set(row.conversation_id, row);
    return true;
  }
}

function away(devices: readonly LiveDevice[], inFront: ReadonlySet<number>): LiveDevice[] {
  return devices.filter(({ platform_id }) => !inFront.has(platform_id));
}
