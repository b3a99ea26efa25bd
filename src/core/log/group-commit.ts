import { gather } from "../gather.ts";

/** Work that waits for its batch. Both callbacks run in the turn of the commit, so answers keep their order. */
export interface Job<Call, Reply> {
  readonly call: Call;
  readonly done: (reply: Reply) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Commits calls in batches: the first call at once; calls that arrive while it becomes durable are committed together.
 *
 * Each commit costs one disk sync, however much it holds. A timer would delay a lone call; a microtask would
 * never find a second call. After a lone call, the next commit waits for the sync; after a batch, for what comes in the
 * next turns of the event loop.
 */
export class GroupCommit<Call, Reply> {
  readonly #commit: (jobs: readonly Job<Call, Reply>[]) => void;
  readonly #sync: () => Promise<void>;
  #queue: Job<Call, Reply>[] = [];
  #waiting = false;

  /** @param commit carries out some jobs in one transaction and calls back each of them; must not throw. */
  constructor(commit: (jobs: readonly Job<Call, Reply>[]) => void, sync: () => Promise<void>) {
    this.#commit = commit;
    this.#sync = sync;
  }

  submit(job: Job<Call, Reply>): void {
    this.#queue.push(job);
    if (!this.#waiting) void this.#run();
  }

  /** Commits the waiting calls now, for a reader that must see their effect. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const jobs = this.#queue;
    this.#queue = [];
    this.#commit(jobs);
  }

  async #run(): Promise<void> {
    this.#waiting = true;
    try {
      while (this.#queue.length > 0) {
        const lone = this.#queue.length === 1;
        this.flush();
        // A failed sync resets the object. Until then, queued calls must not wait for a turn that never comes.
        await (lone ? this.#sync() : gather(() => this.#queue.length, wait)).catch(() => undefined);
      }
    } finally {
      this.#waiting = false;
    }
  }
}

function wait(): Promise<void> {
  return scheduler.wait(0);
}
