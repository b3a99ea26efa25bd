import type { Amended, Message, MessageMeta } from "./content.ts";
import { isCount, isRecord, type SendMeta } from "./outgoing.ts";

type Content = Readonly<Record<string, unknown>>;

/** What a user does to messages that have a seq. */
export type Operation =
  | {
      readonly kind: "edit";
      readonly seqs: readonly [number];
      readonly content: Content;
      /** Absent: unchanged. */
      readonly mentions?: readonly string[] | undefined;
      /** The rev of the state that was edited: a later change of the content refuses the edit. */
      readonly if_rev: number | undefined;
    }
  | { readonly kind: "recall" | "delete"; readonly seqs: readonly number[] }
  | { readonly kind: "react"; readonly seqs: readonly [number]; readonly emoji: string; readonly on: boolean }
  | { readonly kind: "pin"; readonly seqs: readonly [number]; readonly on: boolean };

/** An operation as it is kept over a reload. */
export interface KeptOperation {
  readonly client_msg_id: string;
  readonly conversation_id: string;
  readonly operation: Operation;
}

/** Checks every field of what was read. [OUT-1] @returns null for anything else */
export function readOperation(entry: unknown): KeptOperation | null {
  if (!isRecord(entry) || !isRecord(entry.operation)) return null;
  const { client_msg_id, conversation_id, operation } = entry;
  const { kind, seqs, content, mentions = [], if_rev = 0, on } = operation;
  const isWhole =
    typeof client_msg_id === "string" &&
    typeof conversation_id === "string" &&
    Array.isArray(seqs) &&
    seqs.length > 0 &&
    seqs.every(isCount) &&
    (kind === "recall" ||
      kind === "delete" ||
      (kind === "pin" && typeof on === "boolean") ||
      (kind === "edit" && isRecord(content) && isCount(if_rev) && isTexts(mentions)));
  if (!isWhole) return null;
  // An edit whose state is not known must not replace one of another device.
  const whole = (kind === "edit" ? { ...operation, if_rev } : operation) as unknown as Operation;
  return { client_msg_id, conversation_id, operation: whole };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** The meta of a message, as its sender said it. */
export function metaOf({ reply_to = 0, mentions = [], mention_all = false }: SendMeta): MessageMeta {
  return { reply_to, mentions: [...mentions], mention_all, forwarded: null };
}

const UNCHANGED: Amended = {
  rev: 0,
  edited_at: 0,
  recalled_at: 0,
  recalled_by: "",
  reactions: [],
  pinned_at: 0,
  pinned_by: "",
};

/** A message as it will be after operations; null once it is deleted. Its rev stays: any answer is newer. */
export function withOperations(message: Message, operations: readonly Operation[], me: string): Message | null {
  let state: Message | null = message;
  for (const operation of operations) if (state) state = withOperation(state, operation, me);
  return state;
}

function withOperation(message: Message, operation: Operation, me: string): Message | null {
  const amended = message.amended ?? UNCHANGED;
  if (operation.kind === "delete") return null;
  if (amended.recalled_at > 0) return message;
  switch (operation.kind) {
    case "edit": {
      const { content, mentions } = operation;
      const meta = mentions ? { ...(message.meta ?? metaOf({})), mentions: [...mentions] } : message.meta;
      return { ...message, content: { ...content }, meta, amended: { ...amended, edited_at: Date.now() } } as Message;
    }
    case "recall":
      return { ...message, content: {}, meta: null, mine: [], amended: recalled(amended, me) } as Message;
    case "pin": {
      const pinned = operation.on ? { pinned_at: Date.now(), pinned_by: me } : { pinned_at: 0, pinned_by: "" };
      return { ...message, amended: { ...amended, ...pinned } };
    }
    case "react":
      return reacted(message, amended, operation);
  }
}

function recalled(amended: Amended, me: string): Amended {
  return { ...amended, recalled_at: Date.now(), recalled_by: me, reactions: [], pinned_at: 0, pinned_by: "" };
}

function reacted(message: Message, amended: Amended, { emoji, on }: { emoji: string; on: boolean }): Message {
  const mine = message.mine ?? [];
  if (mine.includes(emoji) === on) return message;
  const counts = new Map(amended.reactions);
  const count = (counts.get(emoji) ?? 0) + (on ? 1 : -1);
  if (count > 0) counts.set(emoji, count);
  else counts.delete(emoji);
  const own = on ? [...mine, emoji] : mine.filter((each) => each !== emoji);
  return { ...message, mine: own, amended: { ...amended, reactions: [...counts] } };
}
