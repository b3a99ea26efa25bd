import { ACCOUNT_CALLS } from "../../src/core/accounts.ts";
import type { Message } from "../../src/protocol/model.ts";
import type { Ledger } from "./ledger.ts";
import type { MessageStates } from "./message-states.ts";
import type { Paths } from "./operator.ts";
import type { World } from "./world.ts";

/** How often a user asks whether an export is ready. */
const ASK_EVERY = 20_000;

interface Listed {
  readonly conversation_id: string;
  readonly min_seq: number;
  readonly seq: number;
}

interface Exported {
  readonly user_id: string;
  /** What the user's list had when the export began. */
  readonly listed: readonly Listed[];
  readonly seqs: ReadonlyMap<string, readonly number[]>;
}

/** Exports that users asked for and downloaded. */
export class Exports {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #made: Exported[] = [];
  /** Users who wait for one, and the exports that were read. */
  readonly #waiting = new Set<string>();
  readonly #known = new Set<string>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Asks for an export, and again until it is ready. It may end before, with the account. */
  async make(userId: string, rest: Paths["rest"], device: { readonly name: string; readonly isAlive: boolean }) {
    if (this.#waiting.has(userId)) return;
    this.#waiting.add(userId);
    const { disk } = this.#world.inbox(userId);
    const listed = disk.run<Listed>("SELECT conversation_id, min_seq, seq FROM conversations WHERE gone = 0");
    for (let turn = 0; turn < 100; turn++) {
      const reply = await rest(ACCOUNT_CALLS.export, null);
      // One that lasts since an earlier request may lack what the list has now.
      const isKnown = reply.ok && this.#known.has(reply.value.export_id);
      if (reply.ok && reply.value.is_ready && !isKnown) this.#read(userId, listed, reply.value.export_id);
      if (isKnown || (reply.ok && reply.value.is_ready)) break;
      await new Promise<void>((resolve) => {
        this.#world.scheduler.after(ASK_EVERY, { label: "export?", to: () => device, run: () => resolve() });
      });
    }
    this.#waiting.delete(userId);
  }

  /** The lines are whole JSON, begin and end as they must, and have each message once and in order. [EXPORT-1] */
  #read(user_id: string, listed: readonly Listed[], exportId: string): void {
    this.#known.add(exportId);
    const { texts } = this.#world.bucket;
    const parts = [...texts]
      .filter(([key]) => key.startsWith(`exports/${exportId}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const text = parts.map(([, part]) => part).join("");
    const lines: { type: string; message?: Message }[] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ends = [lines[0]?.type, lines.at(-1)?.type];
    if (ends.join() !== "export,end")
      this.#ledger.complain(`[EXPORT-2] ${user_id}'s export begins and ends with ${ends}`);
    const seqs = new Map<string, number[]>();
    for (const { message } of lines) {
      if (!message) continue;
      this.#ledger.saw(user_id, [message], null);
      const before = seqs.get(message.conversation_id) ?? [];
      if (message.seq <= (before.at(-1) ?? 0))
        this.#ledger.complain(`[EXPORT-1] ${user_id}'s export repeats ${message.seq}`);
      seqs.set(message.conversation_id, [...before, message.seq]);
    }
    this.#made.push({ user_id, listed, seqs });
  }

  /** Nothing that the list had is missing, and when all has expired, no part is left. [EXPORT-1] [EXPORT-2] */
  check(states: MessageStates): void {
    for (const { user_id, listed, seqs } of this.#made) {
      for (const { conversation_id: id, min_seq, seq } of listed) {
        // Who left and came back sees another range.
        const where = `user_id = '${user_id}' AND min_seq = ${min_seq}`;
        if (this.#world.conversation(id).disk.run(`SELECT 1 FROM members WHERE ${where}`).length === 0) continue;
        const has = new Set([...(seqs.get(id) ?? []), ...states.deletedBy(id, user_id)]);
        const missing = Array.from({ length: seq - min_seq + 1 }, (_, at) => min_seq + at).filter(
          (one) => !has.has(one),
        );
        if (missing.length > 0) this.#ledger.complain(`[EXPORT-1] ${user_id}'s export lacks ${missing} of ${id}`);
      }
    }
    for (const key of this.#world.bucket.texts.keys()) this.#ledger.complain(`[EXPORT-2] ${key} is kept for ever`);
  }
}
