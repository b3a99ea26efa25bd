import type { EndedLogins, Logins } from "../../core/logins.ts";
import { findCredentials, swapPassword } from "../../directory/users.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";
import type { PasswordStore } from "./store.ts";

/** How long a change may take before D1 is asked for its result, and after which it counts as not made. */
const SETTLE_AFTER = 10_000;
const GIVE_UP_AFTER = 60_000;

/**
 * A password change involves D1 and this inbox. The intent is stored first; then D1 swaps hash and version;
 * then lower versions are refused and their logins end. After a failure in between, the alarm finishes or
 * drops the intent, depending on the state in D1. [LOGIN-7]
 */
export class PasswordChange {
  readonly #store: PasswordStore;
  readonly #db: D1Database;
  readonly #logins: Logins;
  readonly #wakeAt: (time: Millis) => void;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: PasswordStore, db: D1Database, logins: Logins, wakeAt: (time: Millis) => void) {
    this.#store = store;
    this.#db = db;
    this.#logins = logins;
    this.#wakeAt = wakeAt;
  }

  /** The lowest version of the password with which a login may start. */
  get leastVersion(): number {
    return this.#store.leastVersion;
  }

  /** Whether a login with the password of this version may start. */
  accepts(version: number): boolean {
    return version >= this.#store.leastVersion;
  }

  /**
   * Only one change runs at a time, because there is only one intent.
   * @returns the logins that ended; null when the password no longer has the expected version.
   * @throws NexoError SHUTTING_DOWN while a change that a crash interrupted is not resolved yet
   */
  run(userId: string, loginId: string, expected: number, passwordHash: string): Promise<EndedLogins | null> {
    const turn = this.#turn.then(() => this.#run(userId, loginId, expected, passwordHash));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #run(userId: string, loginId: string, expected: number, passwordHash: string): Promise<EndedLogins | null> {
    if (!this.#store.exists) return null;
    if (this.#store.intent()) throw new NexoError(Code.SHUTTING_DOWN);
    const now = Date.now();
    this.#store.putIntent({ version: expected + 1, loginId, since: now });
    this.#wakeAt(now + SETTLE_AFTER);
    // The swap must not reach D1 before the intent is on disk: calls out of an object wait for its writes.
    if (!(await swapPassword(this.#db, userId, expected, passwordHash))) {
      this.#clear();
      return null;
    }
    return this.#finish(expected + 1, loginId);
  }

  /** Finishes or drops a change that did not return, depending on the state in D1. */
  async settle(userId: string): Promise<EndedLogins> {
    const pending = this.#store.intent();
    if (!pending) return [];
    const credentials = await findCredentials(this.#db, userId);
    if (credentials && credentials.password_version >= pending.version) {
      return this.#finish(pending.version, pending.loginId);
    }
    if (Date.now() - pending.since >= GIVE_UP_AFTER) this.#clear();
    else this.#wakeAt(Date.now() + SETTLE_AFTER);
    return [];
  }

  #finish(version: number, keptLoginId: string): EndedLogins {
    this.#store.finish(Math.max(this.#store.leastVersion, version));
    return this.#logins.endBefore(version, keptLoginId);
  }

  #clear(): void {
    this.#store.finish(this.#store.leastVersion);
  }
}
