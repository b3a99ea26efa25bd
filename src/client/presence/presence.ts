import type { Presence } from "../../protocol/account-model.ts";
import { CLIENT_LIMITS } from "../../protocol/client-limits.ts";
import { Request } from "../../protocol/frames.ts";
import type { FrameSocket } from "../connection/frame-socket.ts";
import { pauseBefore } from "../connection/pauses.ts";
import { toClientError } from "../errors.ts";
import { IdViews } from "../id-views.ts";
import { isSame } from "../same.ts";
import type { View } from "../view.ts";

/** What is known of the requested users, by id; a missing user is not known yet, or appears offline. */
export type PresenceSnapshot = ReadonlyMap<string, Presence>;

/** Rows of a list appear and disappear together: this pause collects them into one request. */
const PAUSE = 50;
/**
 * The online state of users being viewed. The server pushes the changes of one set of users, so all views
 * together form that set; above its limit, the most recently subscribed users count. Only users that the server
 * watches are shown: for all others, the last known state may be long out of date. [PRES-2] [PRES-5]
 */
export class PresenceBook {
  readonly #channel: () => FrameSocket | null;
  readonly #views = new IdViews<PresenceSnapshot>({
    make: (ids) => this.#of(ids),
    watched: () => this.#later(PAUSE),
  });
  readonly #known = new Map<string, Presence>();
  /** The users the server was asked to watch on this socket, and those it last confirmed. */
  #asked: ReadonlySet<string> = new Set();
  #confirmed: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  /** @param channel the user's socket: sockets of conversations carry no presence. */
  constructor(channel: () => FrameSocket | null) {
    this.#channel = channel;
  }

  /** Returns the same view for the same ids. */
  view(userIds: readonly string[]): View<PresenceSnapshot> {
    return this.#views.of(userIds);
  }

  pushed(items: readonly Presence[]): void {
    // A push or an answer may still arrive after other users were requested.
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

  /** Without a socket, nothing is known. */
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

  /** Only these users are watched from now on. */
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
      // If no other request was made since: the server still watches the users it watched before.
      if (this.#asked === wanted) this.#watchOnly(new Set([...wanted].filter((id) => this.#confirmed.has(id))));
      if (toClientError(error).retryable) this.#later(pauseBefore(this.#failures++));
    }
  }

  /** As many users as the server can watch: the newest view of a user sets their rank. */
  #wanted(): ReadonlySet<string> {
    const newestFirst = this.#views.watched.reverse();
    return new Set([...new Set(newestFirst)].slice(0, CLIENT_LIMITS.batchUsers).reverse());
  }
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
