/** Runs work of R2 for the caller: it may fail before or after it is done. */
type Query = <T>(work: () => T) => Promise<T>;

/** R2, as far as the objects and the Worker use it here. A file of a message is only its key; parts of exports have text. */
export class SimBucket {
  readonly #query: Query;
  /** The keys of the stored files. */
  readonly files = new Set<string>();
  readonly texts = new Map<string, string>();

  constructor(query: Query) {
    this.#query = query;
  }

  get(key: string): Promise<object | null> {
    return this.#query(() => (this.files.has(key) ? { size: 1_000 } : null));
  }

  put(key: string, text?: string): Promise<void> {
    return this.#query(() => {
      if (text === undefined) this.files.add(key);
      else this.texts.set(key, text);
    });
  }

  list({ prefix }: { readonly prefix: string }): Promise<object> {
    return this.#query(() => {
      const keys = [...this.texts.keys()].filter((key) => key.startsWith(prefix));
      return { objects: keys.sort().map((key) => ({ key })), truncated: false };
    });
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#query(() => {
      for (const key of [keys].flat()) {
        this.files.delete(key);
        this.texts.delete(key);
      }
    });
  }
}
