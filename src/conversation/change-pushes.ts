import type { Change } from "../core/log/amendments.ts";
import type { Own } from "../core/log/own.ts";
import type { ConversationState } from "../core/log/state.ts";
import { isActive, type Member } from "../core/member.ts";
import { PushFrame, type Sockets } from "../durable/sockets.ts";
import { Push } from "../protocol/frames.ts";
import type { Millis } from "../protocol/model.ts";
import { byteLength } from "../protocol/text.ts";

export interface ChangePushesParts {
  readonly conversation: ConversationState;
  readonly sockets: Sockets;
  readonly own: Own;
  readonly now: () => Millis;
  /** Runs something after some milliseconds. */
  readonly later: (run: () => void, milliseconds: number) => void;
}

/** Pushes are at least this many milliseconds apart; what changes meanwhile goes together. */
const APART = 100;
/** What one push carries at most. What is beyond it, clients ask for. */
const MAX = { messages: 100, bytes: 262_144 };

interface Line {
  readonly seq: number;
  readonly line: string;
}

/**
 * Pushes changed messages (2008) to the conversation's own sockets. A message on which many react at once is pushed ten
 * times a second, not once for each reaction. [OPS-9]
 */
export class ChangePushes {
  readonly #parts: ChangePushesParts;
  readonly #waiting = new Set<number>();
  /** The rev before the first change that waits. */
  #since = 0;
  #pushedAt = 0;
  #isDue = false;

  constructor(parts: ChangePushesParts) {
    this.#parts = parts;
  }

  /** Pushes a change: to its user's sockets now, before the operation is answered; to the others soon. */
  push(userId: string, change: Change): void {
    const { sockets, now, later } = this.#parts;
    if (sockets.size === 0) return;
    if (this.#waiting.size === 0) this.#since = change.since_rev;
    for (const seq of change.seqs) this.#waiting.add(seq);
    this.#pushTo(userId, change);
    if (this.#isDue || this.#waiting.size === 0) return;
    const due = this.#pushedAt + APART - now();
    if (due <= 0) {
      this.#pushAll(userId);
      return;
    }
    this.#isDue = true;
    later(() => {
      this.#isDue = false;
      this.#pushAll();
    }, due);
  }

  /** What waits goes along: a client that takes this push has everything up to its rev. */
  #pushTo(userId: string, { rev, seqs, deleted }: Change): void {
    const { conversation, sockets, own } = this.#parts;
    const member = conversation.member(userId);
    const hearing = [...sockets.hearing()].filter(([, state]) => state.user_id === userId);
    if (!member || hearing.length === 0) return;
    // Who left deletes for themselves only, and has revs of their own.
    if (!isActive(member)) {
      const rev = conversation.sight.rev(member);
      const frame = this.#frame([], { since: rev - deleted.length, rev, mine: "{}", deleted });
      for (const [socket] of hearing) sockets.push(socket, frame);
      return;
    }
    const isAlone = this.#waiting.size === 0;
    // A change without messages is a deletion, and each deleted message took one rev.
    const since = isAlone ? rev - deleted.length : this.#since;
    const lines = this.#visible(member, this.#lines());
    const mine = own.mine(userId, seqs);
    const gone = isAlone ? deleted : this.#deletedSince(member, since);
    const frames = this.#frames(lines, { since, rev, mine, deleted: gone });
    for (const [socket] of hearing) for (const frame of frames) sockets.push(socket, frame);
  }

  /** @param but the user whose sockets have it already */
  #pushAll(but?: string): void {
    const { conversation, sockets, now } = this.#parts;
    const lines = this.#lines();
    const change = { since: this.#since, rev: conversation.amendments.sharedRev, mine: "{}", deleted: [] };
    this.#waiting.clear();
    this.#pushedAt = now();
    const all = this.#frames(lines, change);
    for (const [socket, { user_id }] of sockets.hearing()) {
      const member = conversation.member(user_id);
      if (!isActive(member) || user_id === but) continue;
      const visible = this.#visible(member, lines);
      const deleted = this.#deletedSince(member, change.since);
      const isSame = visible.length === lines.length && deleted.length === 0;
      const frames = isSame ? all : this.#frames(visible, { ...change, deleted });
      for (const frame of frames) sockets.push(socket, frame);
    }
  }

  /**
   * What a member has deleted since a rev. It was pushed when they did, but perhaps to a socket that was lost: a push says
   * that it is complete from its `since_rev` on. [OPS-5]
   */
  #deletedSince(member: Member, since: number): readonly number[] {
    return member.own_rev > since
      ? this.#parts.conversation.sight.deletedSince(member, since).map(({ seq }) => seq)
      : [];
  }

  /** The messages that wait, in their newest state. */
  #lines(): Line[] {
    const { messages } = this.#parts.conversation;
    return messages.bySeq([...this.#waiting]).map((message) => ({ seq: message.seq, line: messages.line(message) }));
  }

  #visible(member: Member, lines: readonly Line[]): readonly Line[] {
    const { sight } = this.#parts.conversation;
    const first = lines[0]?.seq ?? 0;
    if (first >= member.min_seq && member.own_rev === 0) return lines;
    const deleted = new Set(sight.deleted(member, first, lines.at(-1)?.seq ?? 0));
    return lines.filter(({ seq }) => seq >= member.min_seq && !deleted.has(seq));
  }

  /** One frame; with more than fits, also one that makes clients ask for the rest. */
  #frames(
    lines: readonly Line[],
    { since, rev, mine, deleted }: { since: number; rev: number; mine: string; deleted: readonly number[] },
  ): PushFrame[] {
    const fit = fitting(lines);
    if (fit.length === lines.length) return [this.#frame(fit, { since, rev, mine, deleted })];
    const first = this.#frame(fit, { since, rev: since, mine, deleted });
    return [first, this.#frame([], { since: rev, rev, mine: "{}", deleted: [] })];
  }

  #frame(
    lines: readonly Line[],
    { since, rev, mine, deleted }: { since: number; rev: number; mine: string; deleted: readonly number[] },
  ): PushFrame {
    const { conversationId } = this.#parts.conversation;
    const messages = lines.map(({ line }) => line).join(",");
    return new PushFrame(
      Push.CHANGED,
      `{"conversation_id":"${conversationId}","since_rev":${since},"rev":${rev},"messages":[${messages}],"mine":${mine},"deleted":${JSON.stringify(deleted)},"prev":0,"cursor":0}`,
    );
  }
}

function fitting(lines: readonly Line[]): readonly Line[] {
  let bytes = 0;
  const end = lines.findIndex(({ line }, index) => {
    bytes += byteLength(line);
    return index >= MAX.messages || (bytes > MAX.bytes && index > 0);
  });
  return end < 0 ? lines : lines.slice(0, end);
}
