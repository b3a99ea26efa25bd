import type { ExportState } from "../../core/accounts.ts";
import type { InboxContext } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { conversationViews } from "../../core/list/views.ts";
import { askObject } from "../../core/rpc.ts";
import { listReportsOf } from "../../directory/reports.ts";
import { findUser } from "../../directory/users.ts";
import { Code, errorCode } from "../../protocol/codes.ts";
import { randomId } from "../../protocol/ids.ts";
import { type ExportPlace, exportPlaceText } from "../../protocol/leaving.ts";
import { byteLength } from "../../protocol/text.ts";
import { exportPage } from "./calls.ts";
import { deleteParts, putPart } from "./parts.ts";
import type { ExportRow, ExportStore } from "./store.ts";

/** How long an export lasts. A user makes one in that time. */
const LASTS = 86_400_000;
/** A part ends at this many bytes, milliseconds or conversations, so that an alarm is short and holds little. [MEM-1] */
const PART = { bytes: 4_194_304, milliseconds: 5_000, conversations: 100 };
/** How long a conversation may take for a page. */
const PATIENCE = 10_000;

/** The lines of a part. */
class Part {
  readonly #lines: string[] = [];
  readonly #began: number;
  readonly #most: number;
  size = 0;

  /** @param left the bytes that the export may still have */
  constructor(began: number, left: number) {
    this.#began = began;
    this.#most = Math.min(PART.bytes, left);
  }

  get isFull(): boolean {
    return this.size >= this.#most || Date.now() - this.#began >= PART.milliseconds;
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  add(line: string): void {
    this.#lines.push(line);
    this.size += byteLength(line) + 1;
  }
}

type Parts = Pick<InboxContext, "env" | "settings" | "userId" | "store" | "list" | "exported" | "wakeAt"> & {
  readonly bucket: R2Bucket;
};

/**
 * Writes what the user can see, and what is kept of them, as lines of JSON into parts in R2. Each alarm writes one part
 * and then stores where the next one begins: after a crash it is written again. [EXPORT-1] [EXPORT-2]
 */
export class ExportJob {
  readonly #parts: Parts;
  readonly #store: ExportStore;

  constructor(parts: Parts, store: ExportStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /** Begins an export, from a place on if one is given; while one lasts, it tells how far that is. */
  begin(after: ExportPlace = { conversation_id: "", seq: 0 }): ExportState {
    const now = Date.now();
    const known = this.#store.row;
    const row = known ?? {
      ...{ export_id: randomId(), requested_at: now, expires_at: now + LASTS },
      ...{ parts: 0, size: 0, ...after, is_ready: 0, is_cut: 0 },
    };
    if (!known) this.#store.put(row);
    this.#parts.wakeAt(row.is_ready ? row.expires_at : now);
    const { export_id, requested_at, expires_at, size, conversation_id, seq } = row;
    const next = row.is_cut ? { conversation_id, seq } : null;
    return { export_id, requested_at, expires_at, size, is_ready: row.is_ready === 1, next };
  }

  /** The account is being erased. @returns whether nothing of an export is left */
  drop(): boolean {
    const { row } = this.#store;
    if (!row) return true;
    this.#store.put({ ...row, expires_at: 0 });
    this.#parts.wakeAt(Date.now());
    return false;
  }

  /** @throws when a conversation, D1 or R2 does not answer: the alarm rings again in a minute */
  async alarm(): Promise<void> {
    const { wakeAt, bucket } = this.#parts;
    const { row } = this.#store;
    if (!row) return;
    const now = Date.now();
    if (row.expires_at <= now) {
      await deleteParts(bucket, row.export_id);
      this.#store.delete();
      return;
    }
    wakeAt(row.expires_at);
    if (row.is_ready === 0) await this.#writePart(row, now);
  }

  async #writePart(row: ExportRow, now: number): Promise<void> {
    const { bucket, settings, wakeAt } = this.#parts;
    const left = settings.EXPORT_BYTES - row.size;
    const part = new Part(now, left);
    if (row.parts === 0) for (const line of await this.#head(row)) part.add(line);
    const ahead = this.#ahead(row);
    const { done, ...reached } = await this.#fill(part, row, ahead.slice(0, PART.conversations));
    const isWhole = done === ahead.length;
    const isReady = isWhole || part.size >= left;
    // JSON leaves out what is undefined.
    if (isReady) part.add(JSON.stringify({ type: "end", next: isWhole ? undefined : exportPlaceText(reached) }));
    await putPart(bucket, row.export_id, row.parts, part.text);
    // The account may have been erased meanwhile.
    const { expires_at } = this.#store.row ?? { expires_at: 0 };
    const progress = {
      parts: row.parts + 1,
      size: row.size + part.size,
      is_ready: isReady ? 1 : 0,
      is_cut: isReady && !isWhole ? 1 : 0,
    };
    this.#store.put({ ...row, ...reached, ...progress, expires_at });
    if (!isReady) wakeAt(Date.now());
  }

  /** The conversations that are not written to their end, in the order of their ids. */
  #ahead({ conversation_id: id, seq }: ExportPlace): ListEntry[] {
    const isAhead = (other: string) => other > id || (other === id && seq > 0);
    const ahead = [...this.#parts.list.all()].filter((entry) => isAhead(entry.conversation_id));
    return ahead.sort((a, b) => (a.conversation_id < b.conversation_id ? -1 : 1));
  }

  /** Adds what fits. @returns where the next part begins, and how many of the conversations are written to their end */
  async #fill(part: Part, from: ExportRow, due: readonly ListEntry[]): Promise<ExportPlace & { done: number }> {
    const { env, userId, store } = this.#parts;
    const listed = due.map((entry) => ({ ...entry, gone: false }));
    const views = await conversationViews(env.DB, store, userId, listed);
    let place: ExportPlace = { conversation_id: from.conversation_id, seq: from.seq };
    for (const [at, { conversation_id }] of due.entries()) {
      const isBegun = conversation_id === place.conversation_id;
      // An export that goes on within a conversation says again which it is.
      if (!isBegun || from.parts === 0) part.add(`{"type":"conversation","conversation":${views[at]}}`);
      place = await this.#fillFrom(part, isBegun ? place : { conversation_id, seq: 1 });
      if (part.isFull) return { ...place, done: place.seq > 0 ? at : at + 1 };
    }
    return { ...place, done: due.length };
  }

  /**
   * Adds what fits of a conversation, a page at least, so that slow queries before it do not keep an export from going on.
   * @returns where it goes on; seq 0 at the end
   */
  async #fillFrom(part: Part, { conversation_id, seq: from }: ExportPlace): Promise<ExportPlace> {
    let seq = from;
    do {
      const page = await this.#page(conversation_id, seq);
      for (const line of page.lines) part.add(line);
      seq = page.next;
    } while (seq > 0 && !part.isFull);
    return { conversation_id, seq };
  }

  /** @returns nothing for a conversation that shows the user nothing, such as one whose invitation ended */
  async #page(conversationId: string, begin_seq: number) {
    const conversation = this.#parts.env.CONVERSATION.getByName(conversationId);
    try {
      return await askObject(conversation, exportPage, { user_id: this.#parts.userId, begin_seq }, PATIENCE);
    } catch (error) {
      if (errorCode(error) !== Code.NO_PERMISSION) throw error;
      return { lines: [], next: 0 };
    }
  }

  /** What is kept of the user besides conversations. */
  async #head({ requested_at }: ExportRow): Promise<string[]> {
    const { env, userId, exported } = this.#parts;
    const [user, reports] = [await findUser(env.DB, userId), await listReportsOf(env.DB, userId)];
    const kept = [
      { type: "export", version: 1, user_id: userId, requested_at },
      { type: "profile", user },
      ...exported(),
      ...reports.map((report) => ({ type: "report", report })),
    ];
    return kept.map((one) => JSON.stringify(one));
  }
}
