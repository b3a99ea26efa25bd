import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type Message, memoryStorage } from "../../../../src/client/index.ts";
import { newer } from "../../../../src/client/messages/amended.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";
import { amended } from "./model-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const STEP = { prev: 0, cursor: 0 };
const own = (seq: number, text: string, rev = 0) =>
  message(seq, { sender_id: "ann", content: { text }, amended: rev === 0 ? null : amended({ rev, edited_at: rev }) });

/** A client that shows the chat with these messages. */
async function showing(...messages: ReturnType<typeof message>[]): Promise<World> {
  const world = await World.online(100, [conversation(messages.length)]);
  world.client.messages(CHAT).subscribe(() => undefined);
  const answer = { messages: [...messages].reverse(), max_seq: messages.length, rev: 0, mine: {}, deleted: [] };
  await world.socket.answer(Request.PULL_RANGE, answer);
  return world;
}

const shown = ({ client }: World) => client.messages(CHAT).getSnapshot().messages;
const item = (world: World, seq: number) => shown(world).find((each) => each.seq === seq);

async function outcomeOf(done: Promise<unknown>): Promise<number | "done"> {
  return await done.then(
    () => "done" as const,
    (error) => error.code,
  );
}

describe("the user's operations on messages", () => {
  test("an edit shows at once, names the state that was edited, and is repeated until it is answered [AMEND-3]", async () => {
    const world = await showing(own(1, "one", 7));
    const done = world.client.edit(CHAT, 1, { content: { text: "two" } });
    expect(item(world, 1)).toMatchObject({ content: { text: "two" }, edited: true });
    await settle();
    expect(world.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ seq: 1, content: { text: "two" }, if_rev: 7 });
    await world.socket.refuse(Request.EDIT, Code.SHUTTING_DOWN);
    expect(item(world, 1)?.content).toEqual({ text: "two" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ if_rev: 7 });
    await world.socket.answer(Request.EDIT, { message: own(1, "two", 8), rev: 8, ...STEP });
    expect(await outcomeOf(done)).toBe("done");
    expect(item(world, 1)).toMatchObject({ content: { text: "two" }, amended: { rev: 8 } });
  });

  test("an edit of an edit that waits is made on top of it", async () => {
    const world = await showing(own(1, "one", 7));
    void world.client.edit(CHAT, 1, { content: { text: "two" } });
    void world.client.edit(CHAT, 1, { content: { text: "three" } });
    await settle();
    expect(item(world, 1)?.content).toEqual({ text: "three" });
    expect(world.socket.asked(Request.EDIT)).toHaveLength(1);
    await world.socket.answer(Request.EDIT, { message: own(1, "two", 9), rev: 9, ...STEP });
    expect(item(world, 1)?.content).toEqual({ text: "three" });
    expect(world.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ content: { text: "three" }, if_rev: 9 });
  });

  test("an edit of a message that is not held asks for its state first", async () => {
    const world = await World.online(100, [conversation(9)]);
    void world.client.edit(CHAT, 4, { content: { text: "x" } });
    await settle();
    expect(world.socket.asked(Request.PULL_LIST)[0]?.data).toMatchObject({ seq_list: [4] });
    const answer = { messages: [own(4, "was", 3)], max_seq: 9, rev: 5, mine: {}, deleted: [] };
    await world.socket.answer(Request.PULL_LIST, answer);
    expect(world.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ if_rev: 3 });
  });

  test("a refused operation leaves the message as it was [AMEND-3]", async () => {
    const world = await showing(own(1, "one"), message(2));
    const edit = world.client.edit(CHAT, 1, { content: { text: "two" } });
    const remove = world.client.remove(CHAT, 2);
    expect(shown(world).map(({ seq }) => seq)).toEqual([1]);
    await settle();
    await world.socket.refuse(Request.EDIT, Code.MESSAGE_CHANGED);
    expect(await outcomeOf(edit)).toBe(Code.MESSAGE_CHANGED);
    expect(item(world, 1)).toMatchObject({ content: { text: "one" }, edited: false });
    await world.socket.answer(Request.DELETE, { results: [{ seq: 2, code: Code.TOO_MANY }], rev: 0, ...STEP });
    expect(await outcomeOf(remove)).toBe(Code.TOO_MANY);
    expect(shown(world).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("a recall takes the content at once, and the answer keeps it away until the change itself arrives", async () => {
    const world = await showing(own(1, "one"));
    const done = world.client.recall(CHAT, 1);
    expect(item(world, 1)).toMatchObject({ content: {}, recalled: true });
    await settle();
    await world.socket.answer(Request.RECALL, { results: [{ seq: 1, code: 0 }], rev: 4, ...STEP });
    expect(await outcomeOf(done)).toBe("done");
    expect(item(world, 1)).toMatchObject({ content: {}, recalled: true });
    expect(world.socket.asked(Request.CHANGES)[0]?.data).toMatchObject({ since_rev: 0, from_seq: 1 });
    const recalled = { ...own(1, ""), content: {}, amended: amended({ rev: 4, recalled_at: 44, recalled_by: "ann" }) };
    const answer = { messages: [recalled], mine: { 1: [] }, deleted: [], rev: 4, has_more: false, reset: false };
    await world.socket.answer(Request.CHANGES, answer);
    expect(item(world, 1)?.amended).toMatchObject({ rev: 4, recalled_at: 44 });
  });

  test("what was deleted stays away, even if an answer from before brings it", async () => {
    const world = await showing(message(1), message(2), message(3));
    const around = world.client.messages(CHAT).around(2);
    around.subscribe(() => undefined);
    void world.client.remove(CHAT, 2);
    await settle();
    await world.socket.answer(Request.DELETE, { results: [{ seq: 2, code: 0 }], rev: 1, ...STEP });
    const answer = { messages: [message(2), message(1)], max_seq: 3, rev: 0, mine: {}, deleted: [] };
    await world.socket.answer(Request.PULL_RANGE, answer);
    expect(shown(world).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(around.getSnapshot().messages.map(({ seq }) => seq)).toEqual([1]);
  });

  test("reactions count at once, with those of the user; pushes without them leave them", async () => {
    const world = await showing(message(1));
    void world.client.react(CHAT, 1, "👍");
    expect(item(world, 1)?.reactions).toEqual([{ emoji: "👍", count: 1, mine: true }]);
    await settle();
    const reacted = message(1, { amended: amended({ rev: 1, reactions: [["👍", 1]] }) });
    await world.socket.answer(Request.REACT, { message: reacted, mine: { 1: ["👍"] }, rev: 1 });
    const joined = message(1, { amended: amended({ rev: 2, reactions: [["👍", 2]] }) });
    const push = { conversation_id: CHAT, since_rev: 1, rev: 2, messages: [joined], mine: {}, deleted: [], ...STEP };
    await world.socket.push(Push.CHANGED, push);
    expect(item(world, 1)?.reactions).toEqual([{ emoji: "👍", count: 2, mine: true }]);
    void world.client.react(CHAT, 1, "👍", false);
    expect(item(world, 1)?.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
  });

  test("a reply shows what it quotes; a quoted message that is not held is requested once", async () => {
    const reply = (seq: number, reply_to: number) =>
      message(seq, { meta: { reply_to, mentions: [], mention_all: false, forwarded: null } });
    const world = await World.online(100, [conversation(60)]);
    world.client.messages(CHAT).subscribe(() => undefined);
    const newest = [reply(60, 59), message(59), reply(58, 2), reply(57, 2), reply(56, 3)];
    await world.socket.answer(Request.PULL_RANGE, { messages: newest, max_seq: 60, rev: 0, mine: {}, deleted: [] });
    const quoted = (seq: number) => item(world, seq)?.quoted?.seq;
    expect([quoted(60), quoted(58), quoted(56)]).toEqual([59, undefined, undefined]);
    await settle();
    const [asked, ...more] = world.socket.asked(Request.PULL_LIST);
    expect([asked?.data.seq_list, more]).toEqual([[3, 2], []]);
    // The user does not see message 3.
    const answer = { messages: [message(2)], max_seq: 60, rev: 0, mine: {}, deleted: [] };
    await world.socket.answer(Request.PULL_LIST, answer);
    expect([quoted(58), quoted(57), quoted(56)]).toEqual([2, 2, undefined]);
    await settle();
    expect(world.socket.asked(Request.PULL_LIST)).toEqual([]);
  });

  test("mentions count in the list until they are read", async () => {
    const world = await World.online(100, [conversation(1, { read_seq: 1, unread_count: 0 })]);
    const meta = { reply_to: 0, mentions: ["ann"], mention_all: false, forwarded: null };
    await world.socket.message(message(2, { meta }), 100, 101);
    await world.socket.message(message(3, { meta: { ...meta, mentions: [], mention_all: true } }), 101, 102);
    await world.socket.message(message(4, { meta: { ...meta, mentions: ["cleo"] } }), 102, 103);
    const row = () => world.client.conversation(CHAT).getSnapshot();
    expect(row()).toMatchObject({ mention_count: 2, mention_seq: 2, unread_count: 3 });
    world.client.markRead(CHAT);
    expect(row()).toMatchObject({ mention_count: 0, mention_seq: 0, unread_count: 0 });
  });

  test("a message is replaced by a newer state, never by an older one; an equal one keeps its object [AMEND-1]", () => {
    const at = (rev: number, mine?: string[]) => ({ ...own(1, `at ${rev}`, rev), ...(mine && { mine }) }) as Message;
    const held = at(3, ["👍"]);
    expect(newer(held, at(2))).toBe(held);
    expect(newer(held, at(3))).toBe(held);
    expect(newer(held, at(3, ["👍"]))).toBe(held);
    expect(newer(held, at(3, [])).mine).toEqual([]);
    expect(newer(held, at(4))).toMatchObject({ content: { text: "at 4" }, mine: ["👍"] });
  });

  test("more than 200 operations do not wait [MEM-1]", async () => {
    const world = await showing(message(1));
    for (let n = 0; n < 200; n++) void world.client.react(CHAT, 1, `${n}`);
    expect(await outcomeOf(world.client.react(CHAT, 1, "x"))).toBe(Code.TOO_MANY_REQUESTS);
  });

  test("closing rejects what waits [LINK-2]", async () => {
    const world = await showing(message(1));
    const done = world.client.react(CHAT, 1, "👍");
    world.client.close();
    expect(await outcomeOf(done)).toBe(Code.UNAUTHORIZED);
    expect(await outcomeOf(world.client.recall(CHAT, 1))).toBe(Code.UNAUTHORIZED);
  });

  test("what was not answered is sent again after a reload, in order, and shows at once; reactions are not [AMEND-3]", async () => {
    const storage = memoryStorage();
    const before = await World.online(100, [conversation(2)], { storage });
    const { client } = before;
    await before.socket.end();
    void client.edit(CHAT, 1, { content: { text: "two" }, if_rev: 7 }).catch(() => undefined);
    void client.edit(CHAT, 1, { content: { text: "three" } }).catch(() => undefined);
    void client.react(CHAT, 1, "👍").catch(() => undefined);
    void client.recall(CHAT, 2).catch(() => undefined);
    await settle();
    client.close();
    const after = await World.online(100, [conversation(2)], { storage });
    after.client.messages(CHAT).subscribe(() => undefined);
    const page = { messages: [own(2, "mine"), own(1, "one", 7)], max_seq: 2, rev: 7, mine: {}, deleted: [] };
    await after.socket.answer(Request.PULL_RANGE, page);
    expect(item(after, 1)).toMatchObject({ content: { text: "three" }, reactions: [] });
    expect(item(after, 2)).toMatchObject({ recalled: true });
    expect(after.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ content: { text: "two" }, if_rev: 7 });
    await after.socket.answer(Request.EDIT, { message: own(1, "two", 8), rev: 8, ...STEP });
    expect(after.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ content: { text: "three" }, if_rev: 8 });
    // The rebased edit is kept, too.
    after.client.close();
    const last = await World.online(100, [conversation(2)], { storage });
    await settle();
    expect(last.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ content: { text: "three" }, if_rev: 8 });
    await last.socket.answer(Request.EDIT, { message: own(1, "three", 9), rev: 9, ...STEP });
    await last.socket.answer(Request.RECALL, { results: [{ seq: 2, code: 0 }], rev: 10, ...STEP });
    last.client.close();
    const clean = await World.online(100, [conversation(2)], { storage });
    await settle();
    expect([...clean.socket.asked(Request.EDIT), ...clean.socket.asked(Request.RECALL)]).toEqual([]);
  });

  test("what an earlier run has left goes before what the user does until the connection is back [AMEND-3]", async () => {
    const storage = memoryStorage();
    const before = await World.online(100, [conversation(1)], { storage });
    await before.socket.end();
    void before.client.pin(CHAT, 1).catch(() => undefined);
    await settle();
    before.client.close();
    const after = new World({ storage });
    await settle();
    void after.client.pin(CHAT, 1, false).catch(() => undefined);
    await after.socket.open();
    await after.socket.catchUp(100, [conversation(1)]);
    for (const on of [true, false]) {
      expect(after.socket.asked(Request.PIN).map(({ data }) => data.on)).toEqual([on]);
      await after.socket.answer(Request.PIN, { message: own(1, "one", 8), rev: 8, ...STEP });
    }
  });

  test("an edit that was made on another state is refused after a reload, and the message is as it stands [AMEND-3]", async () => {
    const storage = memoryStorage();
    const before = await World.online(100, [conversation(1)], { storage });
    await before.socket.end();
    // The state is unknown here, so no content that exists may be replaced.
    void before.client.edit(CHAT, 1, { content: { text: "old" } }).catch(() => undefined);
    await settle();
    before.client.close();
    const after = await World.online(100, [conversation(1)], { storage });
    await settle();
    expect(after.socket.asked(Request.EDIT)[0]?.data).toMatchObject({ if_rev: 0 });
    await after.socket.refuse(Request.EDIT, Code.MESSAGE_CHANGED);
    after.client.close();
    const clean = await World.online(100, [conversation(1)], { storage });
    await settle();
    expect(clean.socket.asked(Request.EDIT)).toEqual([]);
  });

  test("entries of a storage that are no operations are left alone [OUT-1]", async () => {
    const storage = memoryStorage();
    const store = storage("http://server.test/ann");
    const bad = [
      "no JSON",
      JSON.stringify({ client_msg_id: "op-1", conversation_id: CHAT, operation: { kind: "edit", seqs: [1] } }),
      JSON.stringify({ client_msg_id: "op-2", conversation_id: CHAT, operation: { kind: "recall", seqs: ["1"] } }),
      JSON.stringify({ client_msg_id: "op-3", conversation_id: CHAT, operation: { kind: "else", seqs: [1] } }),
      JSON.stringify({ client_msg_id: "another key", conversation_id: CHAT, operation: { kind: "recall", seqs: [1] } }),
    ];
    for (const [at, text] of bad.entries()) await store.set(`op-${at}`, text);
    const world = await World.online(100, [conversation(1)], { storage });
    await settle();
    expect([...world.socket.asked(Request.EDIT), ...world.socket.asked(Request.RECALL)]).toEqual([]);
    expect([...(await store.entries())]).toHaveLength(bad.length);
  });
});
