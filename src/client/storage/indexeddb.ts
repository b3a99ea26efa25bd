import { createStore, del, entries, get, keys, promisifyRequest, set } from "idb-keyval";
import type { FileLike, FileStorage } from "../files/file.ts";
import type { HistoryFactory } from "../history/history.ts";
import { type HistoryStorage, memoryHistoryStorage } from "../history/history-storage.ts";
import { type HistoryOptions, historyIn } from "../history/index.ts";
import type { StorageFactory } from "./storage.ts";

/**
 * Stores data in a browser's IndexedDB, off the main thread and without localStorage's limit of 5 MB. It is a separate
 * entry, so that apps that do not need it do not load it.
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
      files: indexedDbFiles(name),
    };
  };
}

/**
 * Keeps the files of waiting messages in a browser's IndexedDB, for a storage of the app's own.
 *
 * @example const storage = (name) => ({ ...webStorage(localStorage)(name), files: indexedDbFiles(name) });
 */
export function indexedDbFiles(name: string): FileStorage {
  const store = createStore(`nexo-im/files/${name}`, "files");
  return {
    put: (key, file) => set(key, file, store),
    get: (key) => get<FileLike>(key, store),
    delete: (key) => del(key, store),
  };
}

/**
 * Keeps the list, names and messages in a browser's IndexedDB, so that a reload shows the last state at once, even
 * without a network; uses memory where there is no IndexedDB. Also pass the token's user_id: the owner of the history
 * has to be known without a network.
 *
 * @example createClient({ url, token, user_id, history: indexedDbHistory() });
 */
export function indexedDbHistory(options?: HistoryOptions): HistoryFactory {
  const inMemory = memoryHistoryStorage();
  return historyIn((name) => ("indexedDB" in globalThis ? databaseOf(name) : inMemory(name)), options);
}

function databaseOf(name: string): HistoryStorage {
  const sharedAs = `nexo-im/history/${name}`;
  const store = createStore(sharedAs, "history");
  return {
    sharedAs,
    get: (key) => get<string>(key, store),
    write: (changes) =>
      store("readwrite", (texts) => {
        for (const [key, text] of changes) {
          if (text === null) texts.delete(key);
          else texts.put(text, key);
        }
        // Without this the browser drops a transaction that is open when the page ends.
        texts.transaction.commit();
        return promisifyRequest(texts.transaction);
      }),
    keys: () => keys<string>(store),
  };
}
