import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Presence } from "../../protocol/model.ts";
import type { FrameSocket } from "../connection/frame-socket.ts";
import { pauseBefore } from "../connection/pauses.ts";
import { toClientError } from "../errors.ts";
import { LazyView, type View } from "../view.ts";

/** What is known of the users asked for, by id; who is not in it is not known yet, or looks offline. */
export type PresenceSnapshot = ReadonlyMap<string, Presence>;

interface Watch {
  readonly userIds: readonly string[];
  readonly view: LazyView<PresenceSnapshot>;
}

/** Rows of a list come and go together: one question for all of them. */
const PAUSE = 50;
/** Views that nobody subscribes to and that are kept all the same, for who asks again. [MEM-1] */
const KEPT = 1_000;

/**
 * Who is online, of those that somebody looks at. The server pushes the changes of one set of users, so all views
 * together make up that set; beyond its limit those that were subscribed to last count. Only what the server
 * watches is shown: of everyone else the last word may be long out of date. [PRES-2] [PRES-5]
 */
export class PresenceBook {
  readonly #channel: () => FrameSocket | null;
  /** By their arguments, the one that was asked for longest ago first. */
  readonly #views = new Map<string, Watch>();
  /** Those with subscribers, the newest last. */
  readonly #watches = new Set<Watch>();
  readonly #known = new Map<string, Presence>();
  /** Whom the server was asked to watch for this socket, and whom it said last that it does. */
  #asked: ReadonlySet<string> = new Set();
  #confirmed: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  /** @param channel the user's socket: those of conversations know nothing of presence. */
  constructor(channel: () => FrameSocket | null) {
    this.#channel = channel;
  }

  /** The same view for the same ids. */
  view(userIds: readonly string[]): View<PresenceSnapshot> {
    const key = JSON.stringify(userIds);
    const watch = this.#views.get(key) ?? this.#newWatch(key, [...userIds]);
    this.#views.delete(key);
    this.#views.set(key, watch);
    if (this.#views.size - this.#watches.size > KEPT) this.#forgetOldest();
    return watch.view;
  }

  pushed(items: readonly Presence[]): void {
    // A push or an answer may be on its way still when others are asked for.
    const watched = items.filter(({ user_id }) => this.#asked.has(user_id));
    for (const item of watched) this.#known.set(item.user_id, item);
    this.#changed(watched.map(({ user_id }) => user_id));
  }

  /** A new socket watches nobody yet. */
  opened(): void {
    this.#forget();
    this.#failures = 0;
    this.#later(0);
  }

  /** Without a socket nothing is known. */
  closed(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #forget(): void {
    this.#confirmed = new Set();
    this.#watchOnly(this.#confirmed);
  }

  #newWatch(key: string, userIds: readonly string[]): Watch {
    const view: LazyView<PresenceSnapshot> = new LazyView(
      () => this.#of(userIds),
      (isWatched) => {
        if (isWatched) this.#watches.add(watch);
        else this.#watches.delete(watch);
        // It was forgotten, and so heard of no change.
        if (isWatched && this.#views.get(key) !== watch) view.changed();
        if (userIds.length > 0) this.#later(PAUSE);
      },
    );
    const watch: Watch = { userIds, view };
    return watch;
  }

  #forgetOldest(): void {
    for (const [key, watch] of this.#views) {
      if (this.#watches.has(watch)) continue;
      this.#views.delete(key);
      return;
    }
  }

  #of(userIds: readonly string[]): PresenceSnapshot {
    return new Map(
      userIds.flatMap((id) => {
        const item = this.#known.get(id);
        return item ? [[id, item] as const] : [];
      }),
    );
  }

  /** Nobody else is watched from now on. */
  #watchOnly(users: ReadonlySet<string>): void {
    this.#asked = users;
    const gone = [...this.#known.keys()].filter((id) => !users.has(id));
    for (const id of gone) this.#known.delete(id);
    this.#changed(gone);
  }

  /** Also views without subscribers: they keep their snapshot, and may be subscribed to again. */
  #changed(userIds: readonly string[]): void {
    if (userIds.length === 0) return;
    const users = new Set(userIds);
    for (const { userIds: own, view } of new Set([...this.#views.values(), ...this.#watches])) {
      if (own.some((id) => users.has(id))) view.changed();
    }
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted();
    const channel = this.#channel();
    if (!channel || isSame(wanted, this.#asked)) return;
    this.#watchOnly(wanted);
    try {
      const answered = ({ items }: { items: Presence[] }) => {
        this.#confirmed = wanted;
        this.pushed(items);
      };
      await channel.request(Request.PRESENCE, { user_ids: [...wanted] }, answered);
      this.#failures = 0;
    } catch (error) {
      // Unless others are asked for already: the server goes on watching those it did before.
      if (this.#asked === wanted) this.#watchOnly(new Set([...wanted].filter((id) => this.#confirmed.has(id))));
      if (toClientError(error).retryable) this.#later(pauseBefore(this.#failures++));
    }
  }

  /** As many as the server watches: a user counts by the newest view that shows them. */
  #wanted(): ReadonlySet<string> {
    const newestFirst = [...this.#watches].flatMap(({ userIds }) => userIds).reverse();
    return new Set([...new Set(newestFirst)].slice(0, LIMITS.batchUsers).reverse());
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
