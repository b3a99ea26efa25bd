import type { ConversationList } from "../../core/list/list.ts";
import type { InboxStore } from "../../core/list/store.ts";
import { withDeadline } from "../../deadline.ts";
import { findCards } from "../../directory/groups.ts";
import type { Env } from "../../env.ts";
import type { Millis } from "../../protocol/model.ts";

export interface ProfileParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly wakeAt: (time: Millis) => void;
}

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
export class Profile {
  readonly #parts: ProfileParts;

  constructor(parts: ProfileParts) {
    this.#parts = parts;
  }

  /** To be called before D1 is told to change it: a crash in between costs a needless tell, and no name is lost. */
  changing(): void {
    const { store, wakeAt } = this.#parts;
    const owner = store.owner();
    if (!owner) return;
    const profile_due = Math.max(Date.now() + TELL_AFTER, owner.profile_told_at + PAUSE);
    store.putOwner({ ...owner, profile_due });
    wakeAt(profile_due);
  }

  /** Tells the peers once it is due. @throws where D1 does not answer: the alarm tries again. */
  async alarm(): Promise<void> {
    const { store, wakeAt } = this.#parts;
    const due = store.owner()?.profile_due ?? 0;
    if (due === 0) return;
    if (due > Date.now()) return wakeAt(due);
    await this.#tellPeers();
    const owner = store.owner();
    // It may have changed again meanwhile.
    if (owner?.profile_due === due) store.putOwner({ ...owner, profile_due: 0, profile_told_at: Date.now() });
  }

  /** Peers that cannot be reached learn it with the next change of that chat. */
  async #tellPeers(): Promise<void> {
    const { env, userId, list } = this.#parts;
    const peers = list.recentPeers(userId, MAX_PEERS);
    if (peers.length === 0) return;
    const { users } = await findCards(env.DB, [userId], []);
    const card = users.get(userId);
    if (!card) return;
    const calls = peers.map((peer) => withDeadline(env.INBOX.getByName(peer).peerRenamed(userId, card), PATIENCE));
    await Promise.allSettled(calls);
  }
}
