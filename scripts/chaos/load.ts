import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../../test/helpers/node/rest.ts";
import { upTo } from "../../test/helpers/node/suite.ts";
import type { Frame } from "../../test/helpers/node/tap.ts";
import type { Message, Pushed } from "../../test/helpers/node/wire.ts";
import { founder, host, lastMinute, reader, sender } from "./actors.ts";
import type { Checks } from "./checks.ts";
import { checkChain } from "./inboxes.ts";
import { type Attempt, shuffled, type World } from "./world.ts";

type Reply<T> = Pick<Answer<T>, "code" | "raw" | "data">;

/** What came of a request. Neither data nor code: no answer came. */
export type Outcome<T> = { data?: T; code?: number };

export type ReadPushed = { chat: string; user: string; seq: number };

const sendersOfEach = 2;
const roomsOfEach = 3;
/** Groups whose members change. */
const hosts = 5;

/** Users at work on a server, from the start of a round until the kill. */
export class Load {
  readonly world: World;
  readonly round: number;
  readonly attempts: Attempt[] = [];
  /** Answers by kind of request. */
  readonly answered: Record<string, number> = {};
  readonly pushed: Message[] = [];
  readonly readPushed: ReadPushed[] = [];
  readonly #checks: Checks;
  readonly #inFlight = new Map<string, number>();
  readonly #acting: Promise<void>[] = [];
  #over = false;

  constructor(world: World, round: number, checks: Checks) {
    this.world = world;
    this.round = round;
    this.#checks = checks;
  }

  get isOver(): boolean {
    return this.#over;
  }

  async start(): Promise<void> {
    const { clients } = this.world;
    this.world.introduce();
    await Promise.all(
      clients.map(async (client, index) => {
        const random = this.world.random(this.round, 1, index);
        // One of them speaks as the original's clients do.
        await client.open(index === 0);
        const mine = this.world.chats.filter((chat) => chat.membership(client) === "in");
        for (const chat of shuffled(mine, random).slice(0, roomsOfEach)) await client.room(chat.id);
      }),
    );
    for (const [index, client] of clients.entries()) {
      for (const lane of upTo(sendersOfEach)) this.#act(sender(this, client, this.#random(2, index, lane)));
      this.#act(reader(this, client, this.#random(3, index)));
    }
    const groups = this.world.chats.filter(({ groupId }) => groupId !== null);
    for (const [index, chat] of shuffled(groups, this.#random(4)).slice(0, hosts).entries()) {
      this.#act(host(this, chat, this.#random(4, index)));
    }
    this.#act(founder(this, this.#random(5)));
  }

  /** So many milliseconds before the kill. */
  async lastMinute(milliseconds: number): Promise<void> {
    this.#act(lastMinute(this, this.#random(6)));
    await sleep(milliseconds);
  }

  /** Ends the load by this kill. @returns what was in flight at that moment */
  async endBy(kill: () => Promise<void>): Promise<Record<string, number>> {
    this.#over = true;
    const inFlight = Object.fromEntries([...this.#inFlight].filter(([, count]) => count > 0).sort());
    await kill();
    await Promise.all(this.#acting);
    for (const client of this.world.clients) {
      checkChain(client, undefined, this.#checks);
      for (const { req_identifier, data } of await client.bury()) this.#hear(req_identifier, data);
    }
    return inFlight;
  }

  /** Asks something of the server. Until the kill every request has to be answered, by success or one of these codes. */
  async ask<T>(kind: string, request: () => Promise<Reply<T> | Frame<T>>, codes: number[] = []): Promise<Outcome<T>> {
    this.#inFlight.set(kind, (this.#inFlight.get(kind) ?? 0) + 1);
    const outcome = await request().then(
      (answer) => ({ code: "code" in answer ? answer.code : answer.err_code, raw: answer.raw, data: answer.data }),
      (error: unknown) => ({ code: undefined, raw: String(error), data: undefined }),
    );
    this.#inFlight.set(kind, (this.#inFlight.get(kind) ?? 0) - 1);
    const { code, raw, data } = outcome;
    const asItShould = code === 0 || (code !== undefined && codes.includes(code));
    // Parts of a dying server may say that others of its parts do not answer: that is no answer.
    if (this.#over && !asItShould) return {};
    this.#checks.that("served", asItShould, () => `${kind}: ${raw.slice(0, 600)}`);
    this.answered[kind] = (this.answered[kind] ?? 0) + 1;
    if (code === 0 && data !== undefined) return { data };
    return code === undefined ? {} : { code };
  }

  expect(got: unknown, expected: unknown, what: string): void {
    this.#checks.same("served", got, expected, what);
  }

  async pause(milliseconds: number): Promise<void> {
    if (!this.#over) await sleep(milliseconds);
  }

  #random(...what: number[]) {
    return this.world.random(this.round, ...what);
  }

  #act(acting: Promise<void>): void {
    this.#acting.push(acting);
  }

  #hear(kind: number, data: unknown): void {
    if (kind === 2001) this.pushed.push(...Object.values((data as Pushed).msgs).flat());
    if (kind !== 2003) return;
    const { conversation_id, user_id, read_seq } = data as {
      conversation_id: string;
      user_id: string;
      read_seq: number;
    };
    this.readPushed.push({ chat: conversation_id, user: user_id, seq: read_seq });
  }
}
