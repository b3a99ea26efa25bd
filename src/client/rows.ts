import { callApp } from "./app-code.ts";
import type { View } from "./view.ts";

type Listener<Row> = (row: Row | null) => void;

/** The number of row views without subscribers that are kept, for later requests. [MEM-1] */
const KEPT = 1_000;

/** A view of each row of a list, by its id. The rows are not stored here: they are looked up. */
export class Rows<Row> {
  readonly #get: (id: string) => Row | undefined;
  readonly #listeners = new Map<string, Set<Listener<Row>>>();
  readonly #views = new Map<string, View<Row | null>>();

  constructor(get: (id: string) => Row | undefined) {
    this.#get = get;
  }

  /** Returns the same view for the same id. */
  view(id: string): View<Row | null> {
    const view = this.#views.get(id) ?? this.#newView(id);
    this.#views.delete(id);
    this.#views.set(id, view);
    if (this.#views.size > KEPT + this.#listeners.size) this.#forgetOldest();
    return view;
  }

  changed(id: string): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) callApp(() => listener(this.#get(id) ?? null));
  }

  #newView(id: string): View<Row | null> {
    return {
      getSnapshot: () => this.#get(id) ?? null,
      subscribe: (listener) => {
        const own: Listener<Row> = (row) => listener(row);
        const listeners = this.#listeners.get(id) ?? new Set();
        this.#listeners.set(id, listeners.add(own));
        return () => {
          listeners.delete(own);
          if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
        };
      },
    };
  }

  #forgetOldest(): void {
    for (const id of this.#views.keys()) {
      if (this.#listeners.has(id)) continue;
      this.#views.delete(id);
      return;
    }
  }
}
