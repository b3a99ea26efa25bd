import { LazyView, type View } from "./view.ts";

interface Entry<T> {
  readonly ids: readonly string[];
  readonly view: LazyView<T>;
}

export interface IdViewsParts<T> {
  readonly make: (ids: readonly string[]) => T;
  /** The first listener of a view was added, or the last was removed. */
  readonly watched: (ids: readonly string[], isWatched: boolean) => void;
}

/** The number of views without subscribers that are kept, for later requests. [MEM-1] */
const KEPT = 1_000;

/** Views of data about users or conversations: the same ids give the same view. */
export class IdViews<T> {
  readonly #parts: IdViewsParts<T>;
  /** The views by their arguments, the least recently requested first. */
  readonly #views = new Map<string, Entry<T>>();
  /** The views with subscribers, the newest last. */
  readonly #watches = new Set<Entry<T>>();

  constructor(parts: IdViewsParts<T>) {
    this.#parts = parts;
  }

  of(ids: readonly string[]): View<T> {
    // An app may give the senders of all messages that it shows.
    const unique = [...new Set(ids)];
    const key = JSON.stringify(unique);
    const entry = this.#views.get(key) ?? this.#newEntry(key, unique);
    this.#views.delete(key);
    this.#views.set(key, entry);
    if (this.#views.size - this.#watches.size > KEPT) this.#forgetOldest();
    return entry.view;
  }

  /** All ids of views with subscribers, those of the newest view last. */
  get watched(): string[] {
    return [...this.#watches].flatMap(({ ids }) => ids);
  }

  /** Includes views without subscribers: they keep their snapshot, and may get subscribers again. */
  changed(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const changed = new Set(ids);
    for (const { ids: own, view } of new Set([...this.#views.values(), ...this.#watches])) {
      if (own.some((id) => changed.has(id))) view.changed();
    }
  }

  #newEntry(key: string, ids: readonly string[]): Entry<T> {
    const view: LazyView<T> = new LazyView(
      () => this.#parts.make(ids),
      (isWatched) => {
        if (isWatched) this.#watches.add(entry);
        else this.#watches.delete(entry);
        // The view was dropped, so it missed changes.
        if (isWatched && this.#views.get(key) !== entry) view.changed();
        if (ids.length > 0) this.#parts.watched(ids, isWatched);
      },
    );
    const entry: Entry<T> = { ids, view };
    return entry;
  }

  #forgetOldest(): void {
    for (const [key, entry] of this.#views) {
      if (this.#watches.has(entry)) continue;
      this.#views.delete(key);
      return;
    }
  }
}
