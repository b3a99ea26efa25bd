import type { InboxContext } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { totals } from "../../core/list/queries.ts";
import { findCards } from "../../directory/groups.ts";
import { parseConversationId, peerOf } from "../../protocol/ids.ts";
import { type Card, isCountable, type Message } from "../../protocol/model.ts";
import type { Outgoing } from "./sender.ts";
import type { Device, Notification } from "./store.ts";
import { type News, wordsFor } from "./wording.ts";

/** What is known of a conversation's newest messages, before it is worded for a device. */
export interface Draft {
  /** The newest seq that the notification covers. */
  readonly seq: number;
  readonly news: Omit<News, "unread">;
}

/** Writes notifications. */
export class Composer {
  readonly #parts: Pick<InboxContext, "env" | "userId" | "list"> & { readonly inbox: InboxContext["store"] };

  constructor({ env, userId, list, store }: Pick<InboxContext, "env" | "userId" | "list" | "store">) {
    this.#parts = { env, userId, list, inbox: store };
  }

  /**
   * Reads the newest messages and, in one query of D1, the names. Without D1 the notifications say only that there are
   * messages.
   */
  async drafts(entries: readonly ListEntry[]): Promise<Map<string, Draft>> {
    const { env, userId, inbox } = this.#parts;
    const previews = inbox.previews(entries.map(({ conversation_id }) => conversation_id));
    const newest = entries.map((entry) => {
      const message: Message | null = JSON.parse(previews.get(entry.conversation_id) ?? "null");
      const isShown = message !== null && message.sender_id !== userId && isCountable(message.msg_type);
      return { entry, message: isShown ? message : null };
    });
    const users = new Set<string>();
    const groups = new Set<string>();
    for (const { entry, message } of newest) {
      const ref = parseConversationId(entry.conversation_id);
      if (ref?.type === 2) groups.add(ref.group_id);
      else if (ref) users.add(peerOf(ref, userId));
      if (message) users.add(message.sender_id);
    }
    const none = { users: new Map<string, Card>(), groups: new Map<string, Card>() };
    const cards = await findCards(env.DB, [...users], [...groups]).catch(() => none);
    return new Map(
      newest.map(({ entry, message }) => {
        const ref = parseConversationId(entry.conversation_id);
        const isGroup = ref?.type === 2;
        const card = isGroup ? cards.groups.get(ref.group_id) : ref && cards.users.get(peerOf(ref, userId));
        const sender = isGroup && message ? (cards.users.get(message.sender_id)?.title ?? "") : "";
        return [entry.conversation_id, { seq: entry.seq, news: { title: card?.title ?? "", sender, message } }];
      }),
    );
  }

  /** Shows the newest messages of a conversation. */
  message({ seq, news }: Draft, { conversation_id, unread }: ListEntry, device: Device): Outgoing {
    const words = wordsFor(device, { ...news, unread });
    return this.#outgoing(device, { type: "message", conversation_id, seq, ...words });
  }

  /** Takes the last notification of a conversation away. */
  withdrawal({ conversation_id, sent_seq }: Notification, device: Device): Outgoing {
    // If the object died while it sent the first one, its seq is not known.
    const seq = sent_seq || (this.#parts.list.get(conversation_id)?.seq ?? 0);
    return this.#outgoing(device, { type: "withdraw", conversation_id, seq, title: "", body: "" });
  }

  #outgoing(
    device: Device,
    said: Pick<Outgoing["payload"], "type" | "conversation_id" | "seq" | "title" | "body">,
  ): Outgoing {
    const { userId, list } = this.#parts;
    const entry = list.get(said.conversation_id);
    const { type, conversation_id, seq, title, body } = said;
    const payload = {
      type,
      user_id: userId,
      conversation_id,
      seq,
      sent_at: Date.now(),
      title,
      body,
      unread_count: entry?.unread ?? 0,
      badge: totals(list).unread_count,
    };
    return { device, payload, rev: entry?.rev ?? 0 };
  }
}
