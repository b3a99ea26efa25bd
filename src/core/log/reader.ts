import type { PullRange } from "../../protocol/bodies.ts";
import { type Member, visibleMax, visibleRange } from "../member.ts";
import { lineParameters } from "./message.ts";
import type { ConversationState } from "./state.ts";
import type { ConversationStore } from "./store.ts";

/** Reads the messages that one user may see. Writes nothing. [VIS-1] */
export class LogReader {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;

  constructor(conversation: ConversationState, store: ConversationStore) {
    this.#conversation = conversation;
    this.#store = store;
  }

  /** Messages by range or by list, as JSON of `{messages, max_seq}`. @throws NexoError NO_PERMISSION */
  pull(userId: string, wanted: PullRange | readonly number[]): string {
    const member = this.#conversation.reader(userId);
    if (!member) return '{"messages":[],"max_seq":0}';
    const max = visibleMax(member, this.#conversation.version.seq);
    const lines = "order" in wanted ? this.#pullRange(member, wanted) : this.#pullList(member, wanted);
    return `{"messages":[${lines.join(",")}],"max_seq":${max}}`;
  }

  #pullRange(member: Member, { begin_seq, end_seq, limit, order }: PullRange): string[] {
    const { from, to } = visibleRange(member, this.#conversation.version.seq, begin_seq, end_seq);
    const { conversationId, ref } = this.#conversation;
    return this.#store.lines(lineParameters(conversationId, ref), { from, to, limit, order });
  }

  #pullList(member: Member, seqs: readonly number[]): string[] {
    const { from, to } = visibleRange(member, this.#conversation.version.seq, 0, 0);
    const messages = this.#store.messagesBySeq(seqs.filter((seq) => seq >= from && seq <= to));
    return messages.map((message) => this.#conversation.line(message));
  }
}
