import { FanOut } from "../../../../src/core/delivery/fan-out.ts";
import { decodeRelay, decodeUpdate, type Update } from "../../../../src/core/delivery/update.ts";
import { UpdateBuilder } from "../../../../src/core/delivery/update-builder.ts";
import { Own } from "../../../../src/core/log/own.ts";
import { ConversationState } from "../../../../src/core/log/state.ts";
import { ConversationStore } from "../../../../src/core/log/store.ts";
import type { Told } from "../../../../src/core/told.ts";
import type { Version } from "../../../../src/core/version.ts";
import { memorySql } from "../../sql.ts";

export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** An inbox that a test controls: it answers, throws, or never answers. */
type Mood = "answers" | "throws" | "hangs";

/** A group over a storage, which can be restarted; its members' inboxes; a clock that the test moves. */
export class Group {
  readonly sql = memorySql();
  readonly moods = new Map<string, Mood>();
  readonly marks = new Map<string, Version>();
  readonly tells: { to: string; tell: Update; answer: () => void }[] = [];
  /** Relays, as `user: from-seq`. */
  readonly relays: string[] = [];
  /** Users with a socket, in whose inboxes a large group may relay. */
  readonly online = new Set<string>();
  largeGroup = 500;
  now = 1_000_000;
  random = 0.5;
  alarm = Number.POSITIVE_INFINITY;
  life = 0;
  #parts: { room: ConversationState; fanOut: FanOut };
  #sent = 0;

  constructor(members: readonly string[], largeGroup = 500, online: readonly string[] = []) {
    this.largeGroup = largeGroup;
    for (const id of online) this.online.add(id);
    this.#parts = this.#make();
    this.room.create("ann", members);
    this.fanOut.changed();
  }

  get room(): ConversationState {
    return this.#parts.room;
  }

  get fanOut(): FanOut {
    return this.#parts.fanOut;
  }

  /** Memory is lost. */
  start(): void {
    this.#parts = this.#make();
  }

  #make(): { room: ConversationState; fanOut: FanOut } {
    const life = ++this.life;
    const store = new ConversationStore(this.sql);
    const room = new ConversationState(store, {
      conversationId: "sg_g",
      maxMembers: 500,
      largeGroup: this.largeGroup,
      named: ({ content }) => /@(\w+)/g.exec(content)?.slice(1) ?? [],
      now: () => this.now,
      transaction: (work) => work(),
      isFull: () => false,
    });
    const fanOut = new FanOut(room, new UpdateBuilder(room, store, new Own(() => new Map()), () => undefined), store, {
      call: (userId, { kind, text }) => (kind === "relay" ? this.#relay(userId, text) : this.#call(userId, text)),
      wakeAt: (time) => {
        if (life === this.life) this.alarm = Math.min(this.alarm, time);
      },
      settled: async () => await settled(),
      after: (milliseconds, run) => {
        setImmediate(() => {
          this.now += milliseconds;
          run();
        });
      },
      later: (run) => run(),
      now: () => this.now,
      random: () => this.random,
      reached: () => undefined,
      missed: () => undefined,
    });
    return { room, fanOut };
  }

  send(by: string, mark: Version | null = null, text = "x"): void {
    const sends = [{ client_msg_id: String(++this.#sent), msg_type: 1, content: JSON.stringify({ text }) }];
    this.room.append([{ user_id: by, mark, sends, allowance: 1, founding: false }]);
    this.fanOut.changed();
  }

  async ring(): Promise<void> {
    this.now = Math.max(this.now, this.alarm);
    this.alarm = Number.POSITIVE_INFINITY;
    await this.fanOut.alarm();
  }

  told(to: string): string[] {
    return this.tells.filter((tell) => tell.to === to).map(({ tell }) => `${tell.header.from}-${tell.header.seq}`);
  }

  behind(): unknown[] {
    return this.sql.exec("SELECT user_id, seq FROM behind ORDER BY user_id").toArray();
  }

  watermark(): unknown {
    return this.sql.exec("SELECT told_seq FROM room").toArray()[0]?.told_seq;
  }

  #call(to: string, text: string): Promise<Told> {
    const tell = decodeUpdate(text);
    const mood = this.moods.get(to) ?? "answers";
    return new Promise((resolve, reject) => {
      const answer = () => {
        const { seq, ver, rev = 0 } = tell.header;
        this.marks.set(to, { seq, ver, rev });
        resolve({ seq, ver, rev, online: this.online.has(to) });
      };
      this.tells.push({ to, tell, answer });
      if (mood === "answers") answer();
      if (mood === "throws") reject(new Error("the inbox throws"));
    });
  }

  async #relay(to: string, text: string): Promise<Told> {
    const { from, seq } = decodeRelay(text);
    if (this.moods.get(to) === "throws") throw new Error("the inbox throws");
    if (this.online.has(to)) this.relays.push(`${to}: ${from}-${seq}`);
    return { seq, ver: 0, online: this.online.has(to) };
  }
}
