import type { FrameData } from "../../protocol/frame-answers.ts";
import { Request } from "../../protocol/frames.ts";
import type { ReadState } from "../../protocol/model.ts";
import type { Api } from "../api.ts";
import type { Step } from "../conversations/sync.ts";
import { type Message, type Pulled, type Synced, typed } from "../messages/content.ts";
import type { Range } from "../messages/message-log.ts";
import { draft } from "../messages/messages.ts";
import type { Outgoing } from "../messages/outgoing.ts";
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
    const { client_msg_id, conversation_id, msg_type, content } = outgoing;
    const address = draft(conversation_id, this.#parts.userId());
    const { recv_id, group_id, session_type } = address;
    const body = { client_msg_id, recv_id, group_id, session_type, msg_type, content };
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
        meta: null,
        amended: null,
      });
    return complete(await channel.request(Request.SEND, body, (sent) => answered(complete(sent), sent)));
  }

  /** Sends a message by the route, whose answer has the content as the server has it. */
  async sendByRoute(outgoing: Outgoing, answered: (message: Message, step: Step) => void): Promise<Message> {
    const { client_msg_id, conversation_id, msg_type, content } = outgoing;
    const { recv_id, group_id, session_type } = draft(conversation_id, this.#parts.userId());
    const body = { client_msg_id, recv_id, group_id, session_type, msg_type, content };
    const message = await this.#parts.api.msg.send(body);
    answered(message, NOWHERE);
    return message;
  }

  async pull(conversationId: string, range: Range): Promise<Pulled> {
    const request = { conversation_id: conversationId, ...range };
    const channel = this.channel(conversationId);
    return channel ? await channel.request(Request.PULL_RANGE, request) : await this.#parts.api.msg.pull(request);
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

  /** The best socket for a conversation. */
  channel(conversationId: string): FrameSocket | null {
    return this.#parts.ownChannel(conversationId) ?? this.#parts.userChannel();
  }
}

/** An answer by a route carries no cursor: its change is pushed to the user's sockets. */
export const NOWHERE: Step = { prev: 0, cursor: 0 };
