import { byteLength } from "../../protocol/text.ts";

/** A message that is ready to be sent to inboxes, and the fields that an update needs. */
export interface RecentMessage {
  readonly seq: number;
  readonly line: string;
  readonly msg_type: number;
}

/** The most that one update carries. If there is more, it carries the newest messages, and clients pull the gap. */
export const UPDATE_LIMITS = { messages: 100, bytes: 262_144 };

/**
 * Keeps the newest messages of a conversation in memory, so that telling 500 members reads no messages from
 * storage. Keeps what one update may carry, and drops older messages.
 */
export class RecentMessages {
  #messages: RecentMessage[] = [];
  #bytes = 0;

  push(message: RecentMessage): void {
    this.#messages.push(message);
    this.#bytes += byteLength(message.line);
    // Drops half at a time, so that a long run of sends does not move the array at each send.
    if (this.#messages.length > 2 * UPDATE_LIMITS.messages || this.#bytes > 2 * UPDATE_LIMITS.bytes) {
      this.#messages = newest(this.#messages);
      this.#bytes = this.#messages.reduce((sum, { line }) => sum + byteLength(line), 0);
    }
  }

  /** Takes the new line of a message, if it is kept here. */
  replace(seq: number, line: string): void {
    const at = seq - (this.#messages[0]?.seq ?? 0);
    const before = this.#messages[at];
    if (before?.seq !== seq) return;
    this.#bytes += byteLength(line) - byteLength(before.line);
    this.#messages[at] = { ...before, line };
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }

  /** The messages from one seq to another, within the limits of an update; null if memory lacks some of them. */
  range(from: number, to: number): RecentMessage[] | null {
    const start = this.#messages[0]?.seq;
    if (start === undefined || from < start) return null;
    return newest(this.#messages.slice(from - start, to - start + 1));
  }
}

/** The newest of some messages that fit into one update; always at least one. */
export function newest(messages: RecentMessage[]): RecentMessage[] {
  if (surelyFit(messages)) return messages;
  let bytes = 0;
  let count = 0;
  for (let at = messages.length - 1; at >= 0 && count < UPDATE_LIMITS.messages; at--) {
    bytes += byteLength(messages[at]?.line ?? "");
    if (bytes > UPDATE_LIMITS.bytes && count > 0) break;
    count++;
  }
  return messages.slice(messages.length - count);
}

/** Does not count bytes, since this runs for each of 500 members: UTF-8 takes at most 3 bytes per UTF-16 unit. */
function surelyFit(messages: readonly RecentMessage[]): boolean {
  if (messages.length > UPDATE_LIMITS.messages) return false;
  let units = 0;
  for (const { line } of messages) units += line.length;
  return units * 3 <= UPDATE_LIMITS.bytes;
}
