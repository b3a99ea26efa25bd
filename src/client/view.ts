import { callApp } from "./app-code.ts";

/**
 * Changing data to show: React's `useSyncExternalStore` and similar functions accept it without an adapter.
 *
 * @example
 * const { conversations } = useSyncExternalStore(client.conversations.subscribe, client.conversations.getSnapshot);
 */
export interface View<T> {
  /** Calls back after each change with the new snapshot. @returns a function that unsubscribes */
  readonly subscribe: (listener: (snapshot: T) => void) => () => void;
  /** The current data: immutable, and the same object until something changes. */
  readonly getSnapshot: () => T;
}

/** A view whose snapshot is computed when it is read. */
export class LazyView<T> implements View<T> {
  readonly #make: () => T;
  readonly #watched: (isWatched: boolean) => void;
  readonly #listeners = new Set<(snapshot: T) => void>();
  #snapshot: { readonly value: T } | null = null;

  /** @param watched is called when the first listener is added and when the last one is removed. */
  constructor(make: () => T, watched: (isWatched: boolean) => void = () => undefined) {
    this.#make = make;
    this.#watched = watched;
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  readonly subscribe = (listener: (snapshot: T) => void): (() => void) => {
    // The same function may subscribe twice: each subscription ends separately.
    const own = (snapshot: T) => listener(snapshot);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#watched(true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#watched(false);
    };
  };

  readonly getSnapshot = (): T => {
    this.#snapshot ??= { value: this.#make() };
    return this.#snapshot.value;
  };

  changed(): void {
    this.#snapshot = null;
    for (const listener of [...this.#listeners]) callApp(() => listener(this.getSnapshot()));
  }
}
