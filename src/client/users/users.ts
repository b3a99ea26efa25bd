import { LIMITS } from "../../protocol/limits.ts";
import type { User } from "../../protocol/model.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { toClientError } from "../errors.ts";
import { IdViews } from "../id-views.ts";
import { isSame } from "../same.ts";
import type { View } from "../view.ts";

/** What a user is called, and their picture. */
export type UserCard = Readonly<Pick<User, "user_id" | "nickname" | "avatar">>;

/** The users asked for, by id; who is not in it is not known yet, or does not exist. */
export type UsersSnapshot = ReadonlyMap<string, UserCard>;

export interface UserCardsParts {
  /** At most 100; those found. @throws NexoClientError */
  readonly ask: (userIds: readonly string[]) => Promise<readonly UserCard[]>;
  /** Whether anything can be asked for by now. */
  readonly isAble: () => boolean;
  /** These are new, or other than before. */
  readonly changed: () => void;
}

interface Known {
  /** Null for who does not exist. */
  readonly card: UserCard | null;
  readonly at: number;
}

/** Rows of a list come and go together: one question for all of them. */
const PAUSE = 50;
/** What is older is asked for again, when somebody begins to look. */
const FRESH = 10 * 60_000;
/** Users that are remembered, beside those that somebody looks at. [MEM-1] */
const KEPT = 2_000;

/**
 * Names and pictures of users, each asked for once. What the list and the members of groups say of them keeps them
 * fresh: a change reaches the list entries of the peers. [LIST-3]
 */
export class UserCards {
  readonly #parts: UserCardsParts;
  readonly #views: IdViews<UsersSnapshot>;
  /** The one that was heard of longest ago first. */
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

  /** The same view for the same ids. */
  view(userIds: readonly string[]): View<UsersSnapshot> {
    return this.#views.of(userIds);
  }

  /** What is known, the newest last. */
  get all(): UserCard[] {
    return [...this.#known.values()].flatMap(({ card }) => card ?? []);
  }

  /** What somebody says of users. */
  take(cards: readonly UserCard[], at = Date.now()): void {
    this.#put(
      cards.map((card) => [card.user_id, card]),
      at,
    );
  }

  /** The way is free again. */
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
    return [...new Set(wanted)].slice(0, LIMITS.batchUsers);
  }
}
