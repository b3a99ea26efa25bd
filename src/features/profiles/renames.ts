import type { InboxContext } from "../../core/inbox.ts";
import { askObject } from "../../core/rpc.ts";
import { findCards } from "../../directory/groups.ts";
import { peerRenamed } from "./calls.ts";
import { RenameStore } from "./store.ts";

export type RenamesParts = Pick<InboxContext, "env" | "userId" | "store" | "list" | "wakeAt">;

/** Longer than D1 may take to write the change; those that come meanwhile are told with it. */
const TELL_AFTER = 6_000;
/** At most so often, and so many: each is a call to another inbox, and a row there. [MEM-1] */
const PAUSE = 60_000;
const MAX_PEERS = 100;
/** How long the alarm waits for them. */
const PATIENCE = 2_000;

/**
 * The user's name and picture stand in the lists of those with whom they have a single chat. D1 keeps them; that they
 * changed, the peers of the chats that moved last are told. [LIST-3]
 */
export class Renames {
  readonly #parts: RenamesParts;
  readonly #store: RenameStore;

  constructor(parts: RenamesParts) {
    this.#parts = parts;
    this.#store = new RenameStore(parts.store);
  }

  /** To be called before D1 is told to change it: a crash in between costs a needless tell, and no name is lost. */
  changing(): void {
    const known = this.#store.renaming();
    if (!known) return;
    const due = Math.max(Date.now() + TELL_AFTER, known.profile_told_at + PAUSE);
    this.#store.updateDue(due);
    this.#parts.wakeAt(due);
  }

  /** Tells the peers once it is due. @throws where D1 does not answer: the alarm tries again. */
  async alarm(): Promise<void> {
    const due = this.#store.renaming()?.profile_due ?? 0;
    if (due === 0) return;
    if (due > Date.now()) return this.#parts.wakeAt(due);
    await this.#tellPeers();
    // It may have changed again meanwhile.
    if (this.#store.renaming()?.profile_due === due) this.#store.updateTold(Date.now());
  }

  /** Peers that cannot be reached learn it with the next change of that chat. */
  async #tellPeers(): Promise<void> {
    const { env, userId, list } = this.#parts;
    const peers = list.recentPeers(userId, MAX_PEERS);
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
