/** The storage of one user's history: texts by key. */
export interface HistoryStorage {
  get(key: string): Promise<string | undefined>;
  /** Writes texts, and deletes the keys whose value is null. */
  write(changes: ReadonlyMap<string, string | null>): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** The name under which all tabs of a browser share the texts: one tab then writes, and the others only read. */
  readonly sharedAs?: string;
}

/** Opens the history of one user on one server; data under different names stays separate. */
export type HistoryStorageFactory = (name: string) => HistoryStorage;

/**
 * Keeps a history until the program ends: for tests, and for platforms without another storage.
 *
 * @example createClient({ url, token, user_id, history: historyIn(memoryHistoryStorage()) });
 */
export function memoryHistoryStorage(): HistoryStorageFactory {
  const users = new Map<string, Map<string, string>>();
  return (name) => {
    const texts = users.get(name) ?? new Map<string, string>();
    users.set(name, texts);
    return {
      get: async (key) => texts.get(key),
      write: async (changes) => {
        for (const [key, text] of changes) {
          if (text === null) texts.delete(key);
          else texts.set(key, text);
        }
      },
      keys: async () => [...texts.keys()],
    };
  };
}
