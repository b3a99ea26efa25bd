import { report } from "../app-code.ts";
import type { FileStorage } from "../files/file.ts";

/** A storage in which messages that wait to be sent survive a reload: texts by key. */
export interface Storage {
  set(key: string, value: string): Promise<void> | void;
  delete(key: string): Promise<void> | void;
  entries(): Promise<Iterable<readonly [string, string]>> | Iterable<readonly [string, string]>;
  /** The name under which all tabs of a browser share the entries: they then take turns to send, and show the same. */
  readonly sharedAs?: string;
  /** Keeps the files of waiting messages over a reload; without it they are kept in memory. */
  readonly files?: FileStorage;
}

/** Opens the storage of one user on one server; data under different names stays separate. */
export type StorageFactory = (name: string) => Storage;

/**
 * Loses everything at a reload; a client uses it by default.
 *
 * @example createClient({ url, token, storage: memoryStorage() });
 */
export function memoryStorage(): StorageFactory {
  const stores = new Map<string, Map<string, string>>();
  return (name) => {
    const entries = stores.get(name) ?? new Map<string, string>();
    stores.set(name, entries);
    return {
      set: (key, value) => void entries.set(key, value),
      delete: (key) => void entries.delete(key),
      entries: () => [...entries],
    };
  };
}

/** The part of `localStorage` that the SDK uses. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Stores data in a browser's localStorage. Several tabs of one user may share it: each message has its own key.
 *
 * @example createClient({ url, token, storage: webStorage(localStorage) });
 */
export function webStorage(storage: WebStorage): StorageFactory {
  return (name) => {
    const prefix = `nexo-im/${name}/`;
    return {
      sharedAs: prefix,
      set: (key, value) => storage.setItem(prefix + key, value),
      delete: (key) => storage.removeItem(prefix + key),
      entries: () =>
        Array.from({ length: storage.length }, (_, index) => storage.key(index))
          .filter((key) => key?.startsWith(prefix))
          .map((key) => [key?.slice(prefix.length) ?? "", storage.getItem(key ?? "") ?? ""] as const),
    };
  };
}

/** The app's storage. If it cannot be opened, messages are kept in memory so that they can still be sent. */
export function openStorage(name: string, factory: StorageFactory = memoryStorage()): Storage {
  try {
    return factory(name);
  } catch (error) {
    report(error);
    return memoryStorage()(name);
  }
}
