import { withDeadline } from "../deadline.ts";
import { type GroupRow, insertGroup } from "../directory/groups.ts";
import { unknownUsers } from "../directory/users.ts";
import type { AppendOutcome, Grant, NewMessage, OperateCall, OperateReply } from "../domain/calls.ts";
import type { ListEntry } from "../domain/list-entry.ts";
import type { Stamp } from "../domain/member.ts";
import { decodeTell, type Tell } from "../domain/tell.ts";
import type { Sockets } from "../durable/sockets.ts";
import { ask } from "../durable/stubs.ts";
import { type Env, type Settings, settingsOf } from "../env.ts";
import type { PullRange, SyncRequest } from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { groupConversationId, parseConversationId, peerOf, singleConversationId } from "../protocol/ids.ts";
import type { Card, ReadState } from "../protocol/model.ts";
import { Budget } from "./budget.ts";
import { Lanes, type SendItem } from "./lanes.ts";
import type { ConversationList, Step } from "./list.ts";
import { Announcement, type Origins } from "./push.ts";
import type { InboxStore } from "./store.ts";
import { cardsOf, conversationView, conversationViews } from "./views.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface MessengerParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
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
  readonly #settings: Settings;
  readonly #budget: Budget;
  readonly #lanes = new Lanes(
    (conversationId, items) => this.#append(conversationId, items),
    () => scheduler.wait(0),
  );
  /** Conversations that this user is just bringing into being. */
  readonly #founding = new Set<string>();

  constructor(parts: MessengerParts) {
    this.#parts = parts;
    this.#settings = settingsOf(parts.env);
    this.#budget = new Budget(this.#settings.SEND_RATE_PER_SECOND, this.#settings.SEND_BURST, Date.now());
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
      const call = { user_id: this.#parts.userId, mark: this.#markOf(conversationId), operation };
      const { tell, ...reply } = await ask(this.#conversation(conversationId).operate(call));
      const announcement = this.#take(tell, { asker });
      const { cursor } = this.#parts.list;
      return { ...reply, ...(announcement?.stepFor(true) ?? { prev: cursor, cursor }) };
    });
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

  /**
   * Makes a group of which this user is the owner; a repeat of one that is in the list changes nothing.
   * @throws NexoError TOO_MANY_REQUESTS, GROUP_FULL
   */
  async createGroup(group: GroupRow, memberIds: readonly string[]): Promise<void> {
    const { list, userId, env } = this.#parts;
    const conversationId = groupConversationId(group.group_id);
    const members = new Set([userId, ...memberIds]);
    if (members.size > this.#settings.MAX_GROUP_MEMBERS) throw new NexoError(Code.GROUP_FULL);
    const today = list.foundedSince("sg_", Date.now() - DAY) + this.#foundingOf("sg_");
    if (!list.get(conversationId) && today >= this.#settings.NEW_GROUPS_PER_DAY) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, "too many groups made today", HOUR / 1_000);
    }
    this.#founding.add(conversationId);
    try {
      // The names go first: a group is there once its Conversation is, so that a failure between shows to nobody.
      const card = await insertGroup(env.DB, group);
      const call = { owner_id: userId, member_ids: memberIds, card };
      await ask(this.#conversation(conversationId).createGroup(call));
      await this.refreshed(conversationId);
    } finally {
      this.#founding.delete(conversationId);
    }
  }

  /** What a conversation's socket may send before it asks again. */
  grant(socketId: string): Grant {
    return this.#budget.grant(socketId, Date.now());
  }

  /** A conversation's socket is closed. */
  released(socketId: string): void {
    this.#budget.released(socketId, Date.now());
  }

  /** Appends a batch. Calls back every item and does not reject. */
  async #append(conversationId: string, items: readonly SendItem[]): Promise<void> {
    try {
      if (this.#parts.list.get(conversationId)) return await this.#appendTo(conversationId, items, false);
      const founding = await this.#beginFounding(conversationId);
      await this.#appendTo(conversationId, items, founding);
    } catch (error) {
      for (const item of items) item.failed(error);
    } finally {
      this.#founding.delete(conversationId);
    }
  }

  async #appendTo(conversationId: string, items: readonly SendItem[], founding: boolean): Promise<void> {
    const allowance = this.#budget.take(items.length, Date.now());
    const reply = await withDeadline(
      this.#conversation(conversationId).append({
        user_id: this.#parts.userId,
        mark: this.#markOf(conversationId),
        sends: items.map((item) => item.send),
        allowance,
        founding,
      }),
    );
    this.#budget.giveBack(allowance - reply.spent);
    const senders = new Map<number, WebSocket>();
    const lastAnswers = new Map<WebSocket, number>();
    for (const [index, outcome] of reply.outcomes.entries()) {
      const socket = items[index]?.socket;
      if (!socket || !outcome.ok) continue;
      senders.set(outcome.seq, socket);
      lastAnswers.set(socket, index);
    }
    const announcement = this.#take(reply.tell, { senders });
    const { cursor } = this.#parts.list;
    for (const [index, outcome] of reply.outcomes.entries()) {
      const item = items[index];
      const isLast = item?.socket ? lastAnswers.get(item.socket) === index : true;
      item?.done(outcome, announcement?.stepFor(isLast) ?? { prev: cursor, cursor });
    }
  }

  /**
   * Whether a first message may make this conversation; if so, it counts from now on.
   * @throws NexoError USER_NOT_FOUND, TOO_MANY_REQUESTS
   */
  async #beginFounding(conversationId: string): Promise<boolean> {
    const ref = parseConversationId(conversationId);
    if (ref?.type !== 1) return false;
    const peer = peerOf(ref, this.#parts.userId);
    // A send to nobody costs as much as any other, or D1 would answer as many as one likes to ask.
    if (this.#budget.take(1, Date.now()) < 1) throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, 1);
    if ((await unknownUsers(this.#parts.env.DB, [peer])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
    this.#budget.giveBack(1);
    const lately = this.#parts.list.foundedSince("si_", Date.now() - HOUR) + this.#foundingOf("si_");
    if (lately >= this.#settings.NEW_CHATS_PER_HOUR) return false;
    this.#founding.add(conversationId);
    return true;
  }

  #foundingOf(prefix: string): number {
    return [...this.#founding].filter((id) => id.startsWith(prefix)).length;
  }

  #refusal(outcome: AppendOutcome & { ok: false }): NexoError {
    return new NexoError(outcome.code, outcome.message, outcome.retry_after);
  }

  // ---- In

  /** Takes a tell and answers how far this inbox now knows the conversation. [TELL-2] */
  tell(text: string): Stamp {
    const tell = decodeTell(text);
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
    if (view) new Announcement(sockets, step).conversation(view);
  }

  /** The peer of a single chat has another name or picture. [LIST-2] */
  peerRenamed(peerId: string, card: Card): void {
    const { list, sockets, userId } = this.#parts;
    const id = singleConversationId(userId, peerId);
    const step = list.touch(id);
    if (!step) return;
    this.#parts.moved();
    const view = sockets.size > 0 ? this.#view(id, card) : null;
    if (view) new Announcement(sockets, step).conversation(view);
  }

  /** A page of what changed since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor it never gave */
  async sync(request: SyncRequest): Promise<string> {
    const { env, store, userId, list } = this.#parts;
    const { entries, next, cursor } = list.sync(request);
    const views = await conversationViews(env.DB, store, userId, entries);
    return `{"conversations":[${views.join(",")}],"next":"${next}","cursor":${cursor},"has_more":${next !== ""}}`;
  }

  #take(text: string | null, origins: Origins): Announcement | null {
    return text === null ? null : this.#takeTell(decodeTell(text), origins);
  }

  /** Takes a change and pushes it, all in one turn: nothing may come between. D1 is not asked. [TELL-6] */
  #takeTell(tell: Tell, origins: Origins): Announcement | null {
    const { list, sockets, userId } = this.#parts;
    const { conversation_id: id, card } = tell.header;
    const before = list.get(id);
    const change = list.apply(tell, this.#founding.has(id) ? Date.now() : 0);
    if (!change) return null;
    this.#parts.moved();
    const announcement = new Announcement(sockets, change.step);
    const view = change.news.member && sockets.size > 0 ? this.#view(id, card) : null;
    announcement.news(userId, change.news, tell, origins, view);
    this.#parts.taken(before, change.news.entry, tell.lines.slice(change.news.firstNewLine));
    return announcement;
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

  #markOf(conversationId: string): Stamp {
    const entry = this.#parts.list.get(conversationId);
    return { seq: entry?.seq ?? 0, ver: entry?.ver ?? 0 };
  }

  #conversation(conversationId: string) {
    return this.#parts.env.CONVERSATION.getByName(conversationId);
  }
}
