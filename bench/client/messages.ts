import type { Message, SendRequest } from "../../src/client/index.ts";

/** The receiver of a message. */
export type Receiver = { readonly recv_id: string } | { readonly group_id: string };

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789 ";
const TEXT_BYTES = 100;

/** A text of 100 bytes. */
export function textOf(random: () => number): string {
  return Array.from({ length: TEXT_BYTES }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
}

/** Makes sends, each with a client_msg_id of its own and a text of 100 bytes. */
export function texts(to: Receiver, random: () => number): () => SendRequest {
  const text = textOf(random);
  const prefix = Math.floor(random() * 2 ** 48).toString(36);
  const session_type = "group_id" in to ? 2 : 1;
  let count = 0;
  return () => ({ client_msg_id: `${prefix}-${++count}`, ...to, session_type, msg_type: 1, content: { text } });
}

/** The last seq in a push. A push of several messages counts as all of them. */
export function lastSeq(data: unknown): number {
  const { msgs } = data as { msgs?: Record<string, Pick<Message, "seq">[]> };
  const [messages = []] = Object.values(msgs ?? {});
  return messages.at(-1)?.seq ?? 0;
}
