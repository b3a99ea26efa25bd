import type { Amended } from "../../src/protocol/model.ts";
import type { Client } from "./client.ts";
import { withoutFiles } from "./files.ts";
import type { Amending, Ledger, Sent } from "./ledger.ts";
import { amendedOf, isNotice, type Logged, metaOf, said } from "./model.ts";
import type { Disk } from "./platform/disk.ts";
import type { World } from "./world.ts";

interface MarkRow {
  readonly kind: string;
  readonly user_id: string;
  readonly seq: number;
  readonly rev: number;
}

interface RevisionRow {
  readonly seq: number;
  readonly rev: number;
  readonly content: string;
}

interface Viewer {
  readonly user_id: string;
  readonly status: number;
  readonly end_rev: number;
}

/** What is stored of a conversation's messages and of what became of them. */
interface Stored {
  readonly log: readonly Logged[];
  readonly marks: readonly MarkRow[];
  readonly revisions: readonly RevisionRow[];
  readonly members: readonly Viewer[];
}

/** Checks the states of messages that were changed, against storage and against what users asked for. */
export class MessageStates {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #stored = new Map<string, Stored>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Reads a conversation's storage, and checks that it agrees with itself. */
  conversation(id: string, log: readonly Logged[]): void {
    const { disk } = this.#world.conversation(id);
    const stored: Stored = {
      log,
      marks: rowsOf(disk, "marks"),
      revisions: rowsOf(disk, "revisions"),
      members: rowsOf(disk, "members"),
    };
    this.#stored.set(id, stored);
    this.#sends(id, log);
    this.#revs(id, stored);
    const reactions = rowsOf<{ seq: number; emoji: string }>(disk, "reactions");
    for (const message of log) {
      this.#recalled(id, message, stored, reactions);
      this.#counted(id, message, stored, reactions);
    }
  }

  /** Whether a content is one that somebody put into this message. */
  isContentOf(id: string, { seq, sender_id, client_msg_id, msg_type, content }: Logged, shown: string): boolean {
    if (isNotice(msg_type)) return shown === content;
    const { tried } = this.#ledger;
    const of = (kind: Amending["kind"]) =>
      tried.filter((one) => one.kind === kind && one.conversation_id === id && one.seq === seq);
    if (shown === "{}") return of("recall").length > 0 || this.#ledger.erased.has(sender_id);
    const sent = this.#ledger.sent.get(`${id} ${sender_id} ${client_msg_id}`);
    // A forwarded content is any that a message had.
    const isSent = sent?.content === shown || (sent?.content === null && this.#isAnyContent(shown));
    return isSent || of("edit").some(({ user_id, content: to }) => user_id === sender_id && to === shown);
  }

  #isAnyContent(shown: string): boolean {
    // A forwarded message has copies of the files.
    const bare = withoutFiles(shown);
    const sent = [...this.#ledger.sent.values()].some(
      ({ content }) => content !== null && withoutFiles(content) === bare,
    );
    return sent || this.#ledger.tried.some(({ kind, content }) => kind === "edit" && content === shown);
  }

  /** A send and an operation that were answered are stored. */
  answered(): void {
    for (const sent of this.#ledger.sent.values()) this.#sendAnswered(sent);
    for (const done of this.#ledger.done) {
      const stored = this.#stored.get(done.conversation_id);
      if (!stored || this.#holds(stored, done)) continue;
      const { conversation_id: id, user_id, kind, seq } = done;
      this.#complain(`[OPS-1] ${kind} of ${id} ${seq} was answered to ${user_id}, and is not stored`);
    }
  }

  #holds({ log, marks, revisions }: Stored, { kind, seq, user_id, content }: Amending): boolean {
    const message = log[seq - 1];
    const isRecalled = message && amendedOf(message)?.recalled_at;
    if (kind === "recall") return Boolean(isRecalled);
    if (kind === "delete") {
      return marks.some((mark) => mark.kind === "deleted" && mark.user_id === user_id && mark.seq === seq);
    }
    if (kind !== "edit" || isRecalled) return true;
    return message?.content === content || revisions.some((old) => old.seq === seq && old.content === content);
  }

  /** What a user has deleted for themselves. */
  deletedBy(id: string, userId: string): ReadonlySet<number> {
    const own = this.#stored
      .get(id)
      ?.marks.filter(({ kind, user_id }) => kind === "deleted" && user_id === userId)
      .map(({ seq }) => seq);
    return new Set(own);
  }

  /** Whether a message was recalled. Recalls after a member left are not told to their inbox. */
  isRecalled(id: string, seq: number): boolean {
    const message = this.#stored.get(id)?.log[seq - 1];
    return Boolean(message && amendedOf(message)?.recalled_at);
  }

  /** Whether something was recalled after this user left, of which their inbox is not told. */
  isRecalledLater(id: string, userId: string): boolean {
    const stored = this.#stored.get(id);
    const viewer = stored?.members.find(({ user_id }) => user_id === userId);
    if (!stored || !viewer || viewer.status === 1) return false;
    return stored.marks.some(({ kind, rev }) => kind === "recalled" && rev > viewer.end_rev);
  }

  /** Messages after a read mark that mention a user and that they see: how many, and the first. [OPS-7] */
  mentions(id: string, userId: string, { after, max }: { after: number; max: number }): number[] {
    const deleted = this.deletedBy(id, userId);
    const found = (this.#stored.get(id)?.log ?? []).filter((message) => {
      const meta = metaOf(message);
      return meta !== null && (meta.mention_all || meta.mentions.includes(userId)) && !deleted.has(message.seq);
    });
    return found.map(({ seq }) => seq).filter((seq) => seq > after && seq <= max);
  }

  /** A client that shows a conversation holds each message as it stands, and nothing of a recalled one. [AMEND-2] */
  newest(client: Client): void {
    for (const [id, { log, revisions, members }] of this.#stored) {
      const shelf = client.replica.shelves.get(id);
      const viewer = members.find(({ user_id }) => user_id === client.userId);
      if (!shelf?.view || !viewer) continue;
      for (const held of shelf.messages.values()) {
        const message = log[held.seq - 1];
        if (!message) continue;
        const isRecalled = Boolean(amendedOf(message)?.recalled_at);
        // Former members see contents as they stood when they left.
        const then = revisions.find(({ seq, rev }) => seq === held.seq && rev > viewer.end_rev)?.content;
        const content = (viewer.status === 1 || isRecalled ? undefined : then) ?? message.content;
        const isSame =
          JSON.stringify(held.content) === content &&
          (viewer.status !== 1 || JSON.stringify([held.meta, held.amended]) === said(message));
        if (isSame) continue;
        const is = JSON.stringify([held.content, held.meta, held.amended]);
        this.#complain(`[AMEND-2] ${client.name} holds ${id} ${held.seq} as ${is}, not as ${content} ${said(message)}`);
      }
    }
  }

  /** Nobody who was told holds what a recalled message said. [OPS-3] */
  recalledNowhere(client: Client): void {
    for (const [id, { log, members }] of this.#stored) {
      const shelf = client.replica.shelves.get(id);
      const isActive = members.some(({ user_id, status }) => user_id === client.userId && status === 1);
      if (!shelf?.view || !isActive) continue;
      for (const { seq, content, meta } of shelf.messages.values()) {
        const message = log[seq - 1];
        const isGone = message && amendedOf(message)?.recalled_at;
        if (isGone && (JSON.stringify(content) !== "{}" || meta !== null)) {
          this.#complain(`[OPS-3] ${client.name} holds the content of ${id} ${seq}, which was recalled`);
        }
      }
    }
  }

  /** Compares the newest event of each message that was changed with that message. [HOOK-1] */
  events(): void {
    const heard = new Map<string, { conversation_id: string; seq: number; content: object; amended: Amended }>();
    for (const text of this.#world.events) {
      const { id, type, data } = JSON.parse(text);
      if (type !== "message.changed") continue;
      const { conversation_id, seq, amended } = data;
      if (id !== `${conversation_id}:${seq}:r${amended.rev}`) this.#complain(`[HOOK-1] the event ${id} has another id`);
      const key = `${conversation_id} ${seq}`;
      if (amended.rev > (heard.get(key)?.amended.rev ?? 0)) heard.set(key, data);
    }
    for (const [id, { log }] of this.#stored) {
      for (const message of log.filter(({ rev }) => rev > 0)) {
        const data = heard.get(`${id} ${message.seq}`);
        heard.delete(`${id} ${message.seq}`);
        if (
          !data ||
          JSON.stringify(data.amended) !== message.amended ||
          JSON.stringify(data.content) !== message.content
        ) {
          this.#complain(`[HOOK-1] nobody was told of ${id} ${message.seq} as it stands`);
        }
      }
    }
    for (const key of heard.keys()) this.#complain(`[HOOK-1] an event says that ${key} changed`);
  }

  #sends(id: string, log: readonly Logged[]): void {
    const seen = new Set<string>();
    for (const message of log) {
      const { sender_id, client_msg_id, seq, msg_type } = message;
      if (isNotice(msg_type)) continue;
      const key = `${id} ${sender_id} ${client_msg_id}`;
      if (seen.has(key)) this.#complain(`[SEND-3] ${key} has two seqs`);
      seen.add(key);
      if (!this.#ledger.sent.has(key) || !this.isContentOf(id, message, message.content))
        this.#complain(`${id} has a message ${seq} that nobody sent`);
    }
  }

  #sendAnswered({ conversation_id, user_id, client_msg_id, answer }: Sent): void {
    if (!answer) return;
    const message = this.#stored.get(conversation_id)?.log[answer.seq - 1];
    if (
      message?.client_msg_id !== client_msg_id ||
      message.sender_id !== user_id ||
      message.send_at !== answer.send_at
    ) {
      this.#complain(
        `[SEND-1] ${client_msg_id} was answered seq ${answer.seq} of ${conversation_id}, and is not stored`,
      );
    }
  }

  /** Each rev is of one message, or of one message that one member deleted. */
  #revs(id: string, { log, marks }: Stored): void {
    const deletions = marks.filter(({ kind }) => kind === "deleted");
    const revs = [...log.filter(({ rev }) => rev > 0), ...deletions].map(({ rev }) => rev);
    if (new Set(revs).size < revs.length) this.#complain(`[OPS-1] ${id} used a rev twice: ${revs}`);
    for (const { seq, rev, amended } of log) {
      const told = amended === null ? 0 : (JSON.parse(amended) as Amended).rev;
      if (told !== rev) this.#complain(`[OPS-1] ${id} ${seq} has rev ${rev}, and says ${told}`);
    }
  }

  /** Nothing is left of a recalled message. */
  #recalled(id: string, message: Logged, { marks, revisions }: Stored, reactions: readonly { seq: number }[]): void {
    const { seq, content, meta } = message;
    const amended = amendedOf(message);
    const mark = marks.find((one) => one.kind === "recalled" && one.seq === seq);
    if (!amended?.recalled_at) {
      if (mark) this.#complain(`[OPS-3] ${id} ${seq} is marked as recalled, and is not`);
      return;
    }
    const left = [
      ...[...revisions, ...reactions].filter((row) => row.seq === seq),
      ...marks.filter((row) => row.seq === seq && (row.kind === "mention" || row.kind === "pinned")),
    ];
    if (content !== "{}" || meta !== null || left.length > 0 || amended.reactions.length > 0 || amended.pinned_at > 0) {
      this.#complain(`[OPS-3] something is left of ${id} ${seq}, which was recalled`);
    }
    if (mark?.rev !== amended.rev) this.#complain(`[OPS-3] ${id} ${seq} was recalled at ${mark?.rev}`);
    const { tried } = this.#ledger;
    const isAsked = ({ kind, conversation_id, seq: at, user_id }: Amending) =>
      kind === "recall" && conversation_id === id && at === seq && user_id === amended.recalled_by;
    const isErased = this.#ledger.erased.has(amended.recalled_by) && amended.recalled_by === message.sender_id;
    if (!isErased && !tried.some(isAsked)) this.#complain(`[OPS-3] nobody recalled ${id} ${seq}`);
  }

  /** What a message says of its reactions, pin and mentions is what rows say. [OPS-8] [OPS-7] */
  #counted(id: string, message: Logged, { marks }: Stored, rows: readonly { seq: number; emoji: string }[]): void {
    const { seq } = message;
    const amended = amendedOf(message);
    const counts = new Map<string, number>();
    for (const row of rows) if (row.seq === seq) counts.set(row.emoji, (counts.get(row.emoji) ?? 0) + 1);
    const isCounted =
      (amended?.reactions ?? []).length === counts.size &&
      (amended?.reactions ?? []).every(([emoji, count]) => counts.get(emoji) === count);
    if (!isCounted) this.#complain(`[OPS-8] ${id} ${seq} counts other reactions than its rows`);
    const isPinned = marks.some((mark) => mark.kind === "pinned" && mark.seq === seq);
    if (isPinned !== (amended?.pinned_at ?? 0) > 0) this.#complain(`[OPS-1] ${id} ${seq} is pinned, or is not`);
    const meta = metaOf(message);
    const named = [...(meta?.mentions ?? []), ...(meta?.mention_all ? ["*"] : [])].sort().join();
    const marked = marks.filter((mark) => mark.kind === "mention" && mark.seq === seq).map(({ user_id }) => user_id);
    if (named !== marked.sort().join()) this.#complain(`[OPS-7] ${id} ${seq} mentions ${named}, marked are ${marked}`);
  }

  #complain(complaint: string): void {
    this.#ledger.complain(complaint);
  }
}

function rowsOf<Row>(disk: Disk, table: string): Row[] {
  const isThere = disk.run(`SELECT name FROM sqlite_master WHERE name = '${table}'`).length > 0;
  return isThere ? disk.run<Row>(`SELECT * FROM ${table}`) : [];
}
