import { putOwnData, readOwnData } from "../../src/features/own-data/calls.ts";
import type { Paths } from "./operator.ts";

interface Item {
  readonly key: string;
  readonly value: string;
  readonly rev: number;
}

/** What a device has of its user's small data: it takes a push that follows on what it has, and else asks. [DATA-1] */
export class OwnDataCopy {
  readonly items = new Map<string, string>();
  rev = 0;
  readonly #rest: () => Paths["rest"];

  constructor(rest: () => Paths["rest"]) {
    this.#rest = rest;
  }

  pushed({ items, since_rev, rev }: { items: readonly Item[]; since_rev: number; rev: number }): void {
    if (since_rev > this.rev) void this.ask();
    else if (rev > this.rev) this.#take(items, rev);
  }

  async ask(): Promise<void> {
    const reply = await this.#rest()(readOwnData, { since: this.rev });
    // Pushes that came meanwhile are newer.
    if (!reply.ok || (reply.value.rev < this.rev && !reply.value.reset)) return;
    if (reply.value.reset) this.items.clear();
    this.#take(reply.value.items, reply.value.rev);
  }

  /** What the app had stored. */
  copyFrom({ items, rev }: OwnDataCopy): void {
    this.items.clear();
    for (const [key, value] of items) this.items.set(key, value);
    this.rev = rev;
  }

  #take(items: readonly Item[], rev: number): void {
    for (const { key, value } of items) {
      if (value === "") this.items.delete(key);
      else this.items.set(key, value);
    }
    this.rev = rev;
  }
}

interface Put {
  readonly value: string;
  readonly began: number;
  ended: number;
}

/** What a user's devices stored, and which values may be the last. */
export class OwnDataWriter {
  readonly #puts = new Map<string, Put[]>();
  #steps = 0;

  async put(rest: Paths["rest"], key: string, value: string): Promise<void> {
    const put = { value, began: ++this.#steps, ended: Number.POSITIVE_INFINITY };
    this.#puts.set(key, [...(this.#puts.get(key) ?? []), put]);
    const reply = await rest(putOwnData, { key, value });
    if (reply.ok) put.ended = ++this.#steps;
  }

  /** Says what is wrong with what is stored in the end. */
  wrongs(stored: ReadonlyMap<string, string>): string[] {
    return [...this.#puts].flatMap(([key, puts]) => {
      // A value is gone once another one was stored that was begun after it had been answered.
      const lasting = puts.filter(({ ended }) => !puts.some((put) => put.began > ended && Number.isFinite(put.ended)));
      const values = new Set(lasting.map(({ value }) => value));
      if (puts.every(({ ended }) => !Number.isFinite(ended))) values.add("");
      const is = stored.get(key) ?? "";
      return values.has(is) ? [] : [`[DATA-1] ${key} is "${is}", not one of ${JSON.stringify([...values])}`];
    });
  }
}
