import type { FrameData } from "../../protocol/frame-answers.ts";
import { Request } from "../../protocol/frames.ts";
import type { ReadState } from "../../protocol/model.ts";
import type { Api } from "../api.ts";
import type { Step } from "../conversations/sync.ts";
import { answered } from "../messages/amended.ts";
import { type Message, type Pulled, type Synced, typed } from "../messages/content.ts";
import { addressOf, draft } from "../messages/draft.ts";
import type { Page, Range } from "../messages/log-parts.ts";
import { metaOf } from "../messages/operation.ts";
import type { Outgoing } from "../messages/outgoing.ts";
import type { Changes } from "../messages/revisions.ts";
import type { FrameSocket } from "./frame-socket.ts";

type Sent = FrameData<typeof Request.SEND>;

export interface TransportParts {
  readonly api: Api;
  readonly userId: () => string;
  /** The conversation's own socket, if it has one. */
  readonly ownChannel: (conversationId: string) => FrameSocket | null;
  readonly userChannel: () => FrameSocket | null;
}

/** Sends requests by the best open way: the conversation's own socket, the user's socket, else a route. */
export class Transport {
  readonly #parts: TransportParts;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /** @param answered is called in the order of frames, with the answer's position among the changes. */
  async send(outgoing: Outgoing, answered: (message: Message, step: Step) => void): Promise<Message> {
    const { client_msg_id, conversation_id, msg_type, content, meta } = outgoing;
    const address = draft(conversation_id, this.#parts.userId());
    const channel = this.channel(conversation_id);
    if (!channel) return await this.sendByRoute(outgoing, answered);
    const complete = ({ server_msg_id, seq, send_at }: Sent): Message =>
      typed({
        ...address,
        client_msg_id,
        msg_type,
        content: { ...content },
        server_msg_id,
        id: server_msg_id,
        seq,
        send_at,
        meta: meta && metaOf(meta),
        amended: null,
      });
    return complete(
      await channel.request(Request.SEND, this.#bodyOf(outgoing), (sent) => answered(complete(sent), sent)),
    );
  }

  /** Sends a message by the route, whose answer has the content as the server has it. */
  async sendByRoute(outgoing: Outgoing, answered: (message: Message, step: Step) => void): Promise<Message> {
    const message = await this.#parts.api.msg.send(this.#bodyOf(outgoing));
    answered(message, NOWHERE);
    return message;
  }

  async pull(conversationId: string, range: Range): Promise<Page> {
    const request = { conversation_id: conversationId, ...range };
    const channel = this.channel(conversationId);
    return pageOf(
      channel ? await channel.request(Request.PULL_RANGE, request) : await this.#parts.api.msg.pull(request),
    );
  }

  /** Messages by their seqs, at most 100. */
  async pullList(conversationId: string, seqs: readonly number[]): Promise<Page> {
    const channel = this.channel(conversationId);
    if (channel) {
      return pageOf(await channel.request(Request.PULL_LIST, { conversation_id: conversationId, seq_list: [...seqs] }));
    }
    // No route takes a list.
    const pages = await Promise.all(
      seqs.map((seq) => this.pull(conversationId, { begin_seq: seq, end_seq: seq, limit: 1, order: "asc" })),
    );
    return {
      messages: pages.flatMap(({ messages }) => messages),
      deleted: pages.flatMap(({ deleted }) => deleted),
      max_seq: Math.max(...pages.map(({ max_seq }) => max_seq)),
      rev: Math.min(...pages.map(({ rev }) => rev)),
    };
  }

  /** What changed after a rev, from a seq on. */
  async changes(conversationId: string, sinceRev: number, fromSeq: number): Promise<Changes> {
    const request = { conversation_id: conversationId, since_rev: sinceRev, from_seq: fromSeq };
    const channel = this.channel(conversationId);
    const changes = channel
      ? await channel.request(Request.CHANGES, request)
      : await this.#parts.api.msg.changes(request);
    return { ...changes, messages: answered(changes) };
  }

  /** The pinned messages; there is no request for them on sockets. */
  pins(conversationId: string): Promise<readonly Message[]> {
    return this.#parts.api.msg.pins(conversationId);
  }

  async readState(conversationId: string): Promise<ReadState> {
    const channel = this.channel(conversationId);
    if (!channel) return await this.#parts.api.conversation.readState(conversationId);
    return await channel.request(Request.READ_STATE, { conversation_id: conversationId });
  }

  async markRead(conversationId: string, readSeq: number, answered: (step: Step) => void): Promise<void> {
    const channel = this.channel(conversationId);
    if (!channel) await this.#parts.api.conversation.markRead(conversationId, readSeq);
    else await channel.request(Request.MARK_READ, { conversation_id: conversationId, read_seq: readSeq }, answered);
  }

  async sync(request: { since: number; page?: string }): Promise<Synced> {
    const channel = this.#parts.userChannel();
    return channel ? await channel.request(Request.SYNC, request) : await this.#parts.api.sync(request);
  }

  #bodyOf({ client_msg_id, conversation_id, msg_type, content, meta }: Outgoing) {
    const address = addressOf(conversation_id, this.#parts.userId());
    const said = meta && { ...meta, mentions: meta.mentions && [...meta.mentions] };
    return { client_msg_id, ...address, msg_type, content, ...(said && { meta: said }) };
  }

  /** The best socket for a conversation. */
  channel(conversationId: string): FrameSocket | null {
    return this.#parts.ownChannel(conversationId) ?? this.#parts.userChannel();
  }
}

/** An answer by a route carries no cursor: its change is pushed to the user's sockets. */
export const NOWHERE: Step = { prev: 0, cursor: 0 };

/** A pull's answer; a server of an earlier release says no rev. */
function pageOf(pulled: Pulled): Page {
  const { max_seq, rev = 0, deleted = [] } = pulled as Partial<Pulled> & Pick<Pulled, "messages" | "max_seq">;
  return { messages: answered(pulled), max_seq, rev, deleted };
}
