import { Code, NexoError } from "../../protocol/codes.ts";
import type { Amended, Millis, NoticeType } from "../../protocol/model.ts";
import type { Member } from "../member.ts";
import { Budget } from "../rates/budget.ts";
import { AS_SENT, amendedOf, metaOf } from "./amended.ts";
import { EVERYONE, type Marks } from "./marks.ts";
import type { StoredMessage } from "./message.ts";
import type { Messages } from "./messages.ts";
import type { Revisions } from "./revisions.ts";
import type { ConversationStore } from "./store.ts";

/** The content of a message was replaced, or taken away by a recall. Told within the transaction. */
export interface Replaced {
  readonly seq: number;
  readonly msg_type: number;
  /** JSON text. */
  readonly before: string;
  /** null after a recall. */
  readonly after: string | null;
}

/** What an operation did to messages. */
export interface Change {
  /** The revs before and after: each changed message took one. */
  readonly since_rev: number;
  readonly rev: number;
  readonly seqs: readonly number[];
  /** Who is told: inboxes too, only the user's own, or only the sockets of the conversation. */
  readonly told: "loud" | "own" | "quiet";
  /** What the user has deleted for themselves. */
  readonly deleted: readonly number[];
  /** What was recalled. */
  readonly recalled: readonly number[];
}

export interface AmendmentsOptions {
  readonly store: ConversationStore;
  readonly messages: Messages;
  readonly marks: Marks;
  readonly revisions: Revisions;
  readonly now: () => Millis;
  readonly replaced: (replaced: Replaced) => void;
  /** Whether the list of some member shows this message as the last one. */
  readonly isPreview: (seq: number) => boolean;
  /** A user is mentioned, or no longer mentioned, by a message that exists. */
  readonly mentioned: (userId: string) => void;
  /** The users whom a message concerns more than others. */
  readonly named: (message: StoredMessage) => readonly string[];
  /** Writes that a member deleted messages for themselves. */
  readonly ownChange: (member: Member, rev: number) => void;
  /** Appends a notice of this user. */
  readonly notice: (userId: string, type: NoticeType, content: Readonly<Record<string, unknown>>) => void;
}

/** The most changes of messages in a second, by all members together. */
const REVS = { perSecond: 200, burst: 200 };

/**
 * Changes messages that exist. A message's row holds its newest state, and each change of a message takes the next
 * rev of the conversation: the index of revs is the log of changes, with one entry for each changed message. [OPS-1]
 */
export class Amendments {
  readonly #options: AmendmentsOptions;
  readonly #budget: Budget;
  #rev = 0;
  #loudRev = 0;
  /** The rev of the last change that all members see; later ones are deletions of single members. */
  #sharedRev = 0;
  #batch: Batch = newBatch();

  constructor(options: AmendmentsOptions) {
    this.#options = options;
    this.#budget = new Budget(REVS.perSecond, REVS.burst, options.now());
  }

  get rev(): number {
    return this.#rev;
  }

  /** The rev of the last change that inboxes are told of. */
  get loudRev(): number {
    return this.#loudRev;
  }

  /** The rev of the last change that all members see. */
  get sharedRev(): number {
    return this.#sharedRev;
  }

  /** Reads the revs again. @param floor the greatest rev that other rows hold */
  load(floor: number, toldRev: number): void {
    const { store, marks } = this.#options;
    marks.reset();
    this.#sharedRev = store.maxRev();
    this.#rev = Math.max(floor, toldRev, this.#sharedRev);
    this.#loudRev = this.#sharedRev > toldRev ? store.maxLoudRev(toldRev) : toldRev;
  }

  clear(): void {
    this.#rev = 0;
    this.#loudRev = 0;
    this.#sharedRev = 0;
  }

  /** Takes from what all members together may change. @throws NexoError TOO_MANY_REQUESTS */
  assertRate(revs: number): void {
    const now = this.#options.now();
    if (this.#budget.takeAll(revs, now)) return;
    throw new NexoError(Code.TOO_MANY_REQUESTS, "too many changes in this conversation", this.#budget.wait(revs, now));
  }

  /** Runs changes and says what they did; null if they changed nothing. Call it within a transaction. */
  collect(work: () => void): Change | null {
    const since_rev = this.#sharedRev;
    this.#batch = newBatch();
    work();
    const { seqs, deleted, recalled, isLoud } = this.#batch;
    if (seqs.size + deleted.length === 0) return null;
    const told = isLoud ? "loud" : deleted.length > 0 ? "own" : "quiet";
    return { since_rev, rev: this.#rev, seqs: [...seqs], told, deleted, recalled };
  }

  /** Replaces a content, and what is said beside it. [OPS-4] */
  edit(message: StoredMessage, { content, meta }: Pick<StoredMessage, "content" | "meta">): void {
    const { revisions, now, isPreview } = this.#options;
    const { seq } = message;
    const at = amendedOf(message).edited_at || message.send_at;
    revisions.put(seq, { rev: this.#rev + 1, content: message.content, meta: message.meta, at });
    const mentionsChanged = this.#mention(seq, message, { meta });
    this.#change({ ...message, content, meta }, { edited_at: now() }, mentionsChanged || isPreview(seq));
    this.#options.replaced({ seq, msg_type: message.msg_type, before: message.content, after: content });
  }

  /** Takes a message back for everyone: its content and all that hung on it. [OPS-3] */
  recall(message: StoredMessage, userId: string): void {
    const { marks, revisions, now } = this.#options;
    const { seq } = message;
    // A notification may show it to them.
    for (const user of this.#options.named(message)) this.#options.mentioned(user);
    this.#mention(seq, message, { meta: null });
    if (amendedOf(message).pinned_at > 0) marks.remove("pinned", seq);
    revisions.remove(seq);
    // Nothing else is said of it: former members must not learn of an edit after their end, either.
    const recalled = { ...AS_SENT, recalled_at: now(), recalled_by: userId };
    this.#change({ ...message, content: "{}", meta: null }, recalled, true);
    marks.put("recalled", seq, this.#rev);
    this.#batch.recalled.push(seq);
    this.#options.replaced({ seq, msg_type: message.msg_type, before: message.content, after: null });
  }

  /** Replaces the reactions to a message. */
  react(message: StoredMessage, reactions: Amended["reactions"]): void {
    this.#change(message, { reactions }, false);
  }

  /** Pins a message, or takes the pin away. */
  pin(message: StoredMessage, userId: string, on: boolean): void {
    const { marks, now } = this.#options;
    this.#change(message, on ? { pinned_at: now(), pinned_by: userId } : { pinned_at: 0, pinned_by: "" }, false);
    if (on) marks.put("pinned", message.seq, this.#rev);
    else marks.remove("pinned", message.seq);
  }

  /** Deletes messages for one member. */
  deleteFor(member: Member, seqs: readonly number[]): void {
    for (const seq of seqs) this.#options.marks.put("deleted", seq, ++this.#rev, member.user_id);
    this.#batch.deleted.push(...seqs);
    this.#options.ownChange(member, this.#rev);
  }

  notice(userId: string, type: NoticeType, content: Readonly<Record<string, unknown>>): void {
    this.#options.notice(userId, type, content);
  }

  #change(message: StoredMessage, changes: Partial<Amended>, isLoud: boolean): void {
    const rev = ++this.#rev;
    this.#sharedRev = rev;
    if (isLoud) this.#loudRev = rev;
    const amended = JSON.stringify({ ...amendedOf(message), ...changes, rev } satisfies Amended);
    const after = { ...message, rev, loud_rev: isLoud ? rev : message.loud_rev, amended };
    this.#options.store.updateMessage(after);
    this.#options.messages.replace(after);
    this.#batch.seqs.add(message.seq);
    this.#batch.isLoud ||= isLoud;
  }

  /** Marks whom a message mentions now. @returns whether that changed */
  #mention(seq: number, before: Pick<StoredMessage, "meta">, after: Pick<StoredMessage, "meta">): boolean {
    const { marks } = this.#options;
    const had = mentionedBy(before);
    const has = mentionedBy(after);
    const gone = [...had].filter((user) => !has.has(user));
    const come = [...has].filter((user) => !had.has(user));
    for (const user of gone) marks.remove("mention", seq, user);
    for (const user of come) marks.put("mention", seq, this.#rev + 1, user);
    for (const user of [...gone, ...come]) if (user !== EVERYONE) this.#options.mentioned(user);
    return gone.length + come.length > 0;
  }
}

/** The users whom a message mentions; "*" for everyone. */
export function mentionedBy(message: Pick<StoredMessage, "meta">): ReadonlySet<string> {
  const meta = metaOf(message);
  return new Set([...(meta?.mentions ?? []), ...(meta?.mention_all ? [EVERYONE] : [])]);
}

interface Batch {
  readonly seqs: Set<number>;
  readonly deleted: number[];
  readonly recalled: number[];
  isLoud: boolean;
}

function newBatch(): Batch {
  return { seqs: new Set(), deleted: [], recalled: [], isLoud: false };
}
