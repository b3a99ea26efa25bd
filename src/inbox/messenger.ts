import type { AppendOutcome, AppendReply, NewMessage, OperateCall, OperateReply } from "../core/calls.ts";
import { decodeUpdate, type Update } from "../core/delivery/update.ts";
import { ChangePush, type Origins } from "../core/list/change-push.ts";
import type { ListEntry } from "../core/list/entry.ts";
import type { ConversationList, Step } from "../core/list/list.ts";
import type { InboxStore } from "../core/list/store.ts";
import { cardsOf, conversationView, conversationViews } from "../core/list/views.ts";
import type { Version } from "../core/member.ts";
import { chargeFor, mayHaveHappened } from "../core/rates/charges.ts";
import type { Rates } from "../core/rates/rates.ts";
import type { GroupRow } from "../directory/groups.ts";
import { ask } from "../durable/rpc.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import type { PullRange, SyncRequest } from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { singleConversationId } from "../protocol/ids.ts";
import type { Card, ReadState } from "../protocol/model.ts";
import { Founding } from "./founding.ts";
import { type SendItem, SendQueues } from "./send-queues.ts";

export interface MessengerParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  readonly rates: Rates;
  /** Called after each change of the list. */
  readonly moved: () => void;
  /** Called with what a tell changed: an entry before and after, and the messages that are new. */
  readonly taken: (before: ListEntry | undefined, entry: ListEntry, lines: readonly string[]) => void;
}

/**
 * What passes between this user and their conversations: sends and changes on the way out, tells on the
 * way in. Whatever arrives goes into the list, raises the change number and is pushed, all in one turn.
 */
export class Messenger {
  readonly #parts: MessengerParts;
  readonly #lanes = new SendQueues(
    (conversationId, items) => this.#append(conversationId, items),
    () => scheduler.wait(0),
  );
  readonly #founding: Founding;

  constructor(parts: MessengerParts) {
    this.#parts = parts;
    this.#founding = new Founding({ ...parts, markOf: (id) => this.#markOf(id) });
  }

  // ---- Out

  /** Sends a message. @returns it as JSON; for a retry the first one's. @throws NexoError, contract's order */
  send(conversationId: string, send: NewMessage): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (outcome: AppendOutcome) => (outcome.ok ? resolve(outcome.line) : reject(this.#refusal(outcome)));
      this.#lanes.send(conversationId, { send, socket: null, done, failed: reject });
    });
  }

  /** Sends what came by a socket; the item is called back. @throws NexoError TOO_MANY_REQUESTS */
  sendItem(conversationId: string, item: SendItem): void {
    this.#lanes.send(conversationId, item);
  }

  /** Resolves once all that was sent to a conversation before is answered. @throws NexoError TOO_MANY_REQUESTS */
  inTurn(conversationId: string): Promise<void> {
    return this.#lanes.call(conversationId, () => Promise.resolve());
  }

  /** Carries out a change of a conversation, after all that was sent to it before. */
  operate(
    conversationId: string,
    operation: OperateCall["operation"],
    asker: WebSocket | null,
  ): Promise<Omit<OperateReply, "tell"> & Step> {
    return this.#lanes.call(conversationId, async () => {
      const { tell, ...reply } = await this.#charged(conversationId, operation);
      const push = this.#take(tell, { asker });
      const { cursor } = this.#parts.list;
      return { ...reply, ...(push?.stepFor(true) ?? { prev: cursor, cursor }) };
    });
  }

  async #charged(conversationId: string, operation: OperateCall["operation"]): Promise<OperateReply> {
    const charge = chargeFor({ operation, conversationId }, this.#parts.rates, (id) => this.#founding.isStranger(id));
    const { allowance, retry_after } = charge;
    const call = { user_id: this.#parts.userId, mark: this.#markOf(conversationId), operation, allowance, retry_after };
    try {
      const reply = await ask(this.#conversation(conversationId).operate(call));
      charge.settle({ spent: reply.spent ?? 0, results: reply.results });
      return reply;
    } catch (error) {
      charge.settle(mayHaveHappened(error) ? null : { spent: 0, results: [] });
      throw error;
    }
  }

  /** Messages as JSON of `{messages, max_seq}`, in turn after what was sent before. */
  pull(conversationId: string, wanted: PullRange | readonly number[]): Promise<string> {
    return this.#lanes.call(conversationId, () =>
      ask(this.#conversation(conversationId).pull(this.#parts.userId, wanted)),
    );
  }

  readState(conversationId: string): Promise<ReadState> {
    return this.#lanes.call(conversationId, () =>
      ask(this.#conversation(conversationId).readState(this.#parts.userId)),
    );
  }

  /** @throws NexoError NO_PERMISSION */
  setTyping(conversationId: string, typing: boolean): Promise<void> {
    return ask(this.#conversation(conversationId).setTyping(this.#parts.userId, typing));
  }

  /** Makes a group of which this user is the owner. @throws NexoError TOO_MANY_REQUESTS, GROUP_FULL */
  createGroup(group: GroupRow, memberIds: readonly string[]): Promise<void> {
    return this.#founding.createGroup(group, memberIds, (id) => this.refreshed(id));
  }

  /** Appends a batch. Calls back every item and does not reject. */
  async #append(conversationId: string, items: readonly SendItem[]): Promise<void> {
    try {
      await this.#appendTo(conversationId, items);
    } catch (error) {
      for (const item of items) item.failed(error);
    }
  }

  async #appendTo(conversationId: string, items: readonly SendItem[]): Promise<void> {
    const permit = this.#parts.rates.takeSends(items.length);
    if (permit.tries === 0) throw this.#parts.rates.triesRefused();
    const sends = items.slice(0, permit.tries).map((item) => item.send);
    await this.#founding.append(conversationId, sends, permit, async (reply) => {
      this.#parts.rates.returnSends(permit, reply.spent);
      await this.#appended(reply, items);
    });
    // After the others, whose answers come first. [SEND-5]
    for (const item of items.slice(permit.tries)) item.failed(this.#parts.rates.triesRefused());
  }

  async #appended(reply: AppendReply, items: readonly SendItem[]): Promise<void> {
    const senders = new Map<number, WebSocket>();
    const lastAnswers = new Map<WebSocket, number>();
    for (const [index, outcome] of reply.outcomes.entries()) {
      const socket = items[index]?.socket;
      if (!socket || !outcome.ok) continue;
      senders.set(outcome.seq, socket);
      lastAnswers.set(socket, index);
    }
    const push = this.#take(reply.tell, { senders });
    const { cursor } = this.#parts.list;
    for (const [index, outcome] of reply.outcomes.entries()) {
      const item = items[index];
      const isLast = item?.socket ? lastAnswers.get(item.socket) === index : true;
      item?.done(outcome, push?.stepFor(isLast) ?? { prev: cursor, cursor });
    }
  }

  #refusal(outcome: AppendOutcome & { ok: false }): NexoError {
    return new NexoError(outcome.code, outcome.message, outcome.retry_after);
  }

  // ---- In

  /** Takes a tell and answers how far this inbox now knows the conversation. [TELL-2] */
  tell(text: string): Version {
    const tell = decodeUpdate(text);
    this.#takeTell(tell, {});
    return this.#markOf(tell.header.conversation_id);
  }

  /** The entry of a conversation, brought up to date. @throws NO_PERMISSION, CONVERSATION_NOT_FOUND */
  async refreshed(conversationId: string): Promise<ListEntry> {
    const { userId, list } = this.#parts;
    const mark = this.#markOf(conversationId);
    this.#take(await ask(this.#conversation(conversationId).snapshot(userId, mark)), {});
    const entry = list.get(conversationId);
    if (!entry) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    return entry;
  }

  /** Sets what a user sets on a conversation. @throws as `refreshed` */
  async configure(
    conversationId: string,
    settings: { recv_msg_opt?: number | undefined; is_pinned?: boolean | undefined },
  ): Promise<void> {
    const { list, sockets } = this.#parts;
    if (!list.get(conversationId)) await this.refreshed(conversationId);
    const card = await this.#cardFor(conversationId);
    const step = list.configure(conversationId, settings);
    if (!step) return;
    this.#parts.moved();
    const view = this.#view(conversationId, card);
    if (view) new ChangePush(sockets, step).conversation(view);
  }

  /** The peer of a single chat has another name or picture. [LIST-3] */
  peerRenamed(peerId: string, card: Card): void {
    const { list, sockets, userId } = this.#parts;
    const id = singleConversationId(userId, peerId);
    const step = list.touch(id);
    if (!step) return;
    this.#parts.moved();
    const view = sockets.size > 0 ? this.#view(id, card) : null;
    if (view) new ChangePush(sockets, step).conversation(view);
  }

  /** A page of what changed since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor it never gave */
  async sync(request: SyncRequest): Promise<string> {
    const { env, store, userId, list } = this.#parts;
    const { entries, next, cursor } = list.sync(request);
    const views = await conversationViews(env.DB, store, userId, entries);
    const where = `"next":"${next}","cursor":${cursor},"has_more":${next !== ""},"server_time":${Date.now()}`;
    return `{"conversations":[${views.join(",")}],${where}}`;
  }

  #take(text: string | null, origins: Origins): ChangePush | null {
    return text === null ? null : this.#takeTell(decodeUpdate(text), origins);
  }

  /** Takes a change and pushes it, all in one turn: nothing may come between. D1 is not asked. [TELL-6] */
  #takeTell(tell: Update, origins: Origins): ChangePush | null {
    const { list, sockets, userId } = this.#parts;
    const { conversation_id: id, card } = tell.header;
    const before = list.get(id);
    const change = list.apply(tell, this.#founding.isUnderWay(id) ? Date.now() : 0);
    if (!change) return null;
    this.#parts.moved();
    const push = new ChangePush(sockets, change.step);
    const view = change.news.member && sockets.size > 0 ? this.#view(id, card) : null;
    push.news(userId, change.news, tell, origins, view);
    this.#parts.taken(before, change.news.entry, tell.lines.slice(change.news.firstNewLine));
    return push;
  }

  /** The name for a push of what the user set; only asked for where someone is there to see it. */
  async #cardFor(conversationId: string): Promise<Card | undefined> {
    const { env, userId, sockets } = this.#parts;
    if (sockets.size === 0) return undefined;
    try {
      const cards = await cardsOf(env.DB, userId, [{ conversation_id: conversationId }]);
      return cards.get(conversationId);
    } catch {
      // Without D1 the push is left out; the client sees by its cursor that it missed something.
      return undefined;
    }
  }

  #view(conversationId: string, card: Card | undefined): string | null {
    const { list, store, userId } = this.#parts;
    const entry = list.get(conversationId);
    if (!entry || !(card || entry.gone)) return null;
    return conversationView(userId, entry, card, store.previews([conversationId]).get(conversationId));
  }

  #markOf(conversationId: string): Version {
    const entry = this.#parts.list.get(conversationId);
    return { seq: entry?.seq ?? 0, ver: entry?.ver ?? 0 };
  }

  #conversation(conversationId: string) {
    return this.#parts.env.CONVERSATION.getByName(conversationId);
  }
}
