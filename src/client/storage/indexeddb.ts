import { createStore, del, entries, set } from "idb-keyval";
import type { StorageFactory } from "./storage.ts";

/**
 * Keeps in a browser's IndexedDB, off the main thread and without localStorage's limit of 5 MB. An entry of its
 * own, so that whoever does not need it does not load it.
 *
 * @example
 * import { createClient } from "nexo-im/client";
 * import { indexedDbStorage } from "nexo-im/client/indexeddb";
 *
 * createClient({ url, token, storage: indexedDbStorage() });
 */
export function indexedDbStorage(): StorageFactory {
  return (name) => {
    const sharedAs = `nexo-im/${name}`;
    const store = createStore(sharedAs, "outbox");
    return {
      sharedAs,
      set: (key, value) => set(key, value, store),
      delete: (key) => del(key, store),
      entries: () => entries<string, string>(store),
    };
  };
}
