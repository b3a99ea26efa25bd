import type { Millis } from "../../protocol/model.ts";

/** Steps in a window. Uses in one step are kept as one use, at the time of the last, to limit their number. */
const STEPS = 60;

/** Storage for quotas. They must outlive the object's memory, since a user could simply wait for its loss. */
export interface QuotaStore {
  /** The uses of a quota as JSON; "[]" when there are none. */
  quota(name: string): string;
  /** Keeps the uses until none of them counts any more. */
  putQuota(name: string, uses: string, until: Millis): void;
}

/** The most uses in any period of this length. */
export interface QuotaLimit {
  readonly most: number;
  readonly window: Millis;
}

interface Use {
  readonly at: Millis;
  readonly amount: number;
}

/**
 * Limits the number of uses in any window of time, even if the object restarts. Keeping a use writes a row, so this
 * is for rare actions that write rows of their own, not for messages. [RATE-2]
 */
export class Quota {
  readonly #store: QuotaStore;
  readonly #name: string;
  readonly #limit: QuotaLimit;
  readonly #uses = new Map<number, Use>();

  constructor(store: QuotaStore, name: string, limit: QuotaLimit) {
    this.#store = store;
    this.#name = name;
    this.#limit = limit;
    const stored: Use[] = JSON.parse(store.quota(name));
    for (const use of stored) this.#uses.set(this.#stepOf(use.at), use);
  }

  /** Takes all or nothing; call `keep` once it is used, or give it back. @returns whether the amount was taken. */
  take(amount: number, now: Millis): boolean {
    this.#forget(now);
    if (amount > 0 && amount > this.#left()) return false;
    this.#add(now, amount);
    return true;
  }

  /** Gives back a part of what was taken at the given time. */
  giveBack(amount: number, takenAt: Millis): void {
    this.#add(takenAt, -amount);
  }

  /** Stores what was taken. */
  keep(): void {
    const uses = [...this.#uses.values()].filter(({ amount }) => amount > 0);
    const latest = Math.max(0, ...uses.map(({ at }) => at));
    this.#store.putQuota(this.#name, JSON.stringify(uses), latest + this.#limit.window);
  }

  /** Whole seconds until this many can be taken; the whole window if the amount exceeds the limit. */
  wait(amount: number, now: Millis): number {
    this.#forget(now);
    let left = this.#left();
    for (const use of [...this.#uses.values()].sort((a, b) => a.at - b.at)) {
      left += use.amount;
      if (left >= amount) return Math.max(1, Math.ceil((use.at + this.#limit.window - now) / 1_000));
    }
    return this.#limit.window / 1_000;
  }

  #add(at: Millis, amount: number): void {
    const step = this.#stepOf(at);
    const known = this.#uses.get(step);
    const use = { at: Math.max(at, known?.at ?? 0), amount: Math.max(0, (known?.amount ?? 0) + amount) };
    if (use.amount > 0) this.#uses.set(step, use);
    else this.#uses.delete(step);
  }

  #left(): number {
    return [...this.#uses.values()].reduce((left, { amount }) => left - amount, this.#limit.most);
  }

  #forget(now: Millis): void {
    for (const [step, { at }] of this.#uses) if (at + this.#limit.window <= now) this.#uses.delete(step);
  }

  #stepOf(time: Millis): number {
    return Math.floor(time / (this.#limit.window / STEPS));
  }
}
