import { utf8 } from "../../durable/json.ts";
import type { ChangesRequest } from "../../protocol/amend.ts";
import type { PullRange } from "../../protocol/bodies.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { isActive, type Member, visibleRange } from "../member.ts";
import { metaOf } from "./amended.ts";
import { visibleMessages } from "./attempt.ts";
import { lineParameters, type StoredMessage } from "./message.ts";
import type { Own } from "./own.ts";
import type { ConversationState } from "./state.ts";
import type { ConversationStore, MessagePage } from "./store.ts";

/** A page, and the range of seqs that was looked at. */
interface Found extends MessagePage {
  readonly from: number;
  readonly to: number;
}

const NOTHING: MessagePage = { lines: utf8(), changed: [], replied: [] };

/** Reads the messages that one user may see. Writes nothing. [VIS-1] */
export class LogReader {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #own: Own;

  constructor(conversation: ConversationState, store: ConversationStore, own: Own) {
    this.#conversation = conversation;
    this.#store = store;
    this.#own = own;
  }

  /**
   * Messages by range or by list, as JSON of `{messages, max_seq, rev, mine, deleted}` in UTF-8.
   * @param quoted whether the messages that they reply to come with them
   * @throws NexoError NO_PERMISSION
   */
  pull(userId: string, wanted: PullRange | readonly number[], quoted = false): Uint8Array {
    const member = this.#conversation.access.reader(userId);
    if (!member)
      return utf8(`{"messages":[],"max_seq":0,"rev":0,"mine":{},"deleted":[]${quoted ? ',"quoted":[]' : ""}}`);
    const { sight } = this.#conversation;
    const { lines, changed, replied, from, to } =
      "order" in wanted ? this.#range(member, wanted) : this.#list(member, wanted);
    const deleted = sight.deleted(member, from, to);
    const kept = "order" in wanted ? deleted : deleted.filter((seq) => wanted.includes(seq));
    const fields = `"max_seq":${sight.max(member)},"rev":${sight.rev(member)},"mine":${this.mine(member, changed)}`;
    const quotes = quoted ? `,"quoted":[${this.#quoted(member, replied).join(",")}]` : "";
    return utf8('{"messages":[', lines, `],${fields},"deleted":${JSON.stringify(kept)}${quotes}}`);
  }

  #range(member: Member, { begin_seq, end_seq, limit, order }: PullRange): Found {
    const whole = visibleRange(member, this.#conversation.version.seq, begin_seq, end_seq);
    // Seqs have no holes, so a page is a range of seqs, with those that the reader deleted.
    const from = order === "asc" ? whole.from : Math.max(whole.from, whole.to - limit + 1);
    const to = order === "asc" ? Math.min(whole.to, whole.from + limit - 1) : whole.to;
    if (from > to) return { ...NOTHING, from, to };
    if (isActive(member) && member.own_rev === 0) {
      const { conversationId, ref } = this.#conversation;
      return { ...this.#store.page(lineParameters(conversationId, ref), { from, to, order }), from, to };
    }
    const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const messages = visibleMessages(this.#conversation, member, seqs);
    return { ...this.#page(order === "asc" ? messages : messages.toReversed()), from, to };
  }

  #list(member: Member, seqs: readonly number[]): Found {
    const page = this.#page(visibleMessages(this.#conversation, member, seqs));
    return { ...page, from: Math.max(member.min_seq, Math.min(...seqs)), to: Math.max(0, ...seqs) };
  }

  #page(messages: readonly StoredMessage[]): MessagePage {
    const replied = messages.flatMap((message) => metaOf(message)?.reply_to || []);
    return { lines: utf8(this.#lines(messages).join(",")), changed: changedOf(messages), replied };
  }

  #lines(messages: readonly StoredMessage[]): string[] {
    return messages.map((message) => this.#conversation.messages.line(message));
  }

  /**
   * The reader's own reactions to messages that were changed, as JSON of `{seq: [emoji]}`. Former members see no
   * reactions.
   */
  mine(member: Member, changed: readonly number[]): string {
    return isActive(member) ? this.#own.mine(member.user_id, changed) : "{}";
  }

  #quoted(member: Member, replied: readonly number[]): string[] {
    return this.#lines(visibleMessages(this.#conversation, member, [...new Set(replied)]));
  }

  /**
   * The messages that changed after a rev, as JSON of `{messages, mine, deleted, rev, has_more, reset}`. [OPS-2]
   * @throws NexoError NO_PERMISSION
   */
  changes(userId: string, { since_rev: since, from_seq, limit }: ChangesRequest): string {
    const member = this.#conversation.access.reader(userId);
    if (!member) return changesText({ lines: [], mine: "{}", deleted: [], rev: 0 });
    const { sight, version } = this.#conversation;
    const rev = sight.rev(member);
    // A former member has revs of their own after their end, of which each is a message that changed after it.
    const after = isActive(member) ? since : Math.min(since, member.end_rev);
    if (this.#store.countChanged(after, LIMITS.changesBetween + 1) > LIMITS.changesBetween) {
      return changesText({ lines: [], mine: "{}", deleted: [], rev, reset: true });
    }
    const { from, to } = visibleRange(member, version.seq, from_seq, 0);
    const changed = this.#store.changedMessages(after, { from, to, limit: LIMITS.changesBetween });
    const seen = sight.asSeen(member, changed);
    const deletions = sight.deletedSince(member, since).filter(({ seq }) => seq >= from && seq <= to);
    const gone = new Set(sight.deleted(member, from, to));
    const all = [
      ...seen
        .filter((message) => message.rev > since)
        .map((message) => ({ rev: message.rev, seq: message.seq, message })),
      ...deletions.map((mark) => ({ ...mark, message: undefined })),
    ].sort((a, b) => a.rev - b.rev);
    const page = all.slice(0, limit);
    const messages = page.flatMap(({ message }) => (message && !gone.has(message.seq) ? message : []));
    const deleted = new Set(page.map(({ seq }) => seq).filter((seq) => gone.has(seq)));
    const has_more = all.length > limit;
    return changesText({
      lines: this.#lines(messages),
      mine: this.mine(
        member,
        messages.map(({ seq }) => seq),
      ),
      deleted: [...deleted],
      rev: has_more ? (page.at(-1)?.rev ?? rev) : rev,
      has_more,
    });
  }

  /** One message as JSON, as a user who sees it may see it; "null" if they do not. */
  line(userId: string, seq: number): string {
    const member = this.#conversation.member(userId);
    return (member && this.listed(member, [seq])[0]) ?? "null";
  }

  /** Messages with these seqs as JSON, in this order; those that the user does not see are left out. */
  listed(member: Member, seqs: readonly number[]): string[] {
    const visible = new Map(visibleMessages(this.#conversation, member, seqs).map((message) => [message.seq, message]));
    return this.#lines(seqs.flatMap((seq) => visible.get(seq) ?? []));
  }
}

/** The seqs of the messages that were changed. */
export function changedOf(messages: readonly StoredMessage[]): number[] {
  return messages.flatMap(({ seq, rev }) => (rev > 0 ? seq : []));
}

function changesText(found: {
  readonly lines: readonly string[];
  readonly mine: string;
  readonly deleted: readonly number[];
  readonly rev: number;
  readonly has_more?: boolean;
  readonly reset?: boolean;
}): string {
  const { lines, mine, deleted, rev, has_more = false, reset = false } = found;
  return `{"messages":[${lines.join(",")}],"mine":${mine},"deleted":${JSON.stringify(deleted)},"rev":${rev},"has_more":${has_more},"reset":${reset}}`;
}
