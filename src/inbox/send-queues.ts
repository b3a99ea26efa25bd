import { gather } from "../core/gather.ts";
import type { SendItem } from "../core/inbox.ts";
import { Code, NexoError } from "../protocol/codes.ts";

type Item =
  | { readonly kind: "send"; readonly item: SendItem }
  | { readonly kind: "call"; readonly run: () => Promise<void> };

/** The most sends in one call to a conversation. */
const MAX_BATCH = 256;
/** The limit of what waits in all queues of a user. Further requests are refused. [MEM-1] */
const MAX_WAITING = { items: 2_048, bytes: 8 * 1_048_576 };
/** Seconds after which a call to a conversation has been answered or has timed out. */
const RETRY_AFTER = 10;

/**
 * One queue for each conversation that a user sends to. A queue has one call in flight. Sends that arrive meanwhile
 * go together in the next call, and all other requests wait for their turn. So the answers to one socket keep the
 * order of its requests within a conversation, and a slow conversation holds up no other. [SEND-5]
 */
export class SendQueues {
  readonly #append: (conversationId: string, items: readonly SendItem[]) => Promise<void>;
  readonly #pause: () => Promise<unknown>;
  readonly #queues = new Map<string, Item[]>();
  /** The conversation of the last call, if it had several sends: the next ones may come together, too. */
  #bursting = "";
  #waitingItems = 0;
  #waitingBytes = 0;

  /**
   * @param append sends a batch and calls back every item; must not reject.
   * @param pause waits briefly: about as long as messages that were sent together take to arrive.
   */
  constructor(
    append: (conversationId: string, items: readonly SendItem[]) => Promise<void>,
    pause: () => Promise<unknown>,
  ) {
    this.#append = append;
    this.#pause = pause;
  }

  /** @throws NexoError TOO_MANY_REQUESTS when too much is already waiting. */
  send(conversationId: string, item: SendItem): void {
    this.#enter(conversationId, { kind: "send", item });
  }

  /** Runs a call in its turn. @throws NexoError TOO_MANY_REQUESTS, and the errors of the call. */
  call<T>(conversationId: string, run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enter(conversationId, { kind: "call", run: () => run().then(resolve, reject) });
    });
  }

  #enter(conversationId: string, item: Item): void {
    if (this.#waitingItems >= MAX_WAITING.items || this.#waitingBytes >= MAX_WAITING.bytes) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, RETRY_AFTER);
    }
    this.#waitingItems++;
    this.#waitingBytes += bytesOf(item);
    const queue = this.#queues.get(conversationId);
    if (queue) queue.push(item);
    else void this.#drive(conversationId, [item]);
  }

  async #drive(conversationId: string, queue: Item[]): Promise<void> {
    this.#queues.set(conversationId, queue);
    if (this.#bursting === conversationId) await gather(() => queue.length, this.#pause);
    for (let head = queue[0]; head; head = queue[0]) {
      if (head.kind === "call") {
        this.#leave(queue.splice(0, 1));
        await head.run();
        continue;
      }
      const end = queue.findIndex((item, index) => item.kind !== "send" || index >= MAX_BATCH);
      const batch = queue.splice(0, end < 0 ? queue.length : end);
      this.#leave(batch);
      await this.#append(
        conversationId,
        batch.flatMap((item) => (item.kind === "send" ? [item.item] : [])),
      );
      // A client whose sends are answered together often sends more at once. Without a pause the first would go
      // alone and the rest would wait for it.
      const isBurst = batch.length > 1;
      this.#bursting = isBurst ? conversationId : "";
      if (isBurst) await gather(() => queue.length, this.#pause);
    }
    this.#queues.delete(conversationId);
  }

  #leave(items: readonly Item[]): void {
    this.#waitingItems -= items.length;
    for (const item of items) this.#waitingBytes -= bytesOf(item);
  }
}

function bytesOf(item: Item): number {
  return item.kind === "send" ? item.item.send.content.length : 0;
}
