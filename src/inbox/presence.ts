import type { ListEntry } from "../domain/list-entry.ts";
import { type Connection, type PresenceCall, platformsOf, presenceOf } from "../domain/presence.ts";
import { PushFrame, type Sockets } from "../durable/sockets.ts";
import { withDeadline } from "../durable/stubs.ts";
import type { Env } from "../env.ts";
import { Push } from "../protocol/frames.ts";
import { singleConversationId } from "../protocol/ids.ts";
import { MemberStatus, type Millis, type Presence as PresenceItem } from "../protocol/model.ts";
import type { ConversationList } from "./list.ts";
import type { InboxStore } from "./store.ts";

export interface PresenceParts {
  readonly env: Env;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  /** All sockets of the user, those that conversations hold too, that look alive. */
  readonly connections: () => readonly Connection[];
  readonly wakeAt: (time: Millis) => void;
}

/** Changes within this time are one: a phone that reconnects is not offline for a moment. */
const COALESCE = 500;
/** How often a watched user's sockets are looked at, for those that went without a word. */
const LOOK_EVERY = 60_000;
/** Past it a viewer is answered, but not told of changes. [MEM-1] */
const MAX_WATCHERS = 1_000;
/** Groups that are looked through for one that two users share. [MEM-1] */
const MAX_GROUPS = 1_000;

/**
 * Who is online, for people who share a conversation; everyone else looks offline. [PRES-1]
 *
 * Who watches stands in storage, so that watching costs nothing while nothing changes; a viewer who
 * watches no more is forgotten at the next change. The alarm looks for silent losses only while watched.
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #watchers: Map<string, string>;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#watchers = parts.store.migrator.isBorn ? parts.store.watchers() : new Map();
  }

  // ---- As seen by others

  /** How this user looks to a viewer, who may go on watching. */
  seenBy({ viewer_id, conversation_ids, watch }: PresenceCall): PresenceItem {
    const via = conversation_ids.find((id) => isShared(this.#parts.list.get(id)));
    if (via === undefined) return presenceOf(this.#parts.userId, []);
    if (watch) this.#addWatcher(viewer_id, via);
    return presenceOf(this.#parts.userId, this.#visible());
  }

  #addWatcher(viewerId: string, via: string): void {
    // Those who watch already hear of what nobody noticed, before it counts as told.
    this.look();
    const known = this.#watchers.get(viewerId);
    if (known !== via && (known !== undefined || this.#watchers.size < MAX_WATCHERS)) {
      this.#parts.store.putWatcher(viewerId, via);
      this.#watchers.set(viewerId, via);
    }
    this.#announce();
  }

  /** To be called when sockets opened or closed, or the user hides. */
  changed(): void {
    if (this.#watchers.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#tellWatchers();
    }, COALESCE);
  }

  /** Looks at the sockets of a watched user. To be called by the alarm. */
  look(): void {
    if (this.#watchers.size > 0) this.#tellWatchers();
  }

  #tellWatchers(): void {
    if (!this.#announce()) return;
    const seen = presenceOf(this.#parts.userId, this.#visible());
    const hidden = presenceOf(this.#parts.userId, []);
    for (const [viewerId, via] of this.#watchers) {
      const item = isShared(this.#parts.list.get(via)) ? seen : hidden;
      withDeadline(this.#parts.env.INBOX.getByName(viewerId).presenceChanged(item)).then(
        (watches) => (watches ? undefined : this.#removeWatcher(viewerId)),
        // Told with the next change; a viewer that cannot be reached shows nobody anything.
        () => undefined,
      );
    }
  }

  /** Writes down what others know, and looks again later while that is "online". @returns whether it is news. */
  #announce(): boolean {
    const { store, wakeAt } = this.#parts;
    const owner = store.owner();
    if (!owner) return false;
    const platforms = platformsOf(this.#visible());
    if (platforms !== "") wakeAt(Date.now() + LOOK_EVERY);
    if (platforms === owner.announced) return false;
    store.putOwner({ ...owner, announced: platforms });
    return true;
  }

  #removeWatcher(viewerId: string): void {
    if (this.#watchers.delete(viewerId)) this.#parts.store.deleteWatcher(viewerId);
  }

  #visible(): readonly Connection[] {
    return this.isHidden ? [] : this.#parts.connections();
  }

  get isHidden(): boolean {
    return this.#parts.store.owner()?.hidden === 1;
  }

  hide(hidden: boolean): void {
    const owner = this.#parts.store.owner();
    if (!owner || (owner.hidden === 1) === hidden) return;
    this.#parts.store.putOwner({ ...owner, hidden: hidden ? 1 : 0 });
    this.changed();
  }

  // ---- As a viewer

  /** How some users look to this one. @param socket goes on watching them, and nobody else. */
  async ask(userIds: readonly string[], socket: WebSocket | null): Promise<PresenceItem[]> {
    const { env, sockets } = this.#parts;
    const state = socket && sockets.state(socket);
    if (socket && state) sockets.update(socket, { ...state, watching: userIds });
    const unique = [...new Set(userIds)];
    return await Promise.all(
      unique.map(async (userId) => {
        const call = this.#callFor(userId, state !== null && state !== undefined);
        if (call.conversation_ids.length === 0) return presenceOf(userId, []);
        try {
          return await withDeadline(env.INBOX.getByName(userId).presenceFor(call));
        } catch {
          return presenceOf(userId, []);
        }
      }),
    );
  }

  #callFor(userId: string, watch: boolean): PresenceCall {
    const { userId: viewer_id, list } = this.#parts;
    const single = userId === viewer_id ? undefined : list.get(singleConversationId(viewer_id, userId));
    const conversation_ids = single ? [single.conversation_id] : list.activeGroups(MAX_GROUPS);
    return { viewer_id, conversation_ids, watch };
  }

  /** Pushes a change to the sockets that watch that user. @returns whether any does. */
  push(item: PresenceItem): boolean {
    const frame = new PushFrame(Push.PRESENCE, JSON.stringify({ items: [item] }));
    let watched = false;
    for (const [socket, state] of this.#parts.sockets.hearing()) {
      if (!state.watching?.includes(item.user_id)) continue;
      watched = true;
      this.#parts.sockets.push(socket, frame);
    }
    return watched;
  }
}

function isShared(entry: ListEntry | undefined): boolean {
  return entry?.status === MemberStatus.NORMAL;
}
