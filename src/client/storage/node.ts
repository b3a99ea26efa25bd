import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HistoryFactory } from "../history/history.ts";
import type { HistoryStorage } from "../history/history-storage.ts";
import { type HistoryOptions, historyIn } from "../history/index.ts";

/** The suffix of a file until it is completely written. */
const UNFINISHED = ".tmp";

/**
 * Keeps a history in a folder, with one file for each text. Several processes must not share a folder.
 *
 * @example
 * import { fileHistory } from "nexo-im/client/node";
 *
 * createClient({ url, token, user_id, history: fileHistory("./history") });
 */
export function fileHistory(folder: string, options?: HistoryOptions): HistoryFactory {
  return historyIn((name) => filesIn(join(folder, encodeURIComponent(name))), options);
}

function filesIn(folder: string): HistoryStorage {
  const fileOf = (key: string) => join(folder, encodeURIComponent(key));

  /** Writes the file completely or not at all: the process may end at any moment. */
  async function replace(key: string, text: string): Promise<void> {
    await writeFile(fileOf(key) + UNFINISHED, text);
    await rename(fileOf(key) + UNFINISHED, fileOf(key));
  }

  return {
    get: (key) => readFile(fileOf(key), "utf8").catch(() => undefined),
    async write(changes) {
      await mkdir(folder, { recursive: true });
      for (const [key, text] of changes) await (text === null ? rm(fileOf(key), { force: true }) : replace(key, text));
    },
    async keys() {
      const files = await readdir(folder).catch(() => []);
      return files.filter((file) => !file.endsWith(UNFINISHED)).map(decodeURIComponent);
    },
  };
}
