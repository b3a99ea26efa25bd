import { Request } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Presence } from "../protocol/model.ts";
import type { Channel } from "./channel.ts";
import { toClientError } from "./errors.ts";
import { pauseBefore } from "./pauses.ts";
import { LazyView, type View } from "./view.ts";

/** What is known of the users asked for, by id; who is not in it is not known yet, or looks offline. */
export type PresenceSnapshot = ReadonlyMap<string, Presence>;

interface Watch {
  readonly userIds: readonly string[];
  readonly view: LazyView<PresenceSnapshot>;
}

/** Rows of a list come and go together: one question for all of them. */
const PAUSE = 50;

/**
 * Who is online, of those that somebody looks at. The server pushes the changes of one set of users, so all views
 * together make up that set; beyond its limit the newest count. [PRES-2]
 */
export class PresenceBook {
  readonly #channel: () => Channel | null;
  readonly #watches = new Set<Watch>();
  #known = new Map<string, Presence>();
  #asked = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  /** @param channel the user's socket: those of conversations know nothing of presence. */
  constructor(channel: () => Channel | null) {
    this.#channel = channel;
  }

  view(userIds: readonly string[]): View<PresenceSnapshot> {
    const view: LazyView<PresenceSnapshot> = new LazyView(
      () => this.#of(userIds),
      (isWatched) => {
        if (isWatched) this.#watches.add(watch);
        else this.#watches.delete(watch);
        if (userIds.length > 0) this.#later(PAUSE);
      },
    );
    const watch: Watch = { userIds, view };
    return view;
  }

  pushed(items: readonly Presence[]): void {
    for (const item of items) this.#known.set(item.user_id, item);
    this.#changed(new Set(items.map(({ user_id }) => user_id)));
  }

  /** A new socket watches nobody yet. */
  opened(): void {
    this.#asked = "";
    this.#failures = 0;
    this.#later(0);
  }

  /** Without a socket nothing is known. */
  closed(): void {
    clearTimeout(this.#timer);
    const users = new Set(this.#known.keys());
    this.#known = new Map();
    this.#changed(users);
  }

  #of(userIds: readonly string[]): PresenceSnapshot {
    return new Map(
      userIds.flatMap((id) => {
        const item = this.#known.get(id);
        return item ? [[id, item] as const] : [];
      }),
    );
  }

  #changed(users: ReadonlySet<string>): void {
    for (const { userIds, view } of this.#watches) if (userIds.some((id) => users.has(id))) view.changed();
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask(): Promise<void> {
    const wanted = [...new Set([...this.#watches].flatMap(({ userIds }) => userIds))].slice(-LIMITS.batchUsers);
    const key = wanted.toSorted().join(" ");
    const channel = this.#channel();
    if (!channel || key === this.#asked) return;
    this.#asked = key;
    try {
      const answered = ({ items }: { items: Presence[] }) => this.pushed(items);
      await channel.request(Request.PRESENCE, { user_ids: wanted }, answered);
      this.#failures = 0;
    } catch (error) {
      if (this.#asked === key) this.#asked = "";
      if (toClientError(error).retryable) this.#later(pauseBefore(this.#failures++));
    }
  }
}
