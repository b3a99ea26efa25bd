import type { User } from "../../protocol/account-model.ts";
import { CLIENT_LIMITS } from "../../protocol/client-limits.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { toClientError } from "../errors.ts";
import { IdViews } from "../id-views.ts";
import { isSame } from "../same.ts";
import type { View } from "../view.ts";

/** A user's nickname and picture. */
export type UserCard = Readonly<Pick<User, "user_id" | "nickname" | "avatar">>;

/** The requested users, by id; a user that is missing is not known yet, or does not exist. */
export type UsersSnapshot = ReadonlyMap<string, UserCard>;

export interface UserCardsParts {
  /** Takes at most 100 ids; returns the users found. @throws NexoClientError */
  readonly ask: (userIds: readonly string[]) => Promise<readonly UserCard[]>;
  /** Whether requests are possible yet. */
  readonly isAble: () => boolean;
  /** These users are new or have changed. */
  readonly changed: () => void;
}

interface Known {
  /** Null if the user does not exist. */
  readonly card: UserCard | null;
  readonly at: number;
}

/** Rows of a list appear and disappear together: one request covers all of them. */
const PAUSE = 50;
/** Data older than this is requested again when a view gets a subscriber. */
const FRESH = 10 * 60_000;
/** The number of users kept in memory, besides those in views with subscribers. [MEM-1] */
const KEPT = 2_000;

/**
 * Names and pictures of users, each requested once. Data from the list and from group members keeps them up to
 * date: a change reaches the list entries of the peers. [LIST-3]
 */
export class UserCards {
  readonly #parts: UserCardsParts;
  readonly #views: IdViews<UsersSnapshot>;
  /** The least recently updated user first. */
  readonly #known = new Map<string, Known>();
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(parts: UserCardsParts) {
    this.#parts = parts;
    this.#views = new IdViews({
      make: (ids) => this.#of(ids),
      watched: (_ids, isWatched) => isWatched && this.#later(PAUSE),
    });
  }

  /** Returns the same view for the same ids. */
  view(userIds: readonly string[]): View<UsersSnapshot> {
    return this.#views.of(userIds);
  }

  /** The known users, the newest last. */
  get all(): UserCard[] {
    return [...this.#known.values()].flatMap(({ card }) => card ?? []);
  }

  /** Takes user data from any source. */
  take(cards: readonly UserCard[], at = Date.now()): void {
    this.#put(
      cards.map((card) => [card.user_id, card]),
      at,
    );
  }

  /** Requests are possible again. */
  hurry(): void {
    this.#failures = 0;
    this.#later(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #of(userIds: readonly string[]): UsersSnapshot {
    const cards = userIds.flatMap((id) => {
      const card = this.#known.get(id)?.card;
      return card ? [[id, card] as const] : [];
    });
    return new Map(cards);
  }

  #put(users: readonly (readonly [string, UserCard | null])[], at: number): void {
    const changed: string[] = [];
    for (const [id, card] of users) {
      const before = this.#known.get(id)?.card ?? null;
      const after = card && { user_id: id, nickname: card.nickname, avatar: card.avatar };
      const isNew = !isSame(before, after);
      if (isNew) changed.push(id);
      this.#known.delete(id);
      this.#known.set(id, { card: isNew ? after : before, at });
    }
    this.#forget();
    this.#views.changed(changed);
    if (changed.length > 0) this.#parts.changed();
  }

  #forget(): void {
    if (this.#known.size <= KEPT) return;
    const watched = new Set(this.#views.watched);
    for (const id of this.#known.keys()) {
      if (this.#known.size <= KEPT) return;
      if (!watched.has(id)) this.#known.delete(id);
    }
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || !this.#parts.isAble()) return;
    this.#isAsking = true;
    try {
      for (let ids = this.#wanted(); ids.length > 0 && !this.#isStopped; ids = this.#wanted()) {
        const found = new Map((await this.#parts.ask(ids)).map((card) => [card.user_id, card]));
        if (this.#isStopped) return;
        this.#put(
          ids.map((id) => [id, found.get(id) ?? null]),
          Date.now(),
        );
        this.#failures = 0;
      }
    } catch (thrown) {
      const error = toClientError(thrown);
      if (error.retryable) this.#later(pauseAfter(error, this.#failures++));
    } finally {
      this.#isAsking = false;
    }
  }

  #wanted(): string[] {
    const now = Date.now();
    const isFresh = (known: Known | undefined) => known !== undefined && now - known.at < FRESH;
    const wanted = this.#views.watched.filter((id) => id !== "" && !isFresh(this.#known.get(id)));
    return [...new Set(wanted)].slice(0, CLIENT_LIMITS.batchUsers);
  }
}
