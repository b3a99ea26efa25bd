/**
 * A history that survives a reload, in the app's own storage. Browsers can use `indexedDbHistory` of
 * `nexo-im/client/indexeddb`, and Node can use `fileHistory` of `nexo-im/client/node`.
 *
 * @module
 */
import { History, type HistoryFactory } from "./history.ts";
import type { HistoryStorageFactory } from "./history-storage.ts";

export type { HistoryFactory } from "./history.ts";
export { type HistoryStorage, type HistoryStorageFactory, memoryHistoryStorage } from "./history-storage.ts";

export interface HistoryOptions {
  /** The size limit; the least recently used data is deleted first. Default: 50 MB. */
  readonly maxBytes?: number;
}

/**
 * Keeps the list, names and messages of a user in a storage.
 *
 * @example createClient({ url, token, user_id, history: historyIn(memoryHistoryStorage()) });
 */
export function historyIn(
  storage: HistoryStorageFactory,
  { maxBytes = 50_000_000 }: HistoryOptions = {},
): HistoryFactory {
  let last: History | undefined;
  return ({ name, ...parts }) => {
    const before = last;
    const opened = name.then(async (id) => {
      // A client that was closed just now is still writing.
      await before?.written;
      return await storage(id);
    });
    last = new History({ ...parts, maxBytes, storage: opened });
    return last;
  };
}
