import { memoryStorage, type StorageFactory, webStorage } from "../client/index.ts";

/**
 * What the browser remembers of earlier visits. Where it is told to remember nothing, a look at its localStorage
 * throws, and where that is full a write does: the page then does without, and forgets when it is closed.
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

/** The keys of all that is kept and begins so. */
export function keptKeys(prefix: string): string[] {
  return quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) ?? [];
}

/** Where the SDK keeps what waits to be sent. */
export const outboxStorage: StorageFactory = quietly(() => webStorage(localStorage)) ?? memoryStorage();

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
