import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { mediaOf } from "../../src/client/index.ts";
import type { Random } from "../../test/simulation/random.ts";
import { isRecalled } from "./amending.ts";
import type { Checks } from "./checks.ts";
import type { Truth } from "./truth.ts";
import type { Chat, World } from "./world.ts";

/** A file to send: so many times the same byte. */
export type SentFile = { readonly size: number; readonly byte: number };

export function someFile(random: Random): SentFile {
  return { size: random.between(1, random.chance(0.2) ? 2_000_000 : 50_000), byte: random.below(256) };
}

/** Every message that brought a file, and was not recalled, has it, with every byte. [MEDIA-1] */
export async function checkFiles(world: World, truths: ReadonlyMap<Chat, Truth>, checks: Checks): Promise<void> {
  for (const sending of world.sendings) {
    const { file, chat, isFileChecked } = sending;
    const message = truths.get(chat)?.history[(sending.message?.seq ?? 0) - 1];
    if (!file || !message || isFileChecked || isRecalled(message)) continue;
    sending.isFileChecked = true;
    const url = mediaOf(message)?.url ?? "";
    const bytes = Buffer.from(await (await globalThis.fetch(url)).arrayBuffer());
    const isWhole = bytes.equals(Buffer.alloc(file.size, file.byte));
    checks.that("files", isWhole, () => `${url}: ${bytes.length} bytes, ${file.size} were sent`);
  }
}

/**
 * Each file in R2 stands in the uploads of an inbox, which deletes it unless it is in use, or in the files of a
 * conversation. To be called while no server runs: it reads the databases of Miniflare. [MEDIA-2]
 */
export function checkRecords(state: string, checks: Checks): void {
  const databases = readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sqlite"))
    .map((name) => join(state, name))
    .filter((name) => statSync(name).size > 0);
  const ids = (table: string, column: string) =>
    databases.flatMap((name) => {
      const database = new DatabaseSync(name);
      try {
        const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
        return isThere ? database.prepare(`SELECT "${column}" AS id FROM "${table}"`).all() : [];
      } finally {
        database.close();
      }
    });
  const recorded = new Set(
    [...ids("uploads", "media_id"), ...ids("media", "media_id"), ...ids("media_gone", "media_id")].map(({ id }) => id),
  );
  for (const { id } of ids("_mf_objects", "key")) {
    checks.that("recorded", recorded.has(id), () => `the file ${id} is in R2, and no object knows it`);
  }
}
