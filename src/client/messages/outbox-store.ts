import type { Storage } from "../storage/storage.ts";
import { type Outgoing, readOutgoing } from "./outgoing.ts";

/** A storage that takes longer is not waited for. */
const DEADLINE = 3_000;

/**
 * Messages on their way, in a storage. One that is full, forbidden or stuck makes them forgetful, not impossible:
 * nothing here throws, or waits for ever once the storage is known.
 */
export class OutboxStore {
  readonly #storage: Promise<Storage>;
  readonly #stored = new Map<string, Promise<void>>();

  /** @param storage is there once it is known whose messages these are. */
  constructor(storage: Promise<Storage>) {
    this.#storage = storage;
  }

  /** The name under which other tabs have the same storage; undefined where none has. */
  async sharedAs(): Promise<string | undefined> {
    return await this.#storage.then(({ sharedAs }) => sharedAs).catch(() => undefined);
  }

  /** What an earlier run of this user left, or another client that shares the storage. What else is there stays. */
  async load(userId: () => string): Promise<Outgoing[]> {
    const storage = await this.#storage.catch(() => null);
    const items: Outgoing[] = [];
    await quietly(async () => {
      for (const [key, text] of (await storage?.entries()) ?? []) {
        const item = readOutgoing(parse(text), userId());
        // Under another key it could never be deleted.
        if (item?.client_msg_id === key) items.push(item);
      }
    });
    return items;
  }

  put(item: Outgoing): void {
    const { client_msg_id: id } = item;
    const write = quietly(async () => (await this.#storage).set(id, JSON.stringify(item)));
    this.#stored.set(id, write);
  }

  /** Waits until one is stored. */
  async stored(id: string): Promise<void> {
    await this.#stored.get(id);
  }

  remove(id: string): void {
    // After the write that may still be on its way, or the message would come back after a reload.
    const stored = this.#stored.get(id);
    this.#stored.delete(id);
    void quietly(async () => {
      await stored;
      await (await this.#storage).delete(id);
    });
  }

  /** Deletes what anyone has left here. */
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
