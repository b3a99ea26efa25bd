import type { Connection, HeldSockets, InboxContext } from "../../core/inbox.ts";
import { hasEnded, isShared } from "../../core/list/entry.ts";
import { Budget } from "../../core/rates/budget.ts";
import { askObject } from "../../core/rpc.ts";
import type { Presence as PresenceItem } from "../../protocol/account-model.ts";
import { presenceChanged } from "./calls.ts";
import { type PresenceCall, platformsOf, presenceOf } from "./rules.ts";
import type { PresenceStore } from "./store.ts";

export interface PresenceParts
  extends Pick<InboxContext, "env" | "userId" | "list" | "consent" | "connections" | "wakeAt"> {
  readonly store: PresenceStore;
  /** Checks which of the sockets that conversations hold still exist. */
  readonly heldSockets: Pick<HeldSockets, "check">;
  /** The user's own sockets, if they watch their own user. */
  readonly self: { readonly watchesSelf: boolean; selfChanged(): void };
}

/** Changes within this time count as one, so that a phone that reconnects does not look offline for a moment. */
const COALESCE = 500;
/**
 * How often changes are told that soon, and for how long they are collected above that rate. Each change may be calls
 * to a thousand other objects, and a client can open and close sockets as often as it likes. [HIDE-1]
 */
const TELLS = { perSecond: 1 / 10, burst: 10, gatheredFor: 10_000 };
/**
 * The time until the next check of a watched user's sockets for silently lost ones. It equals the time since the last
 * change, so that few checks find nothing, but stays within these bounds.
 */
const LOOK = { soonest: 60_000, latest: 15 * 60_000 };
/** Above this number a viewer gets an answer, but is not told of changes. [MEM-1] */
const MAX_WATCHERS = 1_000;

/**
 * The presence of the user for others: online for those who share a conversation, offline for all others. [PRES-1]
 *
 * Watchers are stored with the conversation that allows them to watch, so that watching costs nothing while nothing
 * changes. A viewer who no longer watches, or not through that conversation, is removed at the next change.
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #watchers: Map<string, string>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Whether a change was recorded as told because of a new watcher, but still has to be told to the others. */
  #isOwed = false;
  readonly #tells = new Budget(TELLS.perSecond, TELLS.burst, Date.now());

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#watchers = parts.store.watchers();
  }

  /** The presence of this user for a viewer, who may watch from now on. */
  seenBy({ viewer_id, conversation_ids, vouched, watch }: PresenceCall): PresenceItem {
    const { list, userId } = this.#parts;
    const known = this.#watchers.get(viewer_id);
    const candidates = known !== undefined && conversation_ids.includes(known) ? [known] : [];
    const via = [...candidates, ...conversation_ids].find((id) => {
      const entry = list.get(id);
      return id === vouched || id === known ? !hasEnded(entry) : isShared(entry);
    });
    if (via === undefined) {
      this.#removeWatcher(viewer_id);
      return presenceOf(userId, []);
    }
    if (watch) this.#addWatcher(viewer_id, via);
    return presenceOf(userId, this.#visibleTo(viewer_id));
  }

  #addWatcher(viewerId: string, via: string): void {
    // Existing watchers are told of an unnoticed change before it is recorded as told.
    const mayTell = this.#tells.take(1, Date.now()) > 0;
    if (mayTell && !this.look()) this.#tells.giveBack(1);
    const known = this.#watchers.get(viewerId);
    if (known !== via && (known !== undefined || this.#watchers.size < MAX_WATCHERS)) {
      this.#parts.store.putWatcher(viewerId, via);
      this.#watchers.set(viewerId, via);
    }
    if (!this.#announce() || mayTell) return;
    this.#isOwed = true;
    this.changed();
  }

  /** Call this when sockets opened or closed, or when the user hides. */
  changed(): void {
    if (this.#timer !== null || (this.#watchers.size === 0 && !this.#parts.self.watchesSelf)) return;
    const soon = this.#tells.take(1, Date.now()) > 0;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.look();
        this.#parts.self.selfChanged();
      },
      soon ? COALESCE : TELLS.gatheredFor,
    );
  }

  /** Looks for silently lost sockets of either kind. [PRES-4] */
  async alarm(): Promise<void> {
    if (this.#watchers.size === 0) return;
    await this.#parts.heldSockets.check();
    this.look();
  }

  /** Checks the sockets of a watched user. @returns whether there was a change to tell. */
  look(): boolean {
    if (this.#watchers.size === 0) return false;
    const isNews = this.#announce() || this.#isOwed;
    this.#isOwed = false;
    if (isNews) for (const [viewerId, via] of this.#watchers) this.#tell(viewerId, via);
    return isNews;
  }

  /** The user left a conversation. Its watchers look for another shared one, or no longer see the user. */
  left(conversationId: string): void {
    for (const [viewerId, via] of this.#watchers) if (via === conversationId) this.#tell(viewerId, via);
  }

  /** Whom the user lets see them has changed. @param viewerId whom it concerns; null for anyone [BLOCK-2] */
  consentChanged(viewerId: string | null): void {
    if (viewerId === null) {
      this.#isOwed = true;
      this.changed();
      return;
    }
    const via = this.#watchers.get(viewerId);
    if (via !== undefined) this.#tell(viewerId, via);
  }

  #tell(viewerId: string, via: string): void {
    const { env, list, userId } = this.#parts;
    const ended = hasEnded(list.get(via));
    const item = presenceOf(userId, ended ? [] : this.#visibleTo(viewerId));
    askObject(env.INBOX.getByName(viewerId), presenceChanged, { item, via: ended ? null : via }).then(
      // Meanwhile the viewer may have asked again and may watch through another conversation.
      (watches) => (watches || this.#watchers.get(viewerId) !== via ? undefined : this.#removeWatcher(viewerId)),
      // The viewer is told with the next change. A viewer that cannot be reached does not show presence to anyone.
      () => undefined,
    );
  }

  /** Records what others are told, and checks again later while that is "online". @returns whether it changed. */
  #announce(): boolean {
    const { store, wakeAt } = this.#parts;
    const known = store.announced();
    if (!known) return false;
    const now = Date.now();
    const platforms = platformsOf(this.#visible());
    const isNews = platforms !== known.announced;
    const since = isNews ? now : known.announced_at;
    if (isNews) store.updateAnnounced({ announced: platforms, announced_at: since });
    if (platforms !== "") wakeAt(now + Math.min(Math.max(now - since, LOOK.soonest), LOOK.latest));
    return isNews;
  }

  #removeWatcher(viewerId: string): void {
    if (this.#watchers.delete(viewerId)) this.#parts.store.deleteWatcher(viewerId);
  }

  #visibleTo(viewerId: string): readonly Connection[] {
    return this.#parts.consent.showsPresenceTo(viewerId) ? this.#visible() : [];
  }

  #visible(): readonly Connection[] {
    return this.#parts.store.isHidden() ? [] : this.#parts.connections();
  }
}
