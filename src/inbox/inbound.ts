import { decodeUpdate, type Update } from "../core/delivery/update.ts";
import type { Inbound } from "../core/inbox.ts";
import { ChangePush, type Origins } from "../core/list/change-push.ts";
import type { ListEntry } from "../core/list/entry.ts";
import type { ConversationList, Step } from "../core/list/list.ts";
import type { InboxStore } from "../core/list/store.ts";
import { conversationView } from "../core/list/views.ts";
import type { Version } from "../core/version.ts";
import { ask } from "../durable/rpc.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { Card } from "../protocol/model.ts";

export interface InboundParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  /** Whether this user caused a conversation that is new to the list. */
  readonly isFounding: (conversationId: string) => boolean;
  /** Called after each change of the list. */
  readonly moved: () => void;
  /** Called with the changes of an update: an entry before and after, and the new messages. */
  readonly taken: (before: ListEntry | undefined, entry: ListEntry, lines: readonly string[]) => void;
}

/** Takes changes into the list. Each raises the change number and is pushed in the same turn. */
export class ListInbound implements Inbound {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Takes an update and returns the version of the conversation that this inbox now has. [TELL-2] */
  update(text: string): Version {
    const update = decodeUpdate(text);
    this.#take(update, {});
    return this.markOf(update.header.conversation_id);
  }

  /** Takes the update of an answer. Returns null when the answer had no update or nothing changed. */
  take(text: string | null, origins: Origins): ChangePush | null {
    return text === null ? null : this.#take(decodeUpdate(text), origins);
  }

  /** The version of a conversation that this inbox has. */
  markOf(conversationId: string): Version {
    const entry = this.#parts.list.get(conversationId);
    return { seq: entry?.seq ?? 0, ver: entry?.ver ?? 0 };
  }

  async refreshed(conversationId: string): Promise<ListEntry> {
    const { env, userId, list } = this.#parts;
    const conversation = env.CONVERSATION.getByName(conversationId);
    this.take(await ask(conversation.snapshot(userId, this.markOf(conversationId))), {});
    const entry = list.get(conversationId);
    if (!entry) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    return entry;
  }

  changed(conversationId: string, step: Step | null, card: Card | undefined): void {
    if (!step) return;
    const { sockets } = this.#parts;
    this.#parts.moved();
    const view = sockets.size > 0 ? this.#view(conversationId, card) : null;
    if (view) new ChangePush(sockets, step).conversation(view);
  }

  /** Nothing may happen between the change and its pushes, so D1 is not asked. [TELL-6] */
  #take(update: Update, origins: Origins): ChangePush | null {
    const { list, sockets, userId, isFounding } = this.#parts;
    const { conversation_id: id, card } = update.header;
    const before = list.get(id);
    const change = list.apply(update, isFounding(id) ? Date.now() : 0);
    if (!change) return null;
    this.#parts.moved();
    const push = new ChangePush(sockets, change.step);
    const view = change.news.member && sockets.size > 0 ? this.#view(id, card) : null;
    push.news(userId, change.news, update, origins, view);
    this.#parts.taken(before, change.news.entry, update.lines.slice(change.news.firstNewLine));
    return push;
  }

  #view(conversationId: string, card: Card | undefined): string | null {
    const { list, store, userId } = this.#parts;
    const entry = list.get(conversationId);
    if (!entry || !(card || entry.gone)) return null;
    return conversationView(userId, entry, card, store.previews([conversationId]).get(conversationId));
  }
}
