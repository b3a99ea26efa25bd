import { isCount, isRecord } from "../messages/outgoing.ts";
import type { HistoryStorage } from "./history-storage.ts";
import { parsed } from "./kept.ts";

/** Raised when what is kept is kept otherwise: the old is then deleted, and asked for again. */
const VERSION = 1;
const INDEX = "index";

interface Entry {
  readonly bytes: number;
  /** Raised with each use: the least was used longest ago. */
  readonly used: number;
}

/**
 * Texts in a storage, of so many bytes at most: what was used longest ago goes first. The index of sizes is written
 * with the texts; what it does not name is deleted at the start. [HIST-2]
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

  async open(): Promise<void> {
    const keys = new Set(await this.#storage.keys());
    const index = parsed(await this.#storage.get(INDEX));
    const entries = isRecord(index) && index.version === VERSION && Array.isArray(index.entries) ? index.entries : [];
    for (const entry of entries) {
      const [key, bytes] = Array.isArray(entry) ? entry : [];
      if (typeof key === "string" && isCount(bytes) && keys.delete(key)) this.#note(key, bytes);
    }
    keys.delete(INDEX);
    if (keys.size > 0) await this.#storage.write(new Map([...keys].map((key) => [key, null])));
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
      // It may be full: the browser gives less than the app allows.
      this.#maxBytes = this.#bytes / 2;
      throw error;
    }
  }

  /** Deletes everything, also what other tabs have written. */
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
