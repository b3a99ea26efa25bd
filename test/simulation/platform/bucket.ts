/** Runs work of R2 for the caller: it may fail before or after it is done. */
type Query = <T>(work: () => T) => Promise<T>;

/** R2, as far as the objects and the Worker use it here. A file is only its key. */
export class SimBucket {
  readonly #query: Query;
  /** The keys of the stored files. */
  readonly files = new Set<string>();

  constructor(query: Query) {
    this.#query = query;
  }

  get(key: string): Promise<object | null> {
    return this.#query(() => (this.files.has(key) ? { size: 1_000 } : null));
  }

  put(key: string): Promise<void> {
    return this.#query(() => void this.files.add(key));
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#query(() => {
      for (const key of [keys].flat()) this.files.delete(key);
    });
  }
}
