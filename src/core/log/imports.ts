import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { ImportedMessage } from "../calls.ts";
import type { Messages } from "./messages.ts";
import type { Sends } from "./sends.ts";
import type { ConversationStore } from "./store.ts";

const STEPS = ["CREATE TABLE imports (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT;"];

export interface ImportsParts {
  readonly store: ConversationStore;
  readonly messages: Messages;
  readonly sends: Pick<Sends, "write">;
}

/** Messages of another server. Most conversations have none, and no table for them. */
export class Imports {
  readonly #parts: ImportsParts;
  readonly #sql: Sql;
  readonly #tables: Migrator;
  /** Cached, because every update reads it; undefined if it was not read yet. */
  #seq: number | undefined;

  constructor(parts: ImportsParts) {
    const { sql, migrator } = parts.store;
    this.#parts = parts;
    this.#sql = sql;
    this.#tables = migrator.part("imports", { steps: STEPS });
  }

  /** The last imported seq; 0 if none was. */
  get seq(): number {
    if (!this.#tables.isBorn) return 0;
    this.#seq ??= first<{ seq: number }>(this.#sql, "SELECT seq FROM imports")?.seq ?? 0;
    return this.#seq;
  }

  /** Reads it again from storage. */
  load(): void {
    this.#seq = undefined;
  }

  /**
   * Takes messages in the transaction of the caller. Those that are here already are left out.
   * @returns how many were new. @throws NexoError INVALID_PARAMETER for a seq that is not the next one, and once there
   *   are other messages
   */
  take(messages: readonly ImportedMessage[]): number {
    const log = this.#parts.messages;
    const before = log.seq;
    const isLive = before > this.seq;
    for (const message of messages) this.#take(message, isLive);
    if (log.seq > before) this.#putSeq(log.seq);
    return log.seq - before;
  }

  #take({ seq, sender_id, send_at, ...send }: ImportedMessage, isLive: boolean): void {
    const { store, messages, sends } = this.#parts;
    const known = store.messageByClientId(sender_id, send.client_msg_id);
    if (known?.seq === seq) return;
    if (known) throw invalid(`client_msg_id: ${send.client_msg_id} of ${sender_id} has the seq ${known.seq} already`);
    if (isLive) throw invalid("seq: the conversation has live messages already");
    const next = messages.seq + 1;
    if (seq !== next) throw invalid(`seq: must be ${next}, not ${seq}`);
    sends.write(sender_id, send, send_at);
  }

  #putSeq(seq: number): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR REPLACE INTO imports (id, seq) VALUES (1, ?)", seq);
    this.#seq = seq;
  }
}

function invalid(message: string): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, message);
}
