import type { Connection, HeldSockets, InboxContext } from "../../core/inbox.ts";
import { hasEnded, isShared } from "../../core/list/entry.ts";
import { Budget } from "../../core/rates/budget.ts";
import { askObject } from "../../core/rpc.ts";
import type { Presence as PresenceItem } from "../../protocol/model.ts";
import { presenceChanged } from "./calls.ts";
import { type PresenceCall, platformsOf, presenceOf } from "./rules.ts";
import type { PresenceStore } from "./store.ts";

export interface PresenceParts extends Pick<InboxContext, "env" | "userId" | "list" | "connections" | "wakeAt"> {
  readonly store: PresenceStore;
  /** Finds out which sockets that conversations hold are still there. */
  readonly heldSockets: Pick<HeldSockets, "check">;
  /** The user's own sockets, where they watch their own user. */
  readonly self: { readonly watchesSelf: boolean; selfChanged(): void };
}

/** Changes within this time are one: a phone that reconnects is not offline for a moment. */
const COALESCE = 500;
/**
 * How often changes are told so soon, and for how long they are gathered beyond that: each may be a call to a thousand
 * other objects, and a client can open and close sockets as often as it likes. [HIDE-1]
 */
const TELLS = { perSecond: 1 / 10, burst: 10, gatheredFor: 10_000 };
/**
 * How long until a watched user's sockets are looked at, for those that went without a word: as long as nothing has
 * changed, so that few looks find nothing, but within these bounds.
 */
const LOOK = { soonest: 60_000, latest: 15 * 60_000 };
/** Past it a viewer is answered, but not told of changes. [MEM-1] */
const MAX_WATCHERS = 1_000;

/**
 * How the user looks to others: online to who shares a conversation, offline to everyone else. [PRES-1]
 *
 * Who watches stands in storage, with the conversation by which they may, so that watching costs nothing while nothing
 * changes; a viewer who watches no more, or not by that conversation, is forgotten at the next change.
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #watchers: Map<string, string>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Whether a change was written down as told, for a new watcher, and waits to be told to the others. */
  #isOwed = false;
  readonly #tells = new Budget(TELLS.perSecond, TELLS.burst, Date.now());

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#watchers = parts.store.watchers();
  }

  /** How this user looks to a viewer, who may go on watching. */
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
    return presenceOf(userId, this.#visible());
  }

  #addWatcher(viewerId: string, via: string): void {
    // Those who watch already hear of what nobody noticed, before it counts as told.
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

  /** To be called when sockets opened or closed, or the user hides. */
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

  /** Looks for sockets that went without a word, of either kind. [PRES-4] */
  async alarm(): Promise<void> {
    if (this.#watchers.size === 0) return;
    await this.#parts.heldSockets.check();
    this.look();
  }

  /** Looks at the sockets of a watched user. @returns whether there was something to tell. */
  look(): boolean {
    if (this.#watchers.size === 0) return false;
    const isNews = this.#announce() || this.#isOwed;
    this.#isOwed = false;
    if (isNews) for (const [viewerId, via] of this.#watchers) this.#tell(viewerId, via);
    return isNews;
  }

  /** The user is out of a conversation: who watched by it looks for another that is shared, or sees them no more. */
  left(conversationId: string): void {
    for (const [viewerId, via] of this.#watchers) if (via === conversationId) this.#tell(viewerId, via);
  }

  #tell(viewerId: string, via: string): void {
    const { env, list, userId } = this.#parts;
    const ended = hasEnded(list.get(via));
    const item = presenceOf(userId, ended ? [] : this.#visible());
    askObject(env.INBOX.getByName(viewerId), presenceChanged, { item, via: ended ? null : via }).then(
      // Meanwhile they may have asked, and watch by another.
      (watches) => (watches || this.#watchers.get(viewerId) !== via ? undefined : this.#removeWatcher(viewerId)),
      // Told with the next change; a viewer that cannot be reached shows nobody anything.
      () => undefined,
    );
  }

  /** Writes down what others know, and looks again later while that is "online". @returns whether it is news. */
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

  #visible(): readonly Connection[] {
    return this.#parts.store.isHidden() ? [] : this.#parts.connections();
  }
}
