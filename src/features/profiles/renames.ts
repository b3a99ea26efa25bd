import type { InboxContext } from "../../core/inbox.ts";
import { recentPeers } from "../../core/list/queries.ts";
import { askObject } from "../../core/rpc.ts";
import { findCards } from "../../directory/groups.ts";
import { peerRenamed } from "./calls.ts";
import { RenameStore } from "./store.ts";

export type RenamesParts = Pick<InboxContext, "env" | "userId" | "store" | "list" | "wakeAt">;

/** This is longer than D1 may take to write the change. Changes that come meanwhile are told together. */
const TELL_AFTER = 6_000;
/** Limits how often and how many peers are told: each is a call to another inbox, and a row there. [MEM-1] */
const PAUSE = 60_000;
const MAX_PEERS = 100;
/** How long the alarm waits for the peers. */
const PATIENCE = 2_000;

/**
 * The user's name and picture appear in the lists of the peers of their single chats. D1 stores them. After a change,
 * the peers of the most recently active chats are told. [LIST-3]
 */
export class Renames {
  readonly #parts: RenamesParts;
  readonly #store: RenameStore;

  constructor(parts: RenamesParts) {
    this.#parts = parts;
    this.#store = new RenameStore(parts.store);
  }

  /** Call this before the change in D1: a crash in between causes an unneeded call, but no name is lost. */
  changing(): void {
    const known = this.#store.renaming();
    if (!known) return;
    const due = Math.max(Date.now() + TELL_AFTER, known.profile_told_at + PAUSE);
    this.#store.updateDue(due);
    this.#parts.wakeAt(due);
  }

  /** Whether the peers know the newest name and picture. */
  get isSettled(): boolean {
    return (this.#store.renaming()?.profile_due ?? 0) === 0;
  }

  /** Tells the peers once it is due. @throws when D1 does not answer: the alarm tries again. */
  async alarm(): Promise<void> {
    const due = this.#store.renaming()?.profile_due ?? 0;
    if (due === 0) return;
    if (due > Date.now()) return this.#parts.wakeAt(due);
    await this.#tellPeers();
    // The profile may have changed again meanwhile.
    if (this.#store.renaming()?.profile_due === due) this.#store.updateTold(Date.now());
  }

  /** Peers that cannot be reached get the new profile with the next change of that chat. */
  async #tellPeers(): Promise<void> {
    const { env, userId, list } = this.#parts;
    const peers = recentPeers(list, userId, MAX_PEERS);
    if (peers.length === 0) return;
    const { users } = await findCards(env.DB, [userId], []);
    const card = users.get(userId);
    if (!card) return;
    const calls = peers.map((peer) =>
      askObject(env.INBOX.getByName(peer), peerRenamed, { peer_id: userId, card }, PATIENCE),
    );
    await Promise.allSettled(calls);
  }
}
