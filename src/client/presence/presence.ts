import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Presence } from "../../protocol/model.ts";
import type { FrameSocket } from "../connection/frame-socket.ts";
import { pauseBefore } from "../connection/pauses.ts";
import { toClientError } from "../errors.ts";
import { IdViews } from "../id-views.ts";
import { isSame } from "../same.ts";
import type { View } from "../view.ts";

/** What is known of the users asked for, by id; who is not in it is not known yet, or looks offline. */
export type PresenceSnapshot = ReadonlyMap<string, Presence>;

/** Rows of a list come and go together: one question for all of them. */
const PAUSE = 50;
/**
 * Who is online, of those that somebody looks at. The server pushes the changes of one set of users, so all views
 * together make up that set; beyond its limit those that were subscribed to last count. Only what the server
 * watches is shown: of everyone else the last word may be long out of date. [PRES-2] [PRES-5]
 */
export class PresenceBook {
  readonly #channel: () => FrameSocket | null;
  readonly #views = new IdViews<PresenceSnapshot>({
    make: (ids) => this.#of(ids),
    watched: () => this.#later(PAUSE),
  });
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
    return this.#views.of(userIds);
  }

  pushed(items: readonly Presence[]): void {
    // A push or an answer may be on its way still when others are asked for.
    const watched = items.filter(({ user_id }) => this.#asked.has(user_id));
    const changed = watched.filter((item) => !isSame(item, this.#known.get(item.user_id)));
    for (const item of changed) this.#known.set(item.user_id, item);
    this.#views.changed(changed.map(({ user_id }) => user_id));
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
    this.#views.changed(gone);
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted();
    const channel = this.#channel();
    if (!channel || isSameSet(wanted, this.#asked)) return;
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
    const newestFirst = this.#views.watched.reverse();
    return new Set([...new Set(newestFirst)].slice(0, LIMITS.batchUsers).reverse());
  }
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
