import type { SQLInputValue } from "node:sqlite";
import type { Disk } from "./disk.ts";

/** What storage needs from the life that it belongs to. */
export interface StorageOwner {
  readonly isAlive: boolean;
  /** Called before each commit; may end the life, so that these writes are lost and what was sent before them is not. */
  committing(): void;
  /** Called after each commit; may end the life, so that later writes of the same turn are lost. */
  committed(): void;
  /** Resolves in a separate turn. */
  later(): Promise<void>;
}

/**
 * An object's storage in one of its lives. Writes without an await between them are one transaction, which commits in a
 * microtask. Output of the object waits for the writes before it, not for those after it. So a crash between two awaits
 * of one turn keeps the first write and loses the second, and a crash between output and write has revealed the write.
 */
export class SimStorage {
  readonly #disk: Disk;
  readonly #owner: StorageOwner;
  #isOpen = false;
  #alarm: number | null | undefined;
  #outputs: (() => void)[] = [];
  readonly sql: {
    exec: (query: string, ...bindings: SQLInputValue[]) => { toArray(): unknown[] };
    databaseSize: number;
  };

  constructor(disk: Disk, owner: StorageOwner) {
    this.#disk = disk;
    this.#owner = owner;
    this.sql = { exec: (query, ...bindings) => this.#exec(query, bindings), databaseSize: 4_096 };
  }

  transactionSync<T>(work: () => T): T {
    if (!this.#owner.isAlive) return work();
    this.#open();
    this.#disk.run("SAVEPOINT work");
    try {
      const result = work();
      this.#disk.run("RELEASE work");
      return result;
    } catch (error) {
      this.#disk.run("ROLLBACK TO work");
      this.#disk.run("RELEASE work");
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.#owner.later();
  }

  async getAlarm(): Promise<number | null> {
    return this.#alarm === undefined ? this.#disk.alarm : this.#alarm;
  }

  async setAlarm(time: number): Promise<void> {
    if (!this.#owner.isAlive) return;
    this.#open();
    this.#alarm = Math.floor(time);
  }

  /** Releases output of the object once all writes before it are durable. */
  output(send: () => void): void {
    if (!this.#owner.isAlive) return;
    if (this.#isOpen) this.#outputs.push(send);
    else send();
  }

  /** Ends the object's life: uncommitted writes and pending output are lost. */
  abandon(): void {
    if (this.#isOpen) this.#disk.run("ROLLBACK");
    this.#isOpen = false;
    this.#outputs = [];
  }

  /** Code of a dead object may run until its next await. It reads nothing and changes nothing. */
  #exec(query: string, bindings: readonly SQLInputValue[]): { toArray(): unknown[] } {
    if (!this.#owner.isAlive) return { toArray: () => [] };
    if (!this.#disk.reads(query)) this.#open();
    const rows = this.#disk.run(query, bindings);
    return { toArray: () => rows };
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#disk.run("BEGIN");
    queueMicrotask(() => this.#commit());
  }

  #commit(): void {
    if (!this.#isOpen || !this.#owner.isAlive) return;
    this.#owner.committing();
    if (!this.#owner.isAlive) return;
    this.#disk.run("COMMIT");
    this.#isOpen = false;
    if (this.#alarm !== undefined) this.#disk.alarm = this.#alarm;
    this.#alarm = undefined;
    const outputs = this.#outputs;
    this.#outputs = [];
    for (const send of outputs) send();
    this.#owner.committed();
  }
}
