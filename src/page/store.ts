import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";

/** The part of a view that the page needs: the SDK's views and the page's own stores have it. */
interface Shown<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
}

/** A value that changes and is shown; the page's own values have the interface of the SDK's views. */
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

/** The current value of a view; the component renders again when it changes, also before it has subscribed. */
export function useView<T>({ subscribe, getSnapshot }: Shown<T>): T {
  const value = getSnapshot();
  const rendered = useRef({ value, getSnapshot });
  const [, render] = useReducer((count: number) => count + 1, 0);
  const check = () => {
    const { current } = rendered;
    if (!Object.is(current.getSnapshot(), current.value)) render(undefined);
  };
  useLayoutEffect(() => {
    rendered.current = { value, getSnapshot };
    check();
  }, [subscribe, getSnapshot, value]);
  useEffect(() => {
    check();
    return subscribe(check);
  }, [subscribe]);
  return value;
}
