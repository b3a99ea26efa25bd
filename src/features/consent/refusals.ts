import type { InboxContext } from "../../core/inbox.ts";
import { Refusal } from "../../core/member.ts";
import { askObject } from "../../core/rpc.ts";
import { parseConversationId, peerOf, singleConversationId } from "../../protocol/ids.ts";
import { setRefusal } from "./calls.ts";

/** How many chats one alarm tells, how long it waits for them, and when the next alarm goes on. */
const STEP = { chats: 50, patience: 2_000, pause: 1_000 };
/** The pause before chats that could not be reached are tried again. */
const RETRY = 30_000;

export type RefusalsParts = Pick<InboxContext, "env" | "userId" | "list" | "consent" | "wakeAt">;

/**
 * Tells single chats whether this user refuses what the peer sends. What they should know follows from blocks, privacy
 * and the list; what they were told is stored. So a crash in between loses nothing: the alarm compares the two.
 */
export class Refusals {
  readonly #parts: RefusalsParts;
  /** When a chat was last told. Rises with every call. */
  #toldAt = 0;

  constructor(parts: RefusalsParts) {
    this.#parts = parts;
  }

  /** Tells one chat. @throws NexoError SHUTTING_DOWN if it cannot be reached; the alarm tells it later */
  async tell(peerId: string): Promise<void> {
    const { userId, wakeAt } = this.#parts;
    wakeAt(Date.now() + RETRY);
    await this.#tell(singleConversationId(userId, peerId), peerId);
  }

  /** Tells the chats that know something else, the most recent ones first. The alarm goes on with the rest. */
  async settle(): Promise<void> {
    const { list, wakeAt } = this.#parts;
    const outdated = this.#outdated();
    if (outdated.length === 0) return;
    wakeAt(Date.now() + RETRY);
    const recent = (id: string) => list.get(id)?.updated_at ?? 0;
    outdated.sort((a, b) => recent(b.id) - recent(a.id));
    const next = outdated.slice(0, STEP.chats);
    const results = await Promise.allSettled(next.map(({ id, peer }) => this.#tell(id, peer, STEP.patience)));
    const isReached = results.every(({ status }) => status === "fulfilled");
    if (isReached && outdated.length > next.length) wakeAt(Date.now() + STEP.pause);
  }

  #outdated(): { readonly id: string; readonly peer: string }[] {
    const { userId, consent, list } = this.#parts;
    const ids = new Set(consent.told.keys());
    for (const peer of consent.blocks.keys()) ids.add(singleConversationId(userId, peer));
    if (consent.reach.messages_from !== "all") for (const { conversation_id } of list.all()) ids.add(conversation_id);
    return [...ids].flatMap((id) => {
      const ref = parseConversationId(id);
      // A chat that is not in the list does not exist, or tells this inbox of itself.
      if (ref?.type !== 1 || !list.get(id)) return [];
      const peer = peerOf(ref, userId);
      return consent.refusalOf(peer) === (consent.told.get(id) ?? Refusal.NONE) ? [] : [{ id, peer }];
    });
  }

  async #tell(id: string, peer: string, patience?: number): Promise<void> {
    const { env, userId, consent } = this.#parts;
    const refusal = consent.refusalOf(peer);
    this.#toldAt = Math.max(Date.now(), this.#toldAt + 1);
    const asked = { user_id: userId, refusal, at: this.#toldAt };
    const exists = await askObject(env.CONVERSATION.getByName(id), setRefusal, asked, patience);
    // A chat that begins later tells this inbox of itself, and is then told.
    consent.putTold(id, exists ? refusal : Refusal.NONE);
    // It may have changed while the chat was told.
    if (consent.refusalOf(peer) !== refusal) await this.#tell(id, peer, patience);
  }
}
