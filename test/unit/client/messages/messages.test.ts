import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type Message, NoticeType } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, type FakeSocket, message, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const shown = (world: World) => world.client.messages(CHAT).getSnapshot();
const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: Math.max(to - from + 1, 0) }, (_, n) => from + n);

/** Answers every open pull as the server would, from messages 1 to `newest`. */
async function answerPulls(socket: FakeSocket, newest: number, visibleFrom = 1): Promise<number> {
  let pulls = 0;
  for (let [pull] = socket.asked(Request.PULL_RANGE); pull; [pull] = socket.asked(Request.PULL_RANGE)) {
    const { begin_seq, end_seq, limit, order } = pull.data as Record<string, number> & { order: string };
    const to = end_seq === 0 ? newest : Math.min(end_seq ?? 0, newest);
    const all = range(Math.max(begin_seq ?? 0, visibleFrom), to);
    const some = order === "desc" ? all.reverse().slice(0, limit) : all.slice(0, limit);
    await socket.answer(Request.PULL_RANGE, { messages: some.map((seq) => message(seq)), max_seq: newest });
    pulls++;
  }
  return pulls;
}

/** A client that shows the chat, which has this many messages. */
async function looking(newest: number): Promise<World> {
  const world = await World.online(100, newest > 0 ? [conversation(newest)] : []);
  world.client.messages(CHAT).subscribe(() => undefined);
  await answerPulls(world.socket, newest);
  return world;
}

describe("what a conversation shows", () => {
  test("the newest page, then older ones on request", async () => {
    const world = await looking(120);
    expect(seqs(shown(world).messages)).toEqual(range(71, 120));
    expect(shown(world).has_older).toBe(true);
    const older = world.client.messages(CHAT).loadOlder(100);
    expect(shown(world).is_loading).toBe(true);
    await answerPulls(world.socket, 120);
    await older;
    expect(seqs(shown(world).messages)).toEqual(range(1, 120));
    expect(shown(world)).toMatchObject({ has_older: false, is_loading: false });
  });

  test("new ones in order, duplicates once", async () => {
    const world = await looking(1);
    await world.socket.message(message(2), 100, 101);
    await world.socket.message(message(2), 0, 0);
    await world.socket.message(message(1), 0, 0);
    await world.socket.message(message(3), 101, 102);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3]);
  });

  test("one ahead of a gap waits until the gap has been pulled", async () => {
    const world = await looking(1);
    await world.socket.message(message(4), 100, 101);
    expect(seqs(shown(world).messages)).toEqual([1]);
    expect(world.socket.asked(Request.PULL_RANGE)).toMatchObject([{ data: { begin_seq: 2, end_seq: 3 } }]);
    await world.socket.message(message(5), 101, 102);
    expect(seqs(shown(world).messages)).toEqual([1]);
    await answerPulls(world.socket, 5);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a failed pull is retried; a refused one is reported", async () => {
    const world = await looking(1);
    await world.socket.message(message(3), 100, 101);
    await world.socket.refuse(Request.PULL_RANGE, Code.SHUTTING_DOWN);
    expect(shown(world).error).toMatchObject({ code: Code.SHUTTING_DOWN });
    await vi.advanceTimersByTimeAsync(1_000);
    await answerPulls(world.socket, 3);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3]);
    expect(shown(world).error).toBeNull();
    await world.socket.message(message(5), 101, 102);
    await world.socket.refuse(Request.PULL_RANGE, Code.NO_PERMISSION);
    await vi.advanceTimersByTimeAsync(100);
    expect(shown(world).error).toMatchObject({ code: Code.NO_PERMISSION });
  });

  test("messages outside the range are not a gap to wait for", async () => {
    const world = await looking(2);
    await world.socket.message(message(9), 100, 101);
    await answerPulls(world.socket, 9, 7);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 7, 8, 9]);
  });

  test("a user who left and returned sees no earlier messages [VIS-2]", async () => {
    const world = await looking(3);
    await world.socket.message(message(6, { msg_type: NoticeType.INVITED }), 100, 100);
    await answerPulls(world.socket, 6, 6);
    const returned = conversation(6, { min_seq: 6, unread_count: 0 });
    await world.socket.push(Push.CONVERSATION, { conversation: returned, prev: 100, cursor: 101 });
    await world.socket.message(message(7), 101, 102);
    expect(seqs(shown(world).messages)).toEqual([6, 7]);
    expect(shown(world).has_older).toBe(false);
  });

  test("a user who returned while offline does not wait for the messages in between [VIS-2]", async () => {
    const world = await looking(3);
    await world.socket.pong(101);
    await world.socket.catchUp(101, [conversation(9, { min_seq: 8 })]);
    expect(world.socket.asked(Request.PULL_RANGE)).toMatchObject([{ data: { begin_seq: 8, end_seq: 9 } }]);
    await answerPulls(world.socket, 9, 8);
    expect(seqs(shown(world).messages)).toEqual([8, 9]);
  });

  test("after a long absence it starts again at the newest page", async () => {
    const world = await looking(1);
    await world.socket.pong(101);
    await world.socket.catchUp(101, [conversation(5_000)]);
    expect(await answerPulls(world.socket, 5_000)).toBe(1);
    expect(seqs(shown(world).messages)).toEqual(range(4_901, 5_000));
    expect(shown(world).has_older).toBe(true);
  });

  test("a page of older messages that arrives after such a jump is not joined to the new ones", async () => {
    const world = await looking(120);
    const older = world.client.messages(CHAT).loadOlder();
    await world.socket.pong(101);
    await world.socket.catchUp(101, [conversation(5_000)]);
    const [first, jump] = world.socket.asked(Request.PULL_RANGE);
    expect([first?.data.end_seq, jump?.data.end_seq]).toEqual([70, 0]);
    await world.socket.frame({
      req_identifier: Request.PULL_RANGE,
      msg_incr: jump?.msg_incr ?? "",
      data: {
        messages: range(4_901, 5_000)
          .reverse()
          .map((seq) => message(seq)),
        max_seq: 5_000,
      },
    });
    await world.socket.answer(Request.PULL_RANGE, { messages: [message(70)], max_seq: 5_000 });
    await older;
    expect(seqs(shown(world).messages)).toEqual(range(4_901, 5_000));
  });

  test("items and snapshots stay the same objects until they change", async () => {
    const world = await looking(2);
    const before = shown(world);
    expect(shown(world)).toBe(before);
    await world.socket.message(message(3), 100, 101);
    const after = shown(world);
    expect(after).not.toBe(before);
    expect(after.messages[1]).toBe(before.messages[1]);
    expect(seqs(before.messages)).toEqual([1, 2]);
    expect(Object.isFrozen(after.messages)).toBe(true);
  });

  test("in memory there is a window, not the history [MEM-1]", async () => {
    const world = await looking(1);
    for (let seq = 2; seq <= 700; seq++) await world.socket.message(message(seq), 98 + seq, 99 + seq);
    expect(seqs(shown(world).messages)).toEqual(range(201, 700));
    expect(shown(world).has_older).toBe(true);
  });

  test("while the user reads further up nothing is dropped and no gap is skipped, within a bound [MEM-1]", async () => {
    const world = await looking(1);
    const view = world.client.messages(CHAT);
    view.keep(true);
    for (let seq = 2; seq <= 700; seq++) await world.socket.message(message(seq), 98 + seq, 99 + seq);
    await world.socket.message(message(1_500), 799, 800);
    await answerPulls(world.socket, 1_500);
    expect(seqs(shown(world).messages)).toEqual(range(1, 1_500));
    for (let seq = 1_501; seq <= 2_600; seq++) await world.socket.message(message(seq), seq - 701, seq - 700);
    expect(seqs(shown(world).messages)).toEqual(range(101, 2_600));
    view.keep(false);
    expect(seqs(shown(world).messages)).toEqual(range(2_101, 2_600));
  });

  test("an empty chat says so to a view opened before the list was loaded", async () => {
    const world = new World();
    const said: boolean[] = [];
    const view = world.client.messages(CHAT);
    view.subscribe(() => said.push(view.getSnapshot().is_loading));
    expect(view.getSnapshot().is_loading).toBe(true);
    await settle();
    await world.socket.open();
    await world.socket.catchUp(100);
    expect([view.getSnapshot().is_loading, said.at(-1)]).toEqual([false, false]);
  });

  test("without a view nothing is pulled; a new view shows what arrived meanwhile", async () => {
    const world = await World.online(100, [conversation(1)]);
    const view = world.client.messages(CHAT);
    const stop = view.subscribe(() => undefined);
    await answerPulls(world.socket, 1);
    stop();
    await world.socket.message(message(2), 100, 101);
    await world.socket.message(message(5), 101, 102);
    expect(world.socket.asked(Request.PULL_RANGE)).toEqual([]);
    view.subscribe(() => undefined);
    await answerPulls(world.socket, 5);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("onMessage", () => {
  async function listening(newest: number): Promise<{ world: World; heard: Message[] }> {
    const world = new World();
    const heard: Message[] = [];
    world.client.onMessage((one) => heard.push(one));
    await settle();
    await world.socket.open();
    await world.socket.pong(100);
    await world.socket.catchUp(100, [conversation(newest)]);
    return { world, heard };
  }

  test("is called with new messages, and not with existing ones", async () => {
    const { world, heard } = await listening(3);
    await world.socket.message(message(4), 100, 101);
    expect(seqs(heard)).toEqual([4]);
    expect(world.socket.asked(Request.PULL_RANGE)).toEqual([]);
  });

  test("misses nothing while there is no connection, however many messages arrive [SYNC-2]", async () => {
    const { world, heard } = await listening(3);
    await world.socket.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await world.socket.catchUp(900, [conversation(700)]);
    await answerPulls(world.socket, 700);
    expect(seqs(heard)).toEqual(range(4, 700));
  });

  test("gets a new conversation from its first message on", async () => {
    const { world, heard } = await listening(3);
    const first = message(1, { conversation_id: "si_ann:carl" });
    await world.socket.message(first, 100, 101);
    await world.socket.catchUp(101, [conversation(1, { conversation_id: "si_ann:carl", last_message: first })]);
    expect(heard).toEqual([first]);
  });

  test("a listener that throws does not stop the others", async () => {
    const thrown = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => undefined);
    const world = await World.online(100, [conversation(0)]);
    const heard: Message[] = [];
    world.client.onMessage(() => {
      throw new Error("the app's");
    });
    const stop = world.client.onMessage((one) => heard.push(one));
    await world.socket.message(message(1), 100, 101);
    await world.socket.message(message(2), 101, 102);
    expect(seqs(heard)).toEqual([1, 2]);
    expect(thrown).toHaveBeenCalledTimes(2);
    stop();
    await world.socket.message(message(3), 102, 103);
    expect(heard).toHaveLength(2);
    thrown.mockRestore();
  });

  test("frames arrive twice, out of order, or not at all: each message once, in order", async () => {
    const pushes = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(pushes, async (order) => {
        const { world, heard } = await listening(0);
        for (const seq of order)
          await world.socket.push(Push.MESSAGES, { msgs: { [CHAT]: [message(seq)] }, prev: 0, cursor: 0 });
        await answerPulls(world.socket, 12);
        const newest = Math.max(0, ...order);
        expect(seqs(heard)).toEqual(range(1, newest));
        world.client.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe("the conversation in focus", () => {
  test("has its own socket, and each message is delivered once over both", async () => {
    const world = await looking(1);
    const user = world.socket;
    world.client.focus(CHAT);
    await settle();
    const own = world.socket;
    expect(own.url).toBe("ws://server.test/ws?conversation_id=si_ann%3Aben");
    await own.open();
    await own.answer(Request.READ_STATE, { max_seq: 1, read_seq: 0, unread_count: 1 });
    await own.message(message(2), 0, 0);
    await user.message(message(2), 100, 101);
    await user.message(message(3), 101, 102);
    await own.message(message(3), 0, 0);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3]);
    expect(world.client.conversations.getSnapshot().unread_count).toBe(3);
  });

  test("notices what its own socket missed by the newest seq", async () => {
    const world = await looking(1);
    world.client.focus(CHAT);
    await settle();
    const own = world.socket;
    await own.open();
    await own.answer(Request.READ_STATE, { max_seq: 3, read_seq: 0, unread_count: 3 });
    await answerPulls(own, 3);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3]);
  });

  test("works without its own socket, and without the user's", async () => {
    const world = await looking(1);
    const user = world.socket;
    world.client.focus(CHAT);
    await settle();
    const own = world.socket;
    await own.open();
    await own.end();
    await user.message(message(2), 100, 101);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await user.end();
    await world.sockets.at(2)?.message(message(3), 0, 0);
    expect(seqs(shown(world).messages)).toEqual([1, 2, 3]);
  });

  test("a final refusal is not retried, and an ended login ends the client", async () => {
    const world = await looking(1);
    world.client.focus("sg_elsewhere");
    await settle();
    await world.socket.push(Push.SIGNED_OUT, { reason: "refused", code: Code.NO_PERMISSION });
    await world.socket.end(4003);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.status).toBe("online");
    world.client.focus(CHAT);
    await settle();
    await world.socket.push(Push.SIGNED_OUT, { reason: "logout", code: Code.TOKEN_INVALID });
    await world.socket.end(4001);
    expect(world.status).toBe("signed_out");
  });
});
