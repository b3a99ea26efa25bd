import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, MemberStatus, NoticeType } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { CHAT, conversation, message, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const listed = (world: World) => world.client.conversations.getSnapshot().conversations;
const pinned = (prev: number, cursor: number, is_pinned = true) => ({
  conversation: conversation(1, { is_pinned }),
  prev,
  cursor,
});

const recalled = (seq: number, rev: number) =>
  message(seq, {
    content: {},
    amended: { rev, edited_at: 0, recalled_at: 1, recalled_by: "ben", reactions: [], pinned_at: 0, pinned_by: "" },
  });

describe("the chain of cursors [SYNC-3]", () => {
  test("the first sync is from 0", async () => {
    const world = await World.online(100, [conversation(1)]);
    expect(JSON.parse(world.socket.sent[1] ?? "")).toMatchObject({ req_identifier: Request.SYNC, data: { since: 0 } });
    expect(listed(world)).toEqual([conversation(1)]);
  });

  test("a frame that begins at our cursor moves it", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.push(Push.CONVERSATION, pinned(100, 101));
    await world.socket.message(message(2), 101, 102);
    expect(listed(world)).toMatchObject([{ is_pinned: true, max_seq: 2, unread_count: 2 }]);
    await world.socket.pong(102);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("a second frame of the same change, with prev and cursor at ours, does not move it", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.push(Push.READ, { conversation_id: CHAT, user_id: "ben", read_seq: 1, prev: 100, cursor: 101 });
    await world.socket.push(Push.CONVERSATION, pinned(101, 101));
    await world.socket.pong(101);
    expect(listed(world)).toMatchObject([{ is_pinned: true, peer_read_seq: 1 }]);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("0 and 0, of a conversation's socket, does not move it", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(2), 0, 0);
    await world.socket.pong(100);
    expect(listed(world)).toMatchObject([{ max_seq: 2, unread_count: 2 }]);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("a frame that begins elsewhere means a loss: changes since our cursor are requested [SYNC-2]", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.push(Push.CONVERSATION, pinned(101, 102));
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 100 } }]);
    expect(listed(world)).toMatchObject([{ is_pinned: false }]);
    await world.socket.catchUp(102, [conversation(3, { is_pinned: true })]);
    expect(listed(world)).toMatchObject([{ is_pinned: true, max_seq: 3 }]);
    await world.socket.pong(102);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("frames wait while a sync runs, so that its older answer overwrites nothing newer", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.pong(101);
    await world.socket.push(Push.CONVERSATION, pinned(100, 101, false));
    await world.socket.push(Push.CONVERSATION, pinned(101, 102, true));
    await world.socket.catchUp(101, [conversation(1)]);
    expect(listed(world)).toMatchObject([{ is_pinned: true }]);
    await world.socket.pong(102);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("a gap between frames that waited causes another sync", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.pong(101);
    await world.socket.push(Push.CONVERSATION, pinned(103, 104));
    await world.socket.catchUp(101);
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 101 } }]);
  });

  test("a heartbeat with another cursor shows a lost last push [SYNC-4]", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.pong(103);
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 100 } }]);
    await world.socket.catchUp(103, [conversation(2)]);
    expect(listed(world)).toMatchObject([{ max_seq: 2 }]);
  });

  test("an unknown cursor is forgotten: the client syncs from 0 and drops what is not listed [SYNC-5]", async () => {
    const world = await World.online(100, [conversation(1), conversation(1, { conversation_id: "si_ann:carl" })]);
    await world.socket.pong(50);
    await world.socket.push(Push.RESYNC, { reason: "unknown cursor" });
    await world.socket.refuse(Request.SYNC, Code.TOKEN_MISMATCH);
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 0 } }]);
    await world.socket.catchUp(50, [conversation(1)]);
    expect(listed(world).map(({ conversation_id }) => conversation_id)).toEqual([CHAT]);
    expect(world.status).toBe("online");
  });

  test("a list in pages is shown from the first page on, and its cursor counts after the last", async () => {
    const world = await World.online(100);
    await world.socket.pong(102);
    const carl = conversation(1, { conversation_id: "si_ann:carl" });
    await world.socket.answer(Request.SYNC, { conversations: [carl], next: "102.1", cursor: 102, has_more: true });
    expect(listed(world)).toHaveLength(1);
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 100, page: "102.1" } }]);
    await world.socket.catchUp(102, [conversation(1)]);
    expect(listed(world)).toHaveLength(2);
  });

  test("after a lost socket only later changes are requested", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(2), 100, 101);
    await world.socket.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    expect(world.status).toBe("catching_up");
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 101 } }]);
    await world.socket.catchUp(101);
    expect(listed(world)).toMatchObject([{ max_seq: 2 }]);
  });

  test("a failed sync is retried, and meanwhile the client is not online", async () => {
    const world = new World();
    await vi.advanceTimersByTimeAsync(0);
    await world.socket.open();
    await world.socket.pong(100);
    await world.socket.refuse(Request.SYNC, Code.SHUTTING_DOWN);
    expect(world.status).toBe("catching_up");
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.catchUp(100);
    expect(world.status).toBe("online");
  });
});

describe("what frames do to the list", () => {
  test("a message of an unlisted conversation causes a request for the conversation and its title", async () => {
    const world = await World.online(100);
    await world.socket.message(message(1), 100, 101);
    expect(world.socket.asked(Request.SYNC)).toMatchObject([{ data: { since: 100 } }]);
    await world.socket.catchUp(101, [conversation(1)]);
    expect(listed(world)).toMatchObject([{ title: "Ben", unread_count: 1 }]);
  });

  test("the same message on both sockets counts once", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(2), 0, 0);
    await world.socket.message(message(2), 100, 101);
    expect(listed(world)).toMatchObject([{ max_seq: 2, unread_count: 2 }]);
  });

  test("notices do not count, and an own message marks everything before it as read [READ-2 UNREAD-1]", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(2, { msg_type: 1005 }), 100, 101);
    expect(listed(world)).toMatchObject([{ max_seq: 2, unread_count: 1 }]);
    await world.socket.message(message(3, { sender_id: "ann" }), 101, 102);
    expect(listed(world)).toMatchObject([{ max_seq: 3, unread_count: 0, read_seq: 3 }]);
  });

  test("quitting does not move the read mark [READ-2]", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(2, { sender_id: "ann", msg_type: NoticeType.QUIT }), 100, 101);
    expect(listed(world)).toMatchObject([{ max_seq: 2, unread_count: 1, read_seq: 0 }]);
  });

  test("a newer message on one side and a newer mark on the other: the count is requested [UNREAD-1]", async () => {
    const world = await World.online(100, [conversation(3)]);
    await world.socket.message(message(4), 0, 0);
    const elsewhere = { conversation: conversation(3, { read_seq: 2, unread_count: 1 }), prev: 100, cursor: 101 };
    await world.socket.push(Push.CONVERSATION, elsewhere);
    await world.socket.answer(Request.READ_STATE, { max_seq: 4, read_seq: 2, unread_count: 2 });
    expect(listed(world)).toMatchObject([{ max_seq: 4, read_seq: 2, unread_count: 2 }]);
  });

  test("a newer message on one side and a newer recall on the other: the count is requested [UNREAD-1]", async () => {
    const world = await World.online(100, [conversation(3)]);
    await world.socket.message(message(4), 0, 0);
    const elsewhere = { conversation: conversation(3, { rev: 1, unread_count: 2 }), prev: 100, cursor: 101 };
    await world.socket.push(Push.CONVERSATION, elsewhere);
    await world.socket.answer(Request.READ_STATE, { max_seq: 4, read_seq: 0, unread_count: 3, rev: 1 });
    expect(listed(world)).toMatchObject([{ max_seq: 4, unread_count: 3, rev: 1 }]);
  });

  test("a row that was requested after a recall, and is older than a message meanwhile, is requested again [UNREAD-1]", async () => {
    let row = conversation(3, { rev: 1, peer_read_seq: 4, unread_count: 2 });
    const routes = new FakeRoutes().on("/conversation/info", () => ({ data: row }));
    const mentioned = { mention_count: 1, mention_seq: 2 };
    const world = await World.online(100, [conversation(3, mentioned)], { fetch: routes.fetch });
    const recall = { conversation_id: CHAT, since_rev: 0, rev: 1, mine: {}, deleted: [], messages: [recalled(2, 1)] };
    const pushed = world.socket.push(Push.CHANGED, { ...recall, prev: 100, cursor: 101 });
    await world.socket.message(message(4), 0, 0);
    await pushed;
    expect(routes.count("/conversation/info")).toBe(1);
    row = conversation(4, { rev: 1, peer_read_seq: 4, unread_count: 3 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listed(world)).toMatchObject([row]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(routes.count("/conversation/info")).toBe(2);
  });

  test("a row that was requested before a change of the row was pushed is requested again [SYNC-2]", async () => {
    const kicked = conversation(4, { rev: 1, my_status: MemberStatus.KICKED });
    const asked = Promise.withResolvers<void>();
    const rows = [conversation(3, { rev: 1 }), kicked];
    const routes = new FakeRoutes().on("/conversation/info", async () => {
      const data = rows.shift();
      if (rows.length > 0) await asked.promise;
      return { data };
    });
    const mentioned = { mention_count: 1, mention_seq: 2 };
    const world = await World.online(100, [conversation(3, mentioned)], { fetch: routes.fetch });
    const recall = { conversation_id: CHAT, since_rev: 0, rev: 1, mine: {}, deleted: [], messages: [recalled(2, 1)] };
    await world.socket.push(Push.CHANGED, { ...recall, prev: 100, cursor: 101 });
    await world.socket.push(Push.CONVERSATION, { conversation: kicked, prev: 101, cursor: 102 });
    asked.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(listed(world)).toMatchObject([{ my_status: MemberStatus.KICKED }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(routes.count("/conversation/info")).toBe(2);
    expect(listed(world)).toMatchObject([kicked]);
  });

  test("a newer message on one side and a recalled mention on the other: the row is requested [UNREAD-1]", async () => {
    const row = conversation(4, { rev: 1, peer_read_seq: 4, unread_count: 3 });
    const routes = new FakeRoutes().on("/conversation/info", () => ({ data: row }));
    const mentioned = { mention_count: 1, mention_seq: 2 };
    const world = await World.online(100, [conversation(3, mentioned)], { fetch: routes.fetch });
    await world.socket.message(message(4), 0, 0);
    const elsewhere = { conversation: conversation(3, { rev: 1, unread_count: 2 }), prev: 100, cursor: 101 };
    await world.socket.push(Push.CONVERSATION, elsewhere);
    expect(listed(world)).toMatchObject([row]);
  });

  test("a count that is unavailable for long is requested as soon as the server is back [UNREAD-1]", async () => {
    const world = await World.online(100, [conversation(3)]);
    await world.socket.end();
    world.client.markRead(CHAT, 1);
    // The next socket is tried within a second, and opens slowly.
    await vi.advanceTimersByTimeAsync(12_000);
    await world.socket.open();
    await world.socket.catchUp(100);
    await world.socket.answer(Request.MARK_READ, { read_seq: 1, prev: 100, cursor: 101 });
    await world.socket.answer(Request.READ_STATE, { max_seq: 3, read_seq: 1, unread_count: 1 });
    expect(listed(world)).toMatchObject([{ read_seq: 1, unread_count: 1 }]);
  });

  test("if messages are missing in between, the count is requested", async () => {
    const world = await World.online(100, [conversation(1)]);
    await world.socket.message(message(4), 100, 101);
    await world.socket.answer(Request.READ_STATE, { max_seq: 4, read_seq: 0, unread_count: 4 });
    expect(listed(world)).toMatchObject([{ max_seq: 4, unread_count: 4 }]);
  });

  test("a mark is shown at once, and sent until it is answered", async () => {
    const world = await World.online(100, [conversation(3)]);
    world.client.markRead(CHAT);
    expect(listed(world)).toMatchObject([{ read_seq: 3, unread_count: 0 }]);
    await world.socket.refuse(Request.MARK_READ, Code.SHUTTING_DOWN);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.answer(Request.MARK_READ, { read_seq: 3, prev: 100, cursor: 101 });
    await world.socket.pong(101);
    expect(world.socket.asked(Request.SYNC)).toEqual([]);
  });

  test("snapshots are the same object until something changes, and are not changed", async () => {
    const world = await World.online(100, [conversation(1)]);
    const before = world.client.conversations.getSnapshot();
    expect(world.client.conversations.getSnapshot()).toBe(before);
    await world.socket.message(message(1), 100, 101);
    expect(world.client.conversations.getSnapshot()).toBe(before);
    await world.socket.message(message(2), 101, 102);
    expect(world.client.conversations.getSnapshot()).not.toBe(before);
    expect(before.conversations).toEqual([conversation(1)]);
  });

  test("pinned first, then newest first; totals by setting [LIST-1]", async () => {
    const world = await World.online(100, [
      conversation(1, { conversation_id: "si_ann:old", updated_at: 1 }),
      conversation(1, { conversation_id: "si_ann:new", updated_at: 3, recv_msg_opt: 1 }),
      conversation(1, { conversation_id: "si_ann:pin", updated_at: 2, is_pinned: true, recv_msg_opt: 2 }),
    ]);
    const { conversations, unread_count, muted_unread_count } = world.client.conversations.getSnapshot();
    expect(conversations.map((c) => c.conversation_id)).toEqual(["si_ann:pin", "si_ann:new", "si_ann:old"]);
    expect([unread_count, muted_unread_count]).toEqual([1, 1]);
  });
});
