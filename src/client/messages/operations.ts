import { Code } from "../../protocol/codes.ts";
import { randomId } from "../../protocol/ids.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, NexoClientError, toClientError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import { type KeptOperation, type Operation, readOperation } from "./operation.ts";
import { OutboxStore } from "./outbox-store.ts";

export interface OperationsParts {
  /**
   * Hands an operation to the server, and takes its answer.
   * @throws NexoClientError
   */
  readonly transmit: (conversationId: string, operation: Operation) => Promise<Answered>;
  /** The operations on a conversation have changed. */
  readonly changed: (conversationId: string) => void;
  /** Keeps them over a reload. */
  readonly storage: Promise<Storage>;
}

/** What the server has said to an operation. */
export interface Answered {
  /** The rev of the changed message, if the answer has one. */
  readonly rev?: number | undefined;
}

interface Pending {
  /** The key under which it is kept. */
  readonly id: string;
  operation: Operation;
  /** The operation as it was queued. */
  readonly shown: Operation;
  readonly resolve: () => void;
  readonly reject: (error: NexoClientError) => void;
}

interface Queue {
  readonly pending: Pending[];
  /** The operations by seq, each list the same object until it changes. */
  readonly bySeq: Map<number, readonly Operation[]>;
  isSending: boolean;
  failures: number;
  retry: ReturnType<typeof setTimeout> | undefined;
  /** Whether the server asked for the pause before the retry. */
  isAsked: boolean;
}

/** The most operations that wait; beyond it, one is refused at once. [MEM-1] */
const MAX_WAITING = 200;
const NONE: readonly Operation[] = [];

/**
 * The user's operations on messages that the server has not answered yet: views show them at once. Those of a
 * conversation are sent in order, and each is repeated until it is answered or refused. A repeated operation changes
 * nothing, since the server answers 0 where its state is already reached. [AMEND-3]
 *
 * Except for reactions they survive a reload. Tabs do not take turns: if two of them send the same, the second changes
 * nothing, and an edit names the state that it was made on.
 */
export class Operations {
  readonly #parts: OperationsParts;
  readonly #queues = new Map<string, Queue>();
  #size = 0;
  /** Why the client is closed; null while it is open. */
  #why: NexoClientError | null = null;
  readonly #store: OutboxStore<KeptOperation>;
  /** The time in the last id: ids sort in the order in which they were made. */
  #madeAt = 0;

  constructor(parts: OperationsParts) {
    this.#parts = parts;
    this.#store = new OutboxStore(parts.storage);
    void this.#load();
  }

  /** Takes up what an earlier run has left: before the connection, so that views show it and it goes first. */
  async #load(): Promise<void> {
    const kept = await this.#store.load(readOperation);
    kept.sort((a, b) => (a.client_msg_id < b.client_msg_id ? -1 : 1));
    for (const entry of kept) {
      const isHere = this.#queues.get(entry.conversation_id)?.pending.some(({ id }) => id === entry.client_msg_id);
      // Nobody waits for its outcome: views show it.
      if (!isHere) this.#queued(entry).catch(() => undefined);
    }
  }

  /** The operations on a message that are not answered yet. */
  of(conversationId: string, seq: number): readonly Operation[] {
    return this.#queues.get(conversationId)?.bySeq.get(seq) ?? NONE;
  }

  /** Queues an operation. @returns its outcome; rejects with NexoClientError, also when too many wait */
  run(conversationId: string, operation: Operation): Promise<void> {
    this.#madeAt = Math.max(Date.now(), this.#madeAt + 1);
    const client_msg_id = `op-${this.#madeAt}-${randomId()}`;
    const done = this.#queued({ client_msg_id, conversation_id: conversationId, operation }, isKept(operation));
    // A caller that ignores the promise sees the message as it was.
    done.catch(() => undefined);
    return done;
  }

  /** Sending is possible again: waiting retries run now, unless the server asked for the pause. */
  hurry(): void {
    for (const [conversationId, queue] of this.#queues) {
      if (queue.isAsked) continue;
      clearTimeout(queue.retry);
      queue.retry = undefined;
      void this.#send(conversationId, queue);
    }
  }

  close(why: NexoClientError): void {
    this.#why = why;
    for (const { pending, retry } of this.#queues.values()) {
      clearTimeout(retry);
      for (const { reject } of pending) reject(why);
    }
    this.#queues.clear();
  }

  /** @param isNew whether it has to be stored */
  #queued(entry: KeptOperation, isNew = false): Promise<void> {
    const { client_msg_id: id, conversation_id, operation } = entry;
    return new Promise((resolve, reject) => {
      if (this.#why) throw this.#why;
      if (this.#size >= MAX_WAITING) {
        throw new NexoClientError(Code.TOO_MANY_REQUESTS, `${MAX_WAITING} operations wait to be sent already`);
      }
      if (isNew) this.#store.put(entry);
      const queue = this.#queues.get(conversation_id) ?? this.#newQueue(conversation_id);
      queue.pending.push({ id, operation, shown: operation, resolve, reject });
      this.#size++;
      for (const seq of operation.seqs) queue.bySeq.set(seq, [...(queue.bySeq.get(seq) ?? []), operation]);
      this.#parts.changed(conversation_id);
      void this.#send(conversation_id, queue);
    });
  }

  #newQueue(conversationId: string): Queue {
    const queue: Queue = {
      pending: [],
      bySeq: new Map(),
      isSending: false,
      failures: 0,
      retry: undefined,
      isAsked: false,
    };
    this.#queues.set(conversationId, queue);
    return queue;
  }

  async #send(conversationId: string, queue: Queue): Promise<void> {
    if (queue.isSending || queue.retry !== undefined) return;
    queue.isSending = true;
    for (let [next] = queue.pending; next && !this.#why; [next] = queue.pending) {
      const error = await this.#try(conversationId, queue, next);
      if (this.#why) return;
      if (error && !isFinal(error)) {
        this.#later(conversationId, queue, error);
        break;
      }
      queue.failures = 0;
      this.#done(conversationId, queue, next);
      if (error) next.reject(error);
      else next.resolve();
    }
    queue.isSending = false;
    if (queue.pending.length === 0 && this.#queues.get(conversationId) === queue) this.#queues.delete(conversationId);
  }

  /** @returns the error, if the operation was not done */
  async #try(conversationId: string, queue: Queue, { operation }: Pending): Promise<NexoClientError | null> {
    try {
      const { rev } = await this.#parts.transmit(conversationId, operation);
      if (operation.kind === "edit" && rev !== undefined) {
        for (const each of rebased(queue, operation, rev)) {
          this.#store.put({ client_msg_id: each.id, conversation_id: conversationId, operation: each.operation });
        }
      }
      return null;
    } catch (thrown) {
      return toClientError(thrown);
    }
  }

  #later(conversationId: string, queue: Queue, error: NexoClientError): void {
    queue.isAsked = error.code === Code.TOO_MANY_REQUESTS;
    const again = () => {
      queue.retry = undefined;
      queue.isAsked = false;
      void this.#send(conversationId, queue);
    };
    queue.retry = setTimeout(again, pauseAfter(error, queue.failures++));
  }

  #done(conversationId: string, queue: Queue, done: Pending): void {
    const { shown, id } = done;
    if (isKept(shown)) this.#store.remove(id);
    queue.pending.splice(queue.pending.indexOf(done), 1);
    this.#size--;
    for (const seq of shown.seqs) {
      const others = queue.bySeq.get(seq)?.filter((each) => each !== shown) ?? [];
      if (others.length > 0) queue.bySeq.set(seq, others);
      else queue.bySeq.delete(seq);
    }
    this.#parts.changed(conversationId);
  }
}

/** A reaction is not worth a write. */
function isKept({ kind }: Operation): boolean {
  return kind !== "react";
}

/** Moves later edits of the same message onto the state that this one has made. @returns those edits */
function rebased({ pending }: Queue, done: Operation, rev: number): Pending[] {
  return pending.filter((each) => {
    const { operation } = each;
    const isOnTop = operation.kind === "edit" && operation !== done && operation.seqs[0] === done.seqs[0];
    if (isOnTop) each.operation = { ...operation, if_rev: rev };
    return isOnTop;
  });
}
