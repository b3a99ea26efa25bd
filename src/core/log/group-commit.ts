/** Work that waits for its batch. Both callbacks run in the turn of the commit, so answers keep their order. */
export interface Job<Call, Reply> {
  readonly call: Call;
  readonly done: (reply: Reply) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Commits calls in batches: the first at once, and what comes while it becomes durable together.
 *
 * A commit costs a disk's sync however much it holds. A timer would delay a lone call; a microtask would
 * never find a second one. After a lone call the sync itself is the wait, after a batch one turn of the
 * event loop is enough.
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

  /** Commits what waits, for someone who must see it. */
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
        // A sync that fails resets the object; until then nobody is to wait for a turn that does not come.
        await (lone ? this.#sync() : scheduler.wait(0)).catch(() => undefined);
      }
    } finally {
      this.#waiting = false;
    }
  }
}
