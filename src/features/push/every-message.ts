import type { InboxContext } from "../../core/inbox.ts";
import { isShared } from "../../core/list/entry.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Devices } from "./devices.ts";
import type { PushStore } from "./store.ts";

/**
 * Large groups of which the user wants notifications of every message. Their messages then come to the inbox also while
 * the user has no socket, as long as there is a device to notify. [NOTIFY-9]
 */
export class EveryMessage {
  readonly #parts: Pick<InboxContext, "list" | "inbound">;
  readonly #store: PushStore;
  readonly #devices: Devices;
  readonly #ids: Set<string>;

  constructor(parts: Pick<InboxContext, "list" | "inbound">, store: PushStore, devices: Devices) {
    this.#parts = parts;
    this.#store = store;
    this.#devices = devices;
    this.#ids = new Set(store.everyMessage());
  }

  all(): string[] {
    return [...this.#ids];
  }

  has(conversationId: string): boolean {
    return this.#ids.has(conversationId);
  }

  /** Whether the messages of a large group are to come even without a socket. */
  attends(conversationId: string): boolean {
    return this.has(conversationId) && !this.#devices.isEmpty;
  }

  /** @throws NexoError CONVERSATION_NOT_FOUND, TOO_MANY */
  async set(id: string, isWanted: boolean): Promise<void> {
    const { list, inbound } = this.#parts;
    const entry = list.get(id);
    if (isWanted && (!id.startsWith("sg_") || !isShared(entry))) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    if (isWanted === this.has(id)) return;
    if (isWanted) this.#add(id);
    else this.#drop(id);
    // The group learns by it whether its messages are to come.
    if (entry?.large) await inbound.catchUp(id);
  }

  /** A device was registered: from now on messages are to come. */
  async deviceAdded(): Promise<void> {
    const { list, inbound } = this.#parts;
    const large = this.all().filter((id) => list.get(id)?.large);
    await Promise.all(large.map((id) => inbound.catchUp(id)));
  }

  #add(id: string): void {
    if (this.#ids.size >= LIMITS.pushEveryMessage) {
      for (const known of this.all()) if (!isShared(this.#parts.list.get(known))) this.#drop(known);
    }
    if (this.#ids.size >= LIMITS.pushEveryMessage) {
      throw new NexoError(Code.TOO_MANY, `at most ${LIMITS.pushEveryMessage} groups`);
    }
    this.#store.putEveryMessage(id);
    this.#ids.add(id);
  }

  #drop(id: string): void {
    this.#store.deleteEveryMessage(id);
    this.#ids.delete(id);
  }
}
