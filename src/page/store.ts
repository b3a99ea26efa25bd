import { useSyncExternalStore } from "preact/compat";

/** As much of a view as the page needs: those of the SDK have it, and its own. */
interface Shown<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
}

/** A value to show that changes; the page's own things have the shape of the SDK's views. */
export class Store<T> implements Shown<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What a view shows now; the component renders again when that changes. */
export function useView<T>(view: Shown<T>): T {
  return useSyncExternalStore(view.subscribe, view.getSnapshot);
}
