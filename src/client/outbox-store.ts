import type { Storage } from "./storage.ts";

/** A message on its way. */
export interface Outgoing {
  readonly client_msg_id: string;
  readonly conversation_id: string;
  readonly msg_type: number;
  readonly content: Readonly<Record<string, unknown>>;
  readonly created_at: number;
  /** Where it stands among those of the same time. */
  readonly order: number;
  readonly status: "pending" | "failed";
  /** Why it was refused, while it is failed. */
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** A storage that takes longer is not waited for. */
const DEADLINE = 3_000;

/**
 * Messages on their way, in a storage. One that is full, forbidden or stuck makes them forgetful, not impossible:
 * nothing here throws, or waits for ever once the storage is known.
 */
export class OutboxStore {
  readonly #storage: Promise<Storage>;
  readonly #stored = new Map<string, Promise<void>>();
  readonly #removing = new Set<string>();

  /** @param storage is there once it is known whose messages these are. */
  constructor(storage: Promise<Storage>) {
    this.#storage = storage;
  }

  /** What an earlier run left, or another client that shares the storage. */
  async load(): Promise<Outgoing[]> {
    const storage = await this.#storage;
    const items: Outgoing[] = [];
    await quietly(async () => {
      for (const [, text] of await storage.entries()) items.push(...parse(text));
    });
    return items.filter(({ client_msg_id }) => !this.#removing.has(client_msg_id));
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
    this.#removing.add(id);
    void quietly(async () => {
      await stored;
      await (await this.#storage).delete(id);
    }).then(() => this.#removing.delete(id));
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

function parse(text: string): Outgoing[] {
  try {
    const item = JSON.parse(text);
    return typeof item?.client_msg_id === "string" ? [item] : [];
  } catch {
    return [];
  }
}
