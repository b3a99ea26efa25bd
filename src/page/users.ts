import type { Api, User } from "../client/index.ts";
import { initialLanguage, LANGUAGES } from "./i18n/index.ts";
import { Store } from "./store.ts";

const BATCH = 100;

/** Names and pictures of users by id: each is requested once, in batches, when it comes into view. */
export class Users extends Store<ReadonlyMap<string, User>> {
  readonly #api: Api;
  readonly #asked = new Set<string>();
  #wanted: string[] = [];

  constructor(api: Api) {
    super(new Map());
    this.#api = api;
  }

  want(userIds: readonly string[]): void {
    for (const id of userIds) {
      if (id === "" || this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#wanted.push(id);
      if (this.#wanted.length === 1) queueMicrotask(() => void this.#ask());
    }
  }

  put(users: readonly User[]): void {
    const known = new Map(this.getSnapshot());
    for (const user of users) {
      this.#asked.add(user.user_id);
      // A name has a visible character, unless its account was erased.
      const { erasedUser } = LANGUAGES[initialLanguage()].safety;
      known.set(user.user_id, user.nickname === "" ? { ...user, nickname: erasedUser } : user);
    }
    this.set(known);
  }

  /** Sets what was known in an earlier visit, until the server answers. */
  guess(users: readonly User[]): void {
    this.set(new Map(users.map((user) => [user.user_id, user])));
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (let at = 0; at < wanted.length; at += BATCH) {
      const batch = wanted.slice(at, at + BATCH);
      try {
        this.put(await this.#api.user.many(batch));
      } catch {
        // The ids are shown meanwhile; the next component to show these users requests them again.
        for (const id of batch) this.#asked.delete(id);
      }
    }
  }
}
