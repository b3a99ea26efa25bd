import type { Storage } from "../storage/storage.ts";

/** The longest time to wait for a storage. */
const DEADLINE = 3_000;

/** What is kept: a message, or an operation on one. */
interface Kept {
  /** Its key. */
  readonly client_msg_id: string;
}

/**
 * Messages being sent and operations on messages, kept in a storage. If it is full, forbidden or stuck, they are not
 * kept, but sending still works: nothing here throws or waits forever once the storage is known.
 */
export class OutboxStore<T extends Kept> {
  readonly #storage: Promise<Storage>;
  readonly #stored = new Map<string, Promise<void>>();

  /** @param storage resolves once it is known which user the messages belong to. */
  constructor(storage: Promise<Storage>) {
    this.#storage = storage;
  }

  /** The name by which other tabs share the same storage; undefined if it is not shared. */
  async sharedAs(): Promise<string | undefined> {
    return await this.#storage.then(({ sharedAs }) => sharedAs).catch(() => undefined);
  }

  /**
   * Loads what an earlier run of this user, or a client with the same storage, left. Other entries stay.
   * @param read checks an entry; null for one of another kind
   */
  async load(read: (entry: unknown) => T | null): Promise<T[]> {
    const storage = await this.#storage.catch(() => null);
    const items: T[] = [];
    await quietly(async () => {
      for (const [key, text] of (await storage?.entries()) ?? []) {
        const item = read(parse(text));
        // One that is stored under another key could never be deleted.
        if (item?.client_msg_id === key) items.push(item);
      }
    });
    return items;
  }

  put(item: T): void {
    const { client_msg_id: id } = item;
    const write = quietly(async () => (await this.#storage).set(id, JSON.stringify(item)));
    this.#stored.set(id, write);
  }

  /** Waits until the message is stored. */
  async stored(id: string): Promise<void> {
    await this.#stored.get(id);
  }

  remove(id: string): void {
    // Deletes after any write still in progress; otherwise the message would come back after a reload.
    const stored = this.#stored.get(id);
    this.#stored.delete(id);
    void quietly(async () => {
      await stored;
      await (await this.#storage).delete(id);
    });
  }

  /** Deletes all entries of this storage, whoever wrote them. */
  async clear(): Promise<void> {
    const storage = await this.#storage;
    await quietly(async () => {
      for (const [id] of await storage.entries()) await storage.delete(id);
    });
  }
}

async function quietly(work: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DEADLINE);
  });
  await Promise.race([late, work().catch(() => undefined)]);
  clearTimeout(timer);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
