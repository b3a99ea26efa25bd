import type { News } from "../domain/list-entry.ts";
import type { Tell } from "../domain/tell.ts";
import { PushFrame, type Sockets } from "../durable/sockets.ts";
import { Push } from "../protocol/frames.ts";
import { RecvMsgOpt } from "../protocol/model.ts";
import type { Step } from "./list.ts";

/** Which sockets the cause of a change came by: they get an answer instead of a push. */
export interface Origins {
  /** Who sent which seq. */
  readonly senders?: ReadonlyMap<number, WebSocket>;
  /** Who asked for what changed otherwise. */
  readonly asker?: WebSocket | null;
}

/**
 * One change on its way to the user's sockets. The first frame a socket gets of it carries the step from
 * prev to cursor; those after it stay at cursor, so that no client takes the second for a gap. [SYNC-3]
 */
export class Announcement {
  readonly #sockets: Sockets;
  readonly #step: Step;
  readonly #told = new Set<WebSocket>();

  constructor(sockets: Sockets, step: Step) {
    this.#sockets = sockets;
    this.#step = step;
  }

  /** The prev and cursor of this socket's next frame. */
  stepFor(socket: WebSocket | null): Step {
    const { prev, cursor } = this.#step;
    if (!socket || this.#told.has(socket)) return { prev: cursor, cursor };
    this.#told.add(socket);
    return { prev, cursor };
  }

  /** Pushes what is new of a conversation. @param view the conversation as JSON, where it changed as a whole. */
  news(userId: string, news: News, tell: Tell, origins: Origins, view: string | null): void {
    if (this.#sockets.size === 0) return;
    const { conversation_id, peer_read_seq, read_seq } = tell.header;
    if (news.entry.recv_msg_opt !== RecvMsgOpt.REFUSE) this.#messages(news, tell, origins.senders);
    if (news.read) this.#read(conversation_id, userId, read_seq, origins.asker);
    if (news.peerRead) {
      const peer =
        conversation_id
          .slice(3)
          .split(":")
          .find((id) => id !== userId) ?? "";
      this.#read(conversation_id, peer, peer_read_seq, null);
    }
    if (news.member && view) this.conversation(view, null);
  }

  /** Pushes a conversation's new state to all but the socket that asked for it. */
  conversation(view: string, asker: WebSocket | null): void {
    this.#toAll(Push.CONVERSATION, `"conversation":${view}`, asker);
  }

  #messages(news: News, tell: Tell, senders: Origins["senders"]): void {
    const lines = tell.lines.slice(news.firstNewLine);
    if (lines.length === 0) return;
    const id = tell.header.conversation_id;
    const fields = (some: readonly string[]) => `"msgs":{"${id}":[${some.join(",")}]}`;
    const own = new Set(senders?.values());
    this.#toAll(Push.MESSAGES, fields(lines), own);
    if (!senders) return;
    const first = tell.header.from + news.firstNewLine;
    for (const socket of own) {
      const others = lines.filter((_, index) => senders.get(first + index) !== socket);
      if (others.length > 0 && this.#sockets.state(socket)) {
        this.#sockets.push(socket, this.#frame(Push.MESSAGES, fields(others), this.stepFor(socket)));
      }
    }
  }

  #read(conversationId: string, userId: string, readSeq: number, asker: WebSocket | null | undefined): void {
    this.#toAll(Push.READ, `"conversation_id":"${conversationId}","user_id":"${userId}","read_seq":${readSeq}`, asker);
  }

  /** At most two forms of the frame: for sockets that hear of the change, and for those that have. */
  #toAll(push: number, fields: string, but: WebSocket | ReadonlySet<WebSocket> | null | undefined): void {
    const frames = new Map<number, PushFrame>();
    for (const [socket] of this.#sockets.hearing()) {
      if (but instanceof Set ? but.has(socket) : but === socket) continue;
      const step = this.stepFor(socket);
      let frame = frames.get(step.prev);
      if (!frame) {
        frame = this.#frame(push, fields, step);
        frames.set(step.prev, frame);
      }
      this.#sockets.push(socket, frame);
    }
  }

  #frame(push: number, fields: string, { prev, cursor }: Step): PushFrame {
    return new PushFrame(push, `{${fields},"prev":${prev},"cursor":${cursor}}`);
  }
}
