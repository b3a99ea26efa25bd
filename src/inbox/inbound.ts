import { type Beside, decodeUpdate, type Update, type UpdateHeader } from "../core/delivery/update.ts";
import { type Erasure, ErasureStep } from "../core/erasure.ts";
import type { Inbound } from "../core/inbox.ts";
import { ChangePush, type Origins } from "../core/list/change-push.ts";
import { isShared, type ListEntry } from "../core/list/entry.ts";
import type { Change, ConversationList, Step } from "../core/list/list.ts";
import type { InboxStore } from "../core/list/store.ts";
import { conversationView } from "../core/list/views.ts";
import { NOTHING_KNOWN, type Version, versionOf } from "../core/version.ts";
import { ask } from "../durable/rpc.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { type Card, MemberStatus, type Millis } from "../protocol/model.ts";

export interface InboundParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  /** Whether this user caused a conversation that is new to the list. */
  readonly isFounding: (conversationId: string) => boolean;
  /** Called after each step of the cursor. */
  readonly moved: () => void;
  readonly erasure: Erasure;
  readonly wakeAt: (time: Millis) => void;
  /** Ends this life of the object, so that the next one reads storage again. */
  readonly abort: (reason: string) => void;
  /** What the sockets have of large groups, besides what the list has. */
  readonly shown: Shown;
  /** Called with the changes of an update: an entry before and after, and the new messages. */
  readonly taken: (before: ListEntry | undefined, entry: ListEntry, lines: readonly string[], beside: Beside) => void;
}

/** The prev and cursor of an answer. @param isLast whether its socket gets no more frames of this change */
type StepFor = (isLast: boolean) => Step;

/** What the sockets have of large groups: their messages are pushed without a change of the list. */
export interface Shown {
  /** The newest message of a conversation that the sockets have. */
  newestShown(conversationId: string): number;
  /** Whether every socket has the messages up to one, or notices that it lacks some. */
  isShown(conversationId: string, seq: number): boolean;
  /** The entry has changed, and the sockets were told. */
  stored(entry: ListEntry): void;
  /** An answer to a call of this inbox may have begun the user's part in a large group. An update's answer says it. */
  began(conversationId: string): void;
  /** Brings the entries of large groups up to date. */
  catchUp(conversationId?: string): Promise<void>;
}

/** Takes changes into the list. Each raises the change number and is pushed in the same turn. */
export class ListInbound implements Inbound {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Takes an update and returns the version of the conversation that this inbox now has. [TELL-2] */
  update(text: string): Version & { readonly conversation_id: string } {
    const update = decodeUpdate(text);
    this.#take(update, {}, nothing);
    const { header } = update;
    // An erased inbox has all that it is told, or it would be told for ever.
    const mark = this.#parts.erasure.isDone ? versionOf(header, NOTHING_KNOWN) : this.markOf(header.conversation_id);
    return { ...mark, conversation_id: header.conversation_id };
  }

  /**
   * Takes the update of an answer.
   * @param answer is called once, in this turn, after the pushes of the change. Must not throw
   */
  take(text: string | null, origins: Origins, answer: (stepFor: StepFor) => void): void {
    if (text === null) {
      answer(() => this.#atRest());
      return;
    }
    const update = decodeUpdate(text);
    const { conversation_id: id } = update.header;
    const before = this.#parts.list.get(id);
    if (!this.#take(update, origins, answer)) answer(() => this.#atRest());
    if (!(before?.large && isShared(before))) this.#parts.shown.began(id);
  }

  /** The version of a conversation that this inbox has. */
  markOf(conversationId: string): Version {
    const { seq, ver, rev } = this.#parts.list.get(conversationId) ?? NOTHING_KNOWN;
    return { seq, ver, rev };
  }

  async refreshed(conversationId: string): Promise<ListEntry> {
    const { env, userId, list } = this.#parts;
    const conversation = env.CONVERSATION.getByName(conversationId);
    this.take(await ask(conversation.snapshot(userId, this.markOf(conversationId))), {}, nothing);
    const entry = list.get(conversationId);
    if (!entry) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    return entry;
  }

  catchUp(conversationId?: string): Promise<void> {
    return this.#parts.shown.catchUp(conversationId);
  }

  changed(conversationId: string, step: Step | null, card: Card | undefined): void {
    if (!step) return;
    const { sockets } = this.#parts;
    this.#parts.moved();
    const view = sockets.size > 0 ? this.#view(conversationId, card) : null;
    if (view) new ChangePush(sockets, step).conversation(view);
  }

  /** @returns whether a client can see a change. Nothing waits between a change and its pushes: D1 is not asked. [TELL-6] */
  #take(update: Update, origins: Origins, answer: (stepFor: StepFor) => void): boolean {
    const { list, isFounding, abort, shown, taken, erasure } = this.#parts;
    const { conversation_id: id } = update.header;
    if (erasure.isDone) {
      this.#late(update.header);
      return false;
    }
    // Of a large group, the sockets may have more than the list.
    const firstUnshown = shown.newestShown(id) + 1;
    const isShown = shown.isShown(id, update.header.seq);
    const { from, own_unread = 0 } = update.header;
    let seen: Change | undefined;
    let firstTaken = 0;
    try {
      list.apply(update, isFounding(id) ? Date.now() : 0, ({ before, news, step }) => {
        firstTaken = Math.max(news.firstNewLine, firstUnshown - from);
        const firstNewLine = Math.max(firstTaken, own_unread + 1 - from);
        const bringsNone = firstNewLine >= update.lines.length;
        const isCut = bringsNone && update.header.seq > (before?.seq ?? 0) && !isShown;
        const isWithheld = isCut && firstTaken < update.lines.length;
        seen = { before, news: { ...news, firstNewLine, isCut, isWithheld }, step };
        this.#push(seen, update, origins, answer);
      });
    } catch (error) {
      if (seen) abort("a change was pushed, but could not be stored");
      throw error;
    }
    if (!seen) return false;
    shown.stored(seen.news.entry);
    taken(seen.before, seen.news.entry, update.lines.slice(firstTaken), update.header);
    return true;
  }

  /** Nothing revives an erased inbox. A conversation that has the user in it, from a call on its way, is left. [ERASE-5] */
  #late({ conversation_id, status }: UpdateHeader): void {
    if (status !== MemberStatus.NORMAL && status !== MemberStatus.INVITED) return;
    this.#parts.erasure.putProgress({ conversation_id, step: ErasureStep.TO_LEAVE, cursor: "" });
    this.#parts.wakeAt(Date.now());
  }

  #push({ news, step }: Change, update: Update, origins: Origins, answer: (stepFor: StepFor) => void): void {
    const { sockets, userId } = this.#parts;
    const { conversation_id: id, card } = update.header;
    this.#parts.moved();
    const push = new ChangePush(sockets, step);
    // The view is read from storage, which gets the new preview later in this turn.
    const view = news.member && sockets.size > 0 ? this.#view(id, card, update.preview) : null;
    push.news(userId, news, update, origins, view);
    answer((isLast) => push.stepFor(isLast));
  }

  /** The step of an answer that changed nothing. */
  #atRest(): Step {
    const { cursor } = this.#parts.list;
    return { prev: cursor, cursor };
  }

  #view(conversationId: string, card: Card | undefined, preview?: string): string | null {
    const { list, store, userId } = this.#parts;
    const entry = list.get(conversationId);
    if (!entry || !(card || entry.gone)) return null;
    return conversationView(userId, entry, card, preview ?? store.previews([conversationId]).get(conversationId));
  }
}

function nothing(): void {}
