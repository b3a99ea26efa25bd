import { PushFrame, type Sockets } from "../../durable/sockets.ts";
import { Push } from "../../protocol/frames.ts";
import { parseConversationId, peerOf } from "../../protocol/ids.ts";
import { RecvMsgOpt } from "../../protocol/model.ts";
import type { Update, UpdateHeader } from "../delivery/update.ts";
import type { News } from "./entry.ts";
import type { Step } from "./list.ts";

/** The sockets that caused a change. They get an answer instead of a push. */
export interface Origins {
  /** The socket that sent each seq. */
  readonly senders?: ReadonlyMap<number, WebSocket>;
  /** The socket that asked for a change other than a send. */
  readonly asker?: WebSocket | null;
}

/** One kind of frame of a change. The sockets in `but` do not get it, since they get an answer instead. */
interface Part {
  readonly push: number;
  readonly fields: string;
  readonly but: ReadonlySet<WebSocket>;
  /** The original's clients cannot show it. */
  readonly isNew?: true;
}

const NOBODY: ReadonlySet<WebSocket> = new Set();

/**
 * Sends one change to the user's sockets. Of the frames of this change that a socket gets, only the last one moves
 * it from prev to cursor; earlier frames stay at prev. A client that loses the connection between two frames
 * is still at prev, and gets what it missed by the next sync. An answer comes after all pushes. [SYNC-3]
 */
export class ChangePush {
  readonly #sockets: Sockets;
  readonly #step: Step;
  /** False if a part of the change is not pushed: then no client takes the step, and all get the change by sync. */
  #isWhole = true;

  constructor(sockets: Sockets, step: Step) {
    this.#sockets = sockets;
    this.#step = step;
  }

  /** The prev and cursor of an answer or push. @param isLast whether its socket gets no more frames of this change. */
  stepFor(isLast: boolean): Step {
    const { prev, cursor } = this.#step;
    return { prev, cursor: isLast && this.#isWhole ? cursor : prev };
  }

  /** Pushes the news of a conversation. @param view the conversation as JSON; null if it is not to be pushed. */
  news(userId: string, news: News, update: Update, origins: Origins, view: string | null): void {
    const lines = newLines(update, news);
    const isRefused = news.entry.recv_msg_opt === RecvMsgOpt.REFUSE;
    const isSilent = isRefused && (lines.length > 0 || news.amended);
    this.#isWhole = (!news.member || view !== null) && !isSilent && !news.isCut;
    if (this.#sockets.size === 0) return;
    const { conversation_id } = update.header;
    const { rev } = news.entry;
    const senders = new Set(origins.senders?.values());
    const asker: ReadonlySet<WebSocket> = origins.asker ? new Set([origins.asker]) : NOBODY;
    const parts: Part[] = [];
    if (lines.length > 0 && !isRefused) {
      parts.push({ push: Push.MESSAGES, fields: messages(conversation_id, lines, rev), but: senders });
      this.#toSenders({ id: conversation_id, rev, lines }, origins.senders);
    }
    if (news.amended && !isRefused) {
      // The socket that asked gets it, too: its answer may not hold the messages.
      parts.push({ push: Push.CHANGED, fields: changed(update.header, rev), but: NOBODY, isNew: true });
    }
    parts.push(...readParts(userId, news, update.header, asker));
    if (view !== null && news.member) parts.push(viewPart(view));
    if (news.isWithheld) this.#letSync();
    // All of a large group's messages were relayed before: only the step is new.
    if (parts.length === 0 && this.#isWhole)
      parts.push({ push: Push.MESSAGES, fields: `"msgs":{},"revs":{}`, but: NOBODY });
    this.#toAll(parts, new Set([...senders, ...asker]));
  }

  /** Names the new cursor without what it stands for: no client has its prev, so all of them sync. */
  #letSync(): void {
    const { cursor } = this.#step;
    const frame = new PushFrame(Push.MESSAGES, `{"msgs":{},"revs":{},"prev":${cursor},"cursor":${cursor}}`);
    for (const [socket] of this.#sockets.hearing()) this.#sockets.push(socket, frame);
  }

  /** Pushes a conversation's new state to all sockets. */
  conversation(view: string): void {
    this.#toAll([viewPart(view)], NOBODY);
  }

  /** A socket that sent some of the messages gets a push of the other messages. */
  #toSenders(
    { id, rev, lines }: { id: string; rev: number; lines: readonly Line[] },
    senders: Origins["senders"],
  ): void {
    for (const socket of new Set(senders?.values())) {
      const others = lines.filter(({ seq }) => senders?.get(seq) !== socket);
      if (others.length === 0 || !this.#sockets.state(socket)) continue;
      this.#sockets.push(socket, this.#frame(Push.MESSAGES, messages(id, others, rev), false));
    }
  }

  /** Makes at most two forms of each frame: one for sockets that take the step with it, one for the others. */
  #toAll(parts: readonly Part[], asking: ReadonlySet<WebSocket>): void {
    const hearing = [...this.#sockets.hearing()];
    for (const [index, { push, fields, but, isNew }] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const frames = new Map<boolean, PushFrame>();
      for (const [socket, { v2 }] of hearing) {
        if (but.has(socket) || (isNew && v2)) continue;
        const takesStep = isLast && !asking.has(socket);
        const frame = frames.get(takesStep) ?? this.#frame(push, fields, takesStep);
        frames.set(takesStep, frame);
        this.#sockets.push(socket, frame);
      }
    }
  }

  #frame(push: number, fields: string, takesStep: boolean): PushFrame {
    const { prev, cursor } = this.stepFor(takesStep);
    return new PushFrame(push, `{${fields},"prev":${prev},"cursor":${cursor}}`);
  }
}

/** The marks that moved: the user's own, and in a single chat the peer's. */
function readParts(userId: string, news: News, header: UpdateHeader, asker: ReadonlySet<WebSocket>): Part[] {
  const { conversation_id, read_seq, peer_read_seq } = header;
  const parts: Part[] = [];
  if (news.read) parts.push({ push: Push.READ, fields: read(conversation_id, userId, read_seq), but: asker });
  if (news.peerRead) {
    const peer = peerIn(conversation_id, userId);
    parts.push({ push: Push.READ, fields: read(conversation_id, peer, peer_read_seq), but: NOBODY });
  }
  return parts;
}

interface Line {
  readonly seq: number;
  readonly line: string;
}

/**
 * The messages that are new to the sockets. What the user has deleted meanwhile is not: a client that got it, and lost
 * the connection before the deletion, would count as knowing of both. [OPS-5]
 */
function newLines({ header, lines }: Update, { firstNewLine }: News): Line[] {
  const deleted = new Set(header.changed?.deleted);
  return lines
    .slice(firstNewLine)
    .map((line, index) => ({ seq: header.from + firstNewLine + index, line }))
    .filter(({ seq }) => !deleted.has(seq));
}

function messages(conversationId: string, lines: readonly Line[], rev: number): string {
  return `"msgs":{"${conversationId}":[${lines.map(({ line }) => line).join(",")}]},"revs":{"${conversationId}":${rev}}`;
}

function changed({ conversation_id, changed: change }: UpdateHeader, rev: number): string {
  const { since_rev = rev, lines = [], mine = "{}", deleted = [] } = change ?? {};
  return `"conversation_id":"${conversation_id}","since_rev":${since_rev},"rev":${rev},"messages":[${lines.join(",")}],"mine":${mine},"deleted":${JSON.stringify(deleted)}`;
}

function read(conversationId: string, userId: string, readSeq: number): string {
  return `"conversation_id":"${conversationId}","user_id":"${userId}","read_seq":${readSeq}`;
}

function viewPart(view: string): Part {
  return { push: Push.CONVERSATION, fields: `"conversation":${view}`, but: NOBODY };
}

function peerIn(conversationId: string, userId: string): string {
  const ref = parseConversationId(conversationId);
  return ref ? peerOf(ref, userId) : "";
}
