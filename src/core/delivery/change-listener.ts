import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import { detailOf, log } from "../../log.ts";
import type { Millis } from "../../protocol/model.ts";
import type { AppEvent } from "../events.ts";
import type { Change } from "../log/amendments.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";

/** The endpoints that want to hear of changed messages. */
interface ChangeHooks {
  /** False if it is known that no endpoint wants them. */
  readonly mayWant: () => boolean;
  /** @throws if that cannot be found out now */
  readonly want: () => Promise<boolean>;
  readonly handOn: (events: readonly AppEvent[]) => Promise<void>;
}

export interface ChangeListenerOptions {
  /** null where there are no hooks. */
  readonly hooks: ChangeHooks | null;
  readonly wakeAt: (time: Millis) => void;
  /** Runs something after the answers of this turn have been sent. */
  readonly later: (run: () => void) => void;
  readonly now: () => Millis;
}

const STEPS = [
  `-- All changes of messages up to this rev were handed on, and later ones wait. No row: none waits.
  CREATE TABLE waiting_changes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    since_rev INTEGER NOT NULL
  ) STRICT;`,
];

/** The most events that are read and handed on at once. [MEM-1] */
const AT_ONCE = 100;
const LOOK_AGAIN = 5_000;

/**
 * Hands every change of a message to the queue of events, at least once, also after a crash: quiet changes too, of which
 * no inbox is told. An event is the message as it stands, so several changes may be one event. [HOOK-1]
 *
 * Quiet changes have no alarm and no watermark of their own. So this sets an alarm, and writes a row which it deletes
 * when the changes are handed on. With the watermark that the alarm stores, a change costs four more rows, and only if
 * an endpoint wants to hear of it.
 */
export class ChangeListener {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #sql: Sql;
  readonly #tables: Migrator;
  readonly #options: ChangeListenerOptions;
  /** The rev up to which changes were handed on; null while none waits, as far as this object has looked. */
  #since: number | null = null;
  #call: Promise<void> | null = null;

  constructor(conversation: ConversationState, store: ConversationStore, options: ChangeListenerOptions) {
    this.#conversation = conversation;
    this.#store = store;
    this.#sql = store.sql;
    this.#tables = store.migrator.part("waiting_changes", { steps: STEPS });
    this.#options = options;
  }

  /** Must be called in the turn of the change, so that the row is as durable as the change. */
  changed({ since_rev, seqs }: Change): void {
    const { hooks, wakeAt, later, now } = this.#options;
    if (seqs.length === 0 || !hooks?.mayWant()) return;
    if (this.#since === null) {
      this.#since = this.#stored() ?? since_rev;
      this.#tables.migrate();
      this.#sql.exec("INSERT OR IGNORE INTO waiting_changes (id, since_rev) VALUES (1, ?)", this.#since);
      wakeAt(now() + LOOK_AGAIN);
    }
    later(() => void this.#tell());
  }

  /** Hands on what an object that died, or a queue that was down, has left. */
  async alarm(): Promise<void> {
    this.#since ??= this.#stored();
    if (this.#since !== null) await this.#tell();
  }

  #stored(): number | null {
    if (!this.#tables.isBorn) return null;
    return first<{ since_rev: number }>(this.#sql, "SELECT since_rev FROM waiting_changes")?.since_rev ?? null;
  }

  #tell(): Promise<void> {
    this.#call ??= this.#run().finally(() => {
      this.#call = null;
    });
    return this.#call;
  }

  async #run(): Promise<void> {
    const { hooks, wakeAt, now } = this.#options;
    try {
      const isWanted = (await hooks?.want()) ?? false;
      for (let page = this.#page(); isWanted && page.length > 0; page = this.#page()) {
        await hooks?.handOn(page.map(({ event }) => event));
        this.#since = page.at(-1)?.rev ?? this.#since;
      }
      this.#since = null;
      this.#sql.exec("DELETE FROM waiting_changes");
    } catch (error) {
      const { conversationId } = this.#conversation;
      log("warn", "changes_waiting", { conversation: conversationId, since: this.#since, detail: detailOf(error) });
      wakeAt(now() + LOOK_AGAIN);
    }
  }

  #page(): { rev: number; event: AppEvent }[] {
    const { conversationId, messages } = this.#conversation;
    const range = { from: 1, to: messages.seq, limit: AT_ONCE };
    const changed = this.#since === null ? [] : this.#store.changedMessages(this.#since, range);
    return changed.map((message) => ({
      rev: message.rev,
      event: {
        id: `${conversationId}:${message.seq}:r${message.rev}`,
        type: "message.changed",
        data: messages.line(message),
      },
    }));
  }
}
