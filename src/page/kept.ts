import { memoryStorage, type StorageFactory, webStorage } from "../client/index.ts";
import { indexedDbFiles } from "../client/storage/indexeddb.ts";

/**
 * What the browser keeps from earlier visits. If the browser stores nothing, reading localStorage throws,
 * and if localStorage is full, writing throws: the page then works without it, and forgets all when it is closed.
 */
export function readKept(key: string): string | null {
  return quietly(() => localStorage.getItem(key)) ?? null;
}

export function keep(key: string, value: string): void {
  quietly(() => localStorage.setItem(key, value));
}

export function forget(key: string): void {
  quietly(() => localStorage.removeItem(key));
}

/** All stored keys with this prefix. */
export function keptKeys(prefix: string): string[] {
  return quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) ?? [];
}

/** Where the SDK stores messages that wait to be sent. */
export const outboxStorage: StorageFactory = (name) => ({
  ...texts(name),
  ...("indexedDB" in globalThis && { files: indexedDbFiles(name) }),
});

const texts: StorageFactory = quietly(() => webStorage(localStorage)) ?? memoryStorage();

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
