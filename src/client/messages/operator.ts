import type { FrameData } from "../../protocol/frame-answers.ts";
import { Request } from "../../protocol/frames.ts";
import { randomId } from "../../protocol/ids.ts";
import type { FrameRequest } from "../../protocol/requests.ts";
import type { Api } from "../api.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { NOWHERE, type Transport } from "../connection/transport.ts";
import { isFinal, NexoClientError, toClientError } from "../errors.ts";
import type { Receiver } from "../receiver.ts";
import { pushed, revOf } from "./amended.ts";
import type { Message, Typed } from "./content.ts";
import { addressOf } from "./draft.ts";
import type { MessageStore } from "./message-store.ts";
import type { Operation } from "./operation.ts";
import type { Answered } from "./operations.ts";

type Frame =
  | typeof Request.EDIT
  | typeof Request.RECALL
  | typeof Request.DELETE
  | typeof Request.REACT
  | typeof Request.PIN;
type Answer<N extends Frame> = Typed<FrameData<N>>;

export interface OperatorParts {
  readonly api: Api;
  readonly paths: Transport;
  readonly userId: () => string;
  readonly book: MessageStore;
  readonly receiver: Receiver;
}

/** Hands the user's operations to the server, by the best open way, and takes its answers. */
export class Operator {
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  /** @throws NexoClientError */
  async transmit(conversationId: string, operation: Operation): Promise<Answered> {
    const { msg } = this.#parts.api;
    const conversation_id = conversationId;
    switch (operation.kind) {
      case "edit": {
        const { content, mentions, seqs } = operation;
        const if_rev = operation.if_rev ?? (await this.#revOf(conversationId, seqs[0]));
        const body = {
          conversation_id,
          seq: seqs[0],
          content: { ...content },
          if_rev,
          ...(mentions && { mentions: [...mentions] }),
        };
        return await this.#changed(conversationId, Request.EDIT, body, msg.edit);
      }
      case "pin":
        return await this.#changed(
          conversationId,
          Request.PIN,
          { conversation_id, seq: operation.seqs[0], on: operation.on },
          msg.pin,
        );
      case "react": {
        const { seqs, emoji, on } = operation;
        const body = { conversation_id, seq: seqs[0], emoji, on };
        const take = ({ message, mine, rev }: Answer<typeof Request.REACT>) =>
          this.#parts.receiver.operated(conversationId, pushed({ messages: [message], mine }), rev, NOWHERE);
        await this.#ask(conversationId, Request.REACT, body, msg.react, take);
        return {};
      }
      case "recall":
        return await this.#listed(conversationId, operation, Request.RECALL, msg.recall);
      case "delete":
        return await this.#listed(conversationId, operation, Request.DELETE, msg.delete);
    }
  }

  async #changed<N extends typeof Request.EDIT | typeof Request.PIN>(
    conversationId: string,
    kind: N,
    body: FrameRequest<N>,
    route: (body: FrameRequest<N>) => Promise<Answer<N>>,
  ): Promise<Answered> {
    const take = ({ message, rev, ...step }: Answer<N>) =>
      this.#parts.receiver.operated(conversationId, [message], rev, step);
    const { message } = await this.#ask(conversationId, kind, body, route, take);
    return { rev: revOf(message) };
  }

  async #listed<N extends typeof Request.RECALL | typeof Request.DELETE>(
    conversationId: string,
    operation: Operation,
    kind: N,
    route: (body: FrameRequest<N>) => Promise<Answer<N>>,
  ): Promise<Answered> {
    const body = { conversation_id: conversationId, seqs: [...operation.seqs] } as FrameRequest<N>;
    const { results } = await this.#ask(conversationId, kind, body, route, ({ results: all, rev, ...step }) => {
      const done = all.filter(({ code }) => code === 0).map(({ seq }) => seq);
      this.#parts.book.confirm(conversationId, operation, done);
      this.#parts.receiver.operated(conversationId, [], rev, step);
    });
    const refused = results.find(({ code }) => code !== 0);
    if (refused) throw new NexoClientError(refused.code, "");
    return {};
  }

  async #ask<N extends Frame>(
    conversationId: string,
    kind: N,
    body: FrameRequest<N>,
    route: (body: FrameRequest<N>) => Promise<Answer<N>>,
    take: (answer: Answer<N>) => void,
  ): Promise<Answer<N>> {
    const channel = this.#parts.paths.channel(conversationId);
    if (channel) return await channel.request(kind, body, take);
    const answer = await route(body);
    take(answer);
    return answer;
  }

  /**
   * Sends messages on to another conversation. It is repeated with the same ids until it is answered or refused.
   * @throws NexoClientError
   */
  async forward(conversationId: string, seqs: readonly number[], to: string): Promise<readonly Message[]> {
    const { api, userId, book, receiver } = this.#parts;
    const request = {
      from_conversation_id: conversationId,
      seqs: [...seqs],
      client_msg_ids: seqs.map(() => randomId()),
      ...addressOf(to, userId()),
    };
    for (let failures = 0; ; ) {
      try {
        const messages = await api.msg.forward(request);
        receiver.messages(messages, NOWHERE, { [to]: book.of(to).rev });
        return messages;
      } catch (thrown) {
        const error = toClientError(thrown);
        if (isFinal(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(error, failures++)));
      }
    }
  }

  /** The rev of a message that the client does not hold. */
  async #revOf(conversationId: string, seq: number): Promise<number> {
    const { messages } = await this.#parts.paths.pullList(conversationId, [seq]);
    return revOf(messages[0] ?? { amended: null });
  }
}
