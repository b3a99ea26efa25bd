import { isCount, isRecord } from "../messages/outgoing.ts";
import type { HistoryStorage } from "./history-storage.ts";
import { parsed } from "./kept.ts";

/** Increment this when the stored format changes: old data is then deleted and requested again. */
const VERSION = 3;
const INDEX = "index";

interface Entry {
  readonly bytes: number;
  /** Increases with each use: the lowest value marks the least recently used text. */
  readonly used: number;
}

/**
 * Texts in a storage with a byte limit: the least recently used are deleted first. The index of sizes is written with
 * the texts; texts that it does not name are deleted before the first write. [HIST-2]
 */
export class BoundedTexts {
  readonly #storage: HistoryStorage;
  #maxBytes: number;
  #entries = new Map<string, Entry>();
  #bytes = 0;
  #uses = 0;

  constructor(storage: HistoryStorage, maxBytes: number) {
    this.#storage = storage;
    this.#maxBytes = maxBytes;
  }

  /** Reads the index. @returns the keys that it does not name */
  async open(): Promise<string[]> {
    const keys = new Set(await this.#storage.keys());
    const index = parsed(await this.#storage.get(INDEX));
    const entries = isRecord(index) && index.version === VERSION && Array.isArray(index.entries) ? index.entries : [];
    this.#entries = new Map();
    this.#bytes = 0;
    for (const entry of entries) {
      const [key, bytes] = Array.isArray(entry) ? entry : [];
      if (typeof key === "string" && isCount(bytes) && keys.delete(key)) this.#note(key, bytes);
    }
    keys.delete(INDEX);
    return [...keys];
  }

  /** Reads the index again, and deletes what it does not name: from now on nobody else writes. */
  async lead(): Promise<void> {
    const unnamed = await this.open();
    if (unnamed.length > 0) await this.#storage.write(new Map(unnamed.map((key) => [key, null])));
  }

  get keys(): string[] {
    return [...this.#entries.keys()];
  }

  async get(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#note(key, entry.bytes);
    return await this.#storage.get(key);
  }

  async write(changes: ReadonlyMap<string, string | null>): Promise<void> {
    const all = new Map(changes);
    for (const [key, text] of changes) {
      if (text === null) this.#drop(key);
      else this.#note(key, new TextEncoder().encode(text).length);
    }
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.used - b.used);
    for (const [key] of oldestFirst) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(key);
      all.set(key, null);
    }
    const entries = [...this.#entries].sort(([, a], [, b]) => a.used - b.used).map(([key, { bytes }]) => [key, bytes]);
    all.set(INDEX, JSON.stringify({ version: VERSION, entries }));
    try {
      await this.#storage.write(all);
    } catch (error) {
      // The storage may be full: the browser may allow less space than the app.
      this.#maxBytes = this.#bytes / 2;
      throw error;
    }
  }

  /** Deletes everything, including the data of other tabs. */
  async clear(): Promise<void> {
    this.#entries = new Map();
    this.#bytes = 0;
    await this.#storage.write(new Map((await this.#storage.keys()).map((key) => [key, null])));
  }

  #note(key: string, bytes: number): void {
    this.#drop(key);
    this.#bytes += bytes;
    this.#entries.set(key, { bytes, used: ++this.#uses });
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
