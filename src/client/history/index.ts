/**
 * History that stays over a reload, in a storage of the app's own. Browsers have `indexedDbHistory` of
 * `nexo-im/client/indexeddb`, and Node has `fileHistory` of `nexo-im/client/node`.
 *
 * @module
 */
import { History, type HistoryFactory } from "./history.ts";
import type { HistoryStorageFactory } from "./history-storage.ts";

export type { HistoryFactory } from "./history.ts";
export { type HistoryStorage, type HistoryStorageFactory, memoryHistoryStorage } from "./history-storage.ts";

export interface HistoryOptions {
  /** What all of it may take; what was used longest ago goes first. 50 MB, if it is not given. */
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
  return ({ name, ...parts }) => new History({ ...parts, maxBytes, storage: name.then(storage) });
}
