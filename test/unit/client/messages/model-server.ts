import type { FetchLike } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import type { Amended, Message } from "../../../../src/protocol/model.ts";
import { type Asked, CHAT, conversation, message, settle, type World } from "../fake-server.ts";

/** More entries than this between two revs are answered by `reset`; the server's own limit is 1,000. */
const MOST_BETWEEN = 12;
/** Changes in one answer; the server's own limit is 100. */
const PAGE = 3;

const KINDS = [Request.PULL_RANGE, Request.PULL_LIST, Request.CHANGES, Request.READ_STATE] as const;

/** Writes a message's amended fields. */
export function amended(fields: Partial<Amended>): Amended {
  return {
    rev: 0,
    edited_at: 0,
    recalled_at: 0,
    recalled_by: "",
    reactions: [],
    pinned_at: 0,
    pinned_by: "",
    ...fields,
  };
}

/**
 * One conversation as the server has it, seen by one user whose pushes and answers travel by two sockets: each keeps its
 * order, and either may be late.
 */
export class ModelServer {
  rev = 0;
  readonly messages: Message[] = [];
  readonly mine = new Map<number, string[]>();
  /** The rev of the user's deletion of each message. */
  readonly deleted = new Map<number, number>();
  readonly #pushes: [kind: number, data: object][] = [];
  readonly #answers: { readonly asked: Asked; readonly data: object }[] = [];
  #computed = new Set<string>();
  /** Answers to requests for the pins that are on their way. */
  readonly #pins: ((isLost: boolean) => void)[] = [];

  constructor(count: number) {
    for (let seq = 1; seq <= count; seq++) this.messages.push(message(seq));
  }

  get newest(): number {
    return this.messages.length;
  }

  send(fields: Partial<Message> = {}): void {
    const sent = message(this.newest + 1, fields);
    this.messages.push(sent);
    this.#pushes.push([Push.MESSAGES, { msgs: { [CHAT]: [sent] }, revs: { [CHAT]: this.rev }, prev: 0, cursor: 0 }]);
  }

  react(seq: number, emoji: string, isMine: boolean): void {
    const before = this.#at(seq);
    if (!before || (before.amended?.recalled_at ?? 0) > 0) return;
    const counts = new Map(before.amended?.reactions ?? []);
    const own = this.mine.get(seq) ?? [];
    const takesBack = isMine && own.includes(emoji);
    counts.set(emoji, (counts.get(emoji) ?? 0) + (takesBack ? -1 : 1));
    if (counts.get(emoji) === 0) counts.delete(emoji);
    if (isMine) this.mine.set(seq, takesBack ? own.filter((each) => each !== emoji) : [...own, emoji]);
    this.#change(seq, (was) => ({ amended: amended({ ...was.amended, reactions: [...counts] }) }), isMine);
  }

  edit(seq: number, text: string): void {
    const before = this.#at(seq);
    if (!before || (before.amended?.recalled_at ?? 0) > 0) return;
    this.#change(seq, (was) => ({ content: { text }, amended: amended({ ...was.amended, edited_at: 1 }) }));
  }

  recall(seq: number): void {
    if (!this.#at(seq)) return;
    this.mine.delete(seq);
    this.#change(seq, () => ({ content: {}, meta: null, amended: amended({ recalled_at: 1, recalled_by: "ben" }) }));
  }

  pin(seq: number, on: boolean): void {
    const before = this.#at(seq);
    if (!before || (before.amended?.recalled_at ?? 0) > 0) return;
    if ((before.amended?.pinned_at ?? 0) > 0 === on) return;
    const pinned = on ? { pinned_at: this.rev + 1, pinned_by: "ben" } : { pinned_at: 0, pinned_by: "" };
    this.#change(seq, (was) => ({ amended: amended({ ...was.amended, ...pinned }) }));
  }

  delete(seq: number): void {
    if (!this.#at(seq) || this.deleted.has(seq)) return;
    this.deleted.set(seq, ++this.rev);
    this.#pushChange({ messages: [], mine: {}, deleted: [seq] });
  }

  /** Delivers the oldest push on its way. */
  async deliver({ socket }: World): Promise<void> {
    const push = this.#pushes.shift();
    if (push) await socket.push(...push);
  }

  lose(): void {
    this.#pushes.shift();
  }

  /** Works out the answer to the oldest request, which is then on its way. */
  compute({ socket }: World): boolean {
    const asked = KINDS.flatMap((kind) => socket.asked(kind))
      .filter(({ msg_incr }) => !this.#computed.has(msg_incr))
      .sort((a, b) => Number(a.msg_incr) - Number(b.msg_incr))[0];
    if (!asked) return false;
    this.#computed.add(asked.msg_incr);
    this.#answers.push({ asked, data: this.#answer(asked) });
    return true;
  }

  /** Delivers the oldest answer on its way, or the newest: a client that moves to another socket may get it first. */
  async answer({ socket }: World, which: "oldest" | "newest" = "oldest"): Promise<boolean> {
    const next = which === "oldest" ? this.#answers.shift() : this.#answers.pop();
    if (!next) return false;
    const { req_identifier, msg_incr } = next.asked;
    socket.markAnswered(msg_incr);
    await socket.frame({ req_identifier, msg_incr, data: next.data });
    return true;
  }

  /** The pinned messages that the user sees, the last pinned first. */
  get pins(): Message[] {
    return this.messages
      .filter(({ seq, amended }) => (amended?.pinned_at ?? 0) > 0 && !this.deleted.has(seq))
      .sort((a, b) => (b.amended?.pinned_at ?? 0) - (a.amended?.pinned_at ?? 0));
  }

  /** Works out the pins when it is asked; `answerPins` delivers them. */
  readonly fetch: FetchLike = (url) => {
    if (!url.includes("/msg/pins")) return Promise.reject(new Error(`no network for ${url}`));
    const text = JSON.stringify({ code: 0, msg: "success", data: this.pins });
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<FetchLike>>>();
    this.#pins.push((isLost) => {
      if (isLost) reject(new Error("the connection broke"));
      else resolve({ status: 200, headers: { get: () => null }, text: async () => text });
    });
    return promise;
  };

  /** Delivers the oldest answer with pins, or loses it. */
  async answerPins(isLost = false): Promise<boolean> {
    const next = this.#pins.shift();
    next?.(isLost);
    await settle();
    return next !== undefined;
  }

  /** Answers everything, and delivers every push. */
  async quiet(world: World): Promise<void> {
    while (this.#pushes.length > 0) await this.deliver(world);
    for (let asked = 0; this.compute(world) || (await this.answer(world)) || (await this.answerPins()); asked++) {
      if (asked > 2_000) throw new Error(`the client does not stop asking: ${world.socket.sent.slice(-6).join("\n")}`);
    }
  }

  /** The sockets are lost, with all that was on its way; a new one is opened. */
  async reconnect(world: World): Promise<void> {
    this.#pushes.length = 0;
    this.#answers.length = 0;
    this.#computed = new Set();
    await world.socket.end();
    await world.reconnected(100, [conversation(this.newest, { last_message: null, unread_count: 0, read_seq: 0 })]);
  }

  /** What the user sees of a message. */
  seen(seq: number): object {
    const now = this.messages[seq - 1];
    const own = this.mine.get(seq) ?? [];
    return {
      seq,
      content: now?.content,
      edited: (now?.amended?.edited_at ?? 0) > 0,
      recalled: (now?.amended?.recalled_at ?? 0) > 0,
      reactions: (now?.amended?.reactions ?? []).map(([emoji, count]) => ({ emoji, count, mine: own.includes(emoji) })),
    };
  }

  #at(seq: number): Message | undefined {
    return this.deleted.has(seq) ? undefined : this.messages[seq - 1];
  }

  #change(seq: number, change: (was: Message) => Partial<Message>, isMine = false): void {
    const was = this.messages[seq - 1];
    if (!was) return;
    const next = { ...was, ...change(was) };
    next.amended = amended({ ...next.amended, rev: ++this.rev });
    this.messages[seq - 1] = next;
    this.#pushChange({ messages: [next], mine: isMine ? { [seq]: this.mine.get(seq) ?? [] } : {}, deleted: [] });
  }

  #pushChange(change: object): void {
    const data = { conversation_id: CHAT, since_rev: this.rev - 1, rev: this.rev, ...change, prev: 0, cursor: 0 };
    this.#pushes.push([Push.CHANGED, data]);
  }

  #answer({ req_identifier, data }: Asked): object {
    if (req_identifier === Request.READ_STATE) {
      return { max_seq: this.newest, read_seq: 0, unread_count: 0, rev: this.rev };
    }
    if (req_identifier === Request.CHANGES) return this.#changes(Number(data.since_rev), Number(data.from_seq));
    return { ...this.#own(this.#wanted(data)), max_seq: this.newest, rev: this.rev };
  }

  #wanted(data: Asked["data"]): number[] {
    if (Array.isArray(data.seq_list)) return data.seq_list.filter((seq) => seq <= this.newest);
    const { begin_seq, end_seq, limit, order } = data as Record<string, number> & { order: string };
    const to = Math.min(end_seq || this.newest, this.newest);
    const from = Math.max(begin_seq ?? 0, 1);
    const all = Array.from({ length: Math.max(to - from + 1, 0) }, (_, n) => from + n);
    return order === "desc" ? all.reverse().slice(0, limit) : all.slice(0, limit);
  }

  #own(seqs: readonly number[]) {
    const seen = seqs.filter((seq) => !this.deleted.has(seq));
    const touched = seen.filter((seq) => this.messages[seq - 1]?.amended);
    return {
      messages: seen.flatMap((seq) => this.messages[seq - 1] ?? []),
      mine: Object.fromEntries(touched.map((seq) => [seq, this.mine.get(seq) ?? []])),
      deleted: seqs.filter((seq) => this.deleted.has(seq)),
    };
  }

  #changes(sinceRev: number, fromSeq: number): object {
    const entries = this.messages
      .map(({ seq, amended: after }) => [seq, this.deleted.get(seq) ?? after?.rev ?? 0] as const)
      .filter(([seq, rev]) => rev > sinceRev && seq >= fromSeq)
      .sort(([, a], [, b]) => a - b);
    if (entries.length > MOST_BETWEEN) {
      return { messages: [], mine: {}, deleted: [], rev: this.rev, has_more: false, reset: true };
    }
    const page = entries.slice(0, PAGE);
    const has_more = entries.length > PAGE;
    const rev = has_more ? (page.at(-1)?.[1] ?? 0) : this.rev;
    return { ...this.#own(page.map(([seq]) => seq)), rev, has_more, reset: false };
  }
}
