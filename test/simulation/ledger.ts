import type { Message } from "../../src/protocol/model.ts";

/** A sent message, as its sender knows it. */
export interface Sent {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly client_msg_id: string;
  /** null for a forwarded message: its content is that of the other one at some moment. */
  readonly content: string | null;
  answer: { seq: number; server_msg_id: number; send_at: number } | null;
}

/** A message that a user was shown, with `max_seq` of the same moment if known. */
export interface Sight {
  readonly user_id: string;
  readonly conversation_id: string;
  readonly seq: number;
  /** JSON text. */
  readonly content: string;
  readonly max_seq: number | null;
}

/** An operation on a message that exists. */
export interface Amending {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly kind: "edit" | "recall" | "delete" | "react" | "pin";
  readonly seq: number;
  /** The new content of an edit, as JSON. */
  readonly content: string;
}

export interface Mark {
  readonly asked: number[];
  answered: number;
}

export interface GroupMade {
  readonly owner_id: string;
  readonly member_ids: readonly string[];
}

/**
 * What users did, which answers they got and what they were shown: all that the model needs in addition to the log of
 * each conversation. Complaints are violations that no later event can excuse.
 */
export class Ledger {
  readonly sent = new Map<string, Sent>();
  readonly sights: Sight[] = [];
  readonly marks = new Map<string, Mark>();
  readonly groups = new Map<string, GroupMade>();
  /** Changes by kind of notice and operator: how often tried, and how often answered. */
  readonly operations = new Map<string, { tried: number; answered: number }>();
  /** Operations on messages that were tried, and those of them that were answered with success. */
  readonly tried: Amending[] = [];
  readonly done: Amending[] = [];
  /** The state of the message that took each rev, from the answers to operations. */
  readonly #states = new Map<string, string>();
  /** Users who asked that their account is erased, with their messages. */
  readonly erased = new Set<string>();
  /** Conversations and users who changed how they hear of them. */
  readonly configured = new Set<string>();
  readonly complaints: string[] = [];

  /** An operation was answered with the message as it stands. */
  stands({ conversation_id, seq, content, meta, amended }: Message): void {
    if (!amended) return;
    const key = `${conversation_id} ${amended.rev}`;
    const state = JSON.stringify([seq, content, meta, amended]);
    const known = this.#states.get(key) ?? state;
    this.#states.set(key, known);
    if (known !== state) this.complain(`[OPS-1] rev ${key} was answered as ${known} and as ${state}`);
  }

  send(conversationId: string, userId: string, clientMessageId: string, content: string | null): void {
    const sent = {
      conversation_id: conversationId,
      user_id: userId,
      client_msg_id: clientMessageId,
      content,
      answer: null,
    };
    this.sent.set(`${conversationId} ${userId} ${clientMessageId}`, sent);
  }

  answered(conversationId: string, userId: string, clientMessageId: string, answer: NonNullable<Sent["answer"]>): void {
    const sent = this.sent.get(`${conversationId} ${userId} ${clientMessageId}`);
    if (!sent) {
      this.complain(`an answer to a send that was never made: ${clientMessageId}`);
      return;
    }
    const { seq, server_msg_id, send_at } = answer;
    if (sent.answer && JSON.stringify(sent.answer) !== JSON.stringify({ seq, server_msg_id, send_at })) {
      this.complain(
        `[SEND-3] ${clientMessageId} was answered ${JSON.stringify(sent.answer)} and ${JSON.stringify(answer)}`,
      );
    }
    sent.answer = { seq, server_msg_id, send_at };
  }

  saw(userId: string, messages: readonly Message[], maxSeq: number | null): void {
    for (const message of messages) {
      const { conversation_id, seq } = message;
      this.sights.push({
        user_id: userId,
        conversation_id,
        seq,
        content: JSON.stringify(message.content),
        max_seq: maxSeq,
      });
    }
  }

  mark(conversationId: string, userId: string): Mark {
    const key = `${conversationId} ${userId}`;
    let mark = this.marks.get(key);
    if (!mark) {
      mark = { asked: [], answered: 0 };
      this.marks.set(key, mark);
    }
    return mark;
  }

  operation(conversationId: string, userId: string, type: string): { tried: number; answered: number } {
    const key = `${conversationId} ${userId} ${type}`;
    let operation = this.operations.get(key);
    if (!operation) {
      operation = { tried: 0, answered: 0 };
      this.operations.set(key, operation);
    }
    return operation;
  }

  complain(complaint: string): void {
    this.complaints.push(complaint);
  }
}
