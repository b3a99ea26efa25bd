import { askAboutSends, asksBefore } from "../core/before.ts";
import type { Call, Operation } from "../core/call.ts";
import type { AppendOutcome, AppendReply, NewMessage, OperateCall, OperateReply } from "../core/calls.ts";
import type { Outbound, SendItem } from "../core/inbox.ts";
import type { ConversationList, Step } from "../core/list/list.ts";
import { type Charge, FREE, mayHaveHappened } from "../core/rates/charges.ts";
import type { Rates } from "../core/rates/rates.ts";
import { askObject, type ConversationRpc } from "../core/rpc.ts";
import { ask } from "../durable/rpc.ts";
import type { Env } from "../env.ts";
import { NexoError } from "../protocol/codes.ts";
import type { FirstMessages } from "./founding.ts";
import type { ListInbound } from "./inbound.ts";
import { SendQueues } from "./send-queues.ts";

export interface OutboundParts {
  readonly env: Env;
  readonly userId: string;
  readonly list: ConversationList;
  readonly rates: Rates;
  readonly inbound: ListInbound;
  readonly founding: FirstMessages;
  /** A call that may have changed a conversation got no answer. */
  readonly lost: (conversationId: string) => void;
}

/** The calls from a user to their conversations: sends, and all other requests in order with them. */
export class UserOutbound implements Outbound {
  readonly #parts: OutboundParts;
  readonly #queues = new SendQueues(
    (conversationId, items) => this.#append(conversationId, items),
    () => scheduler.wait(0),
  );

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  get founding(): FirstMessages {
    return this.#parts.founding;
  }

  send(conversationId: string, send: NewMessage): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (outcome: AppendOutcome) => (outcome.ok ? resolve(outcome.line) : reject(refusalOf(outcome)));
      this.#queues.send(conversationId, { send, socket: null, done, failed: reject });
    });
  }

  /** Sends a message from a socket and calls back the item. @throws NexoError TOO_MANY_REQUESTS */
  sendItem(conversationId: string, item: SendItem): void {
    this.#queues.send(conversationId, item);
  }

  /** Resolves once all earlier requests to a conversation are answered. @throws NexoError TOO_MANY_REQUESTS */
  inTurn(conversationId: string): Promise<void> {
    return this.#queues.call(conversationId, () => Promise.resolve());
  }

  ask<Input, Output>(conversationId: string, call: Call<Input, Output>, input: Input): Promise<Output> {
    return this.#queues.call(conversationId, () => askObject(this.#conversation(conversationId), call, input));
  }

  operate<Input>(
    conversationId: string,
    operation: Operation<Input>,
    input: Input,
    { asker = null, charge = () => FREE }: { asker?: WebSocket | null; charge?: () => Charge } = {},
  ): Promise<Omit<OperateReply, "tell"> & Step> {
    return this.#queues.call(conversationId, async () => {
      const { tell: update, ...reply } = await this.#charged(
        conversationId,
        { operation: operation.name, input },
        charge(),
      );
      return await new Promise((resolve) => {
        this.#parts.inbound.take(update, { asker }, (stepFor) => resolve({ ...reply, ...stepFor(true) }));
      });
    });
  }

  async #charged(
    conversationId: string,
    operation: Pick<OperateCall, "operation" | "input">,
    charge: Charge,
  ): Promise<OperateReply> {
    const { allowance, retry_after } = charge;
    const mark = this.#parts.inbound.markOf(conversationId);
    const call = { user_id: this.#parts.userId, mark, ...operation, allowance, retry_after };
    try {
      const reply = await ask(this.#conversation(conversationId).operate(call));
      charge.settle({ spent: reply.spent ?? 0, results: reply.results });
      return reply;
    } catch (error) {
      if (mayHaveHappened(error)) this.#parts.lost(conversationId);
      charge.settle(mayHaveHappened(error) ? null : { spent: 0, results: [] });
      throw error;
    }
  }

  /** Appends a batch. Calls back every item and does not reject. */
  async #append(conversationId: string, items: readonly SendItem[]): Promise<void> {
    try {
      await this.#appendTo(conversationId, items);
    } catch (error) {
      if (mayHaveHappened(error)) this.#parts.lost(conversationId);
      for (const item of items) item.failed(error);
    }
  }

  async #appendTo(conversationId: string, items: readonly SendItem[]): Promise<void> {
    const { env, userId, rates, founding } = this.#parts;
    const permit = rates.takeSends(items.length);
    if (permit.tries === 0) throw rates.triesRefused();
    const tried = items.slice(0, permit.tries).map((item) => item.send);
    // After the rate, so that a flood does not reach the application. [HOOK-5]
    const sends = asksBefore(env) ? await askAboutSends(env, userId, conversationId, tried) : tried;
    await founding.append(conversationId, sends, permit, (reply) => {
      rates.returnSends(permit, reply.spent);
      this.#appended(reply, items);
    });
    // These fail after the others, because the answers to the others come first. [SEND-5]
    for (const item of items.slice(permit.tries)) item.failed(rates.triesRefused());
  }

  #appended(reply: AppendReply, items: readonly SendItem[]): void {
    const senders = new Map<number, WebSocket>();
    const lastAnswers = new Map<WebSocket, number>();
    for (const [index, outcome] of reply.outcomes.entries()) {
      const socket = items[index]?.socket;
      if (!socket || !outcome.ok) continue;
      senders.set(outcome.seq, socket);
      lastAnswers.set(socket, index);
    }
    this.#parts.inbound.take(reply.tell, { senders }, (stepFor) => {
      for (const [index, outcome] of reply.outcomes.entries()) {
        const item = items[index];
        const isLast = item?.socket ? lastAnswers.get(item.socket) === index : true;
        item?.done(outcome, stepFor(isLast));
      }
    });
  }

  #conversation(conversationId: string): ConversationRpc {
    return this.#parts.env.CONVERSATION.getByName(conversationId);
  }
}

function refusalOf(outcome: AppendOutcome & { ok: false }): NexoError {
  return new NexoError(outcome.code, outcome.message, outcome.retry_after);
}
