import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type Conversation, type GroupMember, NoticeType, type UserCard } from "../../../src/client/index.ts";
import { Push } from "../../../src/protocol/frames.ts";
import { FakeRoutes } from "./fake-routes.ts";
import { CHAT, conversation, message, World } from "./fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ignore = () => undefined;
const soon = () => vi.advanceTimersByTimeAsync(500);

describe("one conversation of the list", () => {
  test("is the same object until something of it changes, and its listeners hear of nothing else", async () => {
    const other = conversation(0, { conversation_id: "si_ann:cat", peer_user_id: "cat" });
    const world = await World.online(100, [conversation(1), other]);
    const view = world.client.conversation(CHAT);
    expect(world.client.conversation(CHAT)).toBe(view);
    const before = view.getSnapshot();
    const heard: (Conversation | null)[] = [];
    view.subscribe((row) => heard.push(row));
    const changed = (conversation: object, cursor: number) =>
      world.socket.push(Push.CONVERSATION, { conversation, prev: cursor - 1, cursor });
    // The same again, as after a sync, and another one.
    await changed(conversation(1), 101);
    await changed({ ...other, is_pinned: true }, 102);
    expect(view.getSnapshot()).toBe(before);
    expect(world.client.conversations.getSnapshot().conversations).toContain(before);
    expect(heard).toEqual([]);
    await changed(conversation(1, { title: "Benjamin" }), 103);
    await world.socket.push(Push.CONVERSATION, {
      conversation: { conversation_id: CHAT, gone: true },
      prev: 103,
      cursor: 104,
    });
    expect(heard.map((row) => row?.title)).toEqual(["Benjamin", undefined]);
    expect(view.getSnapshot()).toBeNull();
  });

  test("a list that is given again keeps its snapshot", async () => {
    const world = await World.online(100, [conversation(1)]);
    const before = world.client.conversations.getSnapshot();
    await world.socket.push(Push.CONVERSATION, { conversation: conversation(1), prev: 100, cursor: 101 });
    expect(world.client.conversations.getSnapshot()).toBe(before);
  });
});

describe("names and pictures of users", () => {
  const answering = (users: readonly string[]) =>
    new FakeRoutes().on("/user/batch_info", ({ body }) => {
      const asked = body.user_ids as string[];
      const found = asked.filter((id) => users.includes(id));
      return {
        data: found.map((id) => ({
          user_id: id,
          id,
          nickname: id.toUpperCase(),
          avatar: "",
          extra: "",
          created_at: 1,
        })),
      };
    });
  const asked = (routes: FakeRoutes) => routes.asked.map(({ body }) => body.user_ids);
  const names = (cards: ReadonlyMap<string, UserCard>) => [...cards.values()].map(({ nickname }) => nickname);

  test("all users in view are requested together, each once, including users who do not exist", async () => {
    const routes = answering(["cat", "dan"]);
    const world = await World.online(100, [], { fetch: routes.fetch });
    const view = world.client.users(["cat", "nobody"]);
    expect(world.client.users(["cat", "nobody", "cat"])).toBe(view);
    view.subscribe(ignore);
    world.client.users(["dan"]).subscribe(ignore);
    await soon();
    expect(names(view.getSnapshot())).toEqual(["CAT"]);
    world.client.users(["cat", "dan", "nobody"]).subscribe(ignore);
    await soon();
    expect(asked(routes)).toEqual([["cat", "nobody", "dan"]]);
  });

  test("those whom the list tells of are not asked for, and change with it; others keep their object", async () => {
    const routes = answering(["cat"]);
    const world = await World.online(100, [conversation(1)], { fetch: routes.fetch });
    const view = world.client.users(["ben", "cat"]);
    const heard = vi.fn();
    view.subscribe(heard);
    await soon();
    expect(asked(routes)).toEqual([["cat"]]);
    expect(heard).toHaveBeenCalledTimes(1);
    const cat = view.getSnapshot().get("cat");
    await world.socket.push(Push.CONVERSATION, {
      conversation: conversation(1, { title: "B" }),
      prev: 100,
      cursor: 101,
    });
    expect(names(view.getSnapshot())).toEqual(["B", "CAT"]);
    expect(view.getSnapshot().get("cat")).toBe(cat);
    await world.socket.message(message(2), 101, 102);
    expect(heard).toHaveBeenCalledTimes(2);
  });

  test("asks no more than a route takes at once, and remembers a bounded number [MEM-1]", async () => {
    const ids = Array.from({ length: 2_500 }, (_, n) => `user-${n}`);
    const routes = answering(ids);
    const world = await World.online(100, [], { fetch: routes.fetch });
    const stop = world.client.users(ids).subscribe(ignore);
    await soon();
    expect(routes.count("/user/batch_info")).toBe(25);
    expect(asked(routes).every((batch) => (batch as string[]).length === 100)).toBe(true);
    stop();
    world.client.users(["user-2499"]).subscribe(ignore);
    await soon();
    expect(routes.count("/user/batch_info")).toBe(25);
    world.client.users(["one-more"]).subscribe(ignore);
    await soon();
    world.client.users(["user-0"]).subscribe(ignore);
    await soon();
    expect(asked(routes).slice(25)).toEqual([["one-more"], ["user-0"]]);
  });

  test("an old entry is requested again by a new subscriber; a refusal is not repeated, a failure is", async () => {
    const routes = answering(["cat"]);
    const world = await World.online(100, [], { fetch: routes.fetch });
    world.client.users(["cat"]).subscribe(ignore)();
    world.client.users(["cat"]).subscribe(ignore);
    await soon();
    await vi.advanceTimersByTimeAsync(11 * 60_000);
    expect(routes.count("/user/batch_info")).toBe(1);
    world.client.users(["cat", ""]).subscribe(ignore);
    await soon();
    expect(routes.count("/user/batch_info")).toBe(2);
    routes.on("/user/batch_info", () => ({ code: Code.SHUTTING_DOWN, status: 503 }));
    world.client.users(["dan"]).subscribe(ignore);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(routes.count("/user/batch_info")).toBe(4);
    routes.on("/user/batch_info", () => ({ code: Code.INVALID_PARAMETER, status: 400 }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(routes.count("/user/batch_info")).toBe(5);
  });
});

describe("the members of a group", () => {
  const GROUP = "sg_lunch";
  const member = (user_id: string, fields: Partial<GroupMember> = {}) => ({
    group_id: "lunch",
    user_id,
    nickname: user_id.toUpperCase(),
    role_level: 1,
    ...fields,
  });
  const notice = (seq: number) =>
    message(seq, {
      conversation_id: GROUP,
      group_id: "lunch",
      recv_id: "",
      session_type: 2,
      msg_type: NoticeType.ROLE,
      content: { operator_id: "ben", user_ids: ["cat"], role_level: 2 },
    });
  const group = conversation(1, { conversation_id: GROUP, conversation_type: 2, group_id: "lunch", peer_user_id: "" });

  test("are read page by page while somebody looks, and tell of names", async () => {
    const routes = new FakeRoutes().on("/group/members", ({ query }) => ({
      data: query.get("cursor") === "" ? [member("ben")] : [member("cat")],
    }));
    const fetch: typeof routes.fetch = async (url, init) => {
      const reply = await routes.fetch(url, init);
      if (!url.includes("cursor=&")) return reply;
      return {
        ...reply,
        text: async () => (await reply.text()).replace(/}$/, `,"meta":{"next_cursor":"2","has_more":true}}`),
      };
    };
    const world = await World.online(100, [group], { fetch });
    const view = world.client.members("lunch");
    expect(world.client.members("lunch")).toBe(view);
    await soon();
    expect(routes.asked).toEqual([]);
    view.subscribe(ignore);
    await soon();
    expect(view.getSnapshot()).toMatchObject({ members: [{ user_id: "ben" }, { user_id: "cat" }], is_ready: true });
    expect(world.client.users(["cat"]).getSnapshot().get("cat")?.nickname).toBe("CAT");
  });

  test("are read again once after a notice, and an unchanged member keeps its row", async () => {
    let role_level = 1 as 1 | 2;
    const routes = new FakeRoutes().on("/group/members", () => ({
      data: [member("ben"), member("cat", { role_level })],
    }));
    const world = await World.online(100, [group], { fetch: routes.fetch });
    const view = world.client.members("lunch");
    const stop = view.subscribe(ignore);
    await soon();
    const [ben, cat] = view.getSnapshot().members;
    role_level = 2;
    await world.socket.message(notice(2), 100, 101);
    await world.socket.message(notice(3), 101, 102);
    await soon();
    expect(routes.asked).toHaveLength(2);
    expect(view.getSnapshot().members[0]).toBe(ben);
    expect(view.getSnapshot().members[1]).not.toBe(cat);
    expect(view.getSnapshot().members[1]?.role_level).toBe(2);
    stop();
    await world.socket.message(notice(4), 102, 103);
    await soon();
    expect(routes.asked).toHaveLength(2);
  });

  test("that may not be read say why; what failed is tried again", async () => {
    const routes = new FakeRoutes().on("/group/members", () => ({ code: Code.NOT_A_MEMBER, status: 403 }));
    const world = await World.online(100, [group], { fetch: routes.fetch });
    const view = world.client.members("lunch");
    view.subscribe(ignore);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(view.getSnapshot()).toMatchObject({ is_ready: false, error: { code: Code.NOT_A_MEMBER } });
    expect(routes.count("/group/members")).toBe(1);
    routes.on("/group/members", () => new Error("no network"));
    await world.socket.message(notice(2), 100, 101);
    await soon();
    routes.on("/group/members", () => ({ data: [member("ben")] }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view.getSnapshot()).toMatchObject({ is_ready: true, is_loading: false, error: null });
  });
});

test("a message that is shown ahead of its place keeps its row, too", async () => {
  const world = await World.online(100, [conversation(1)]);
  const view = world.client.messages(CHAT);
  view.subscribe(ignore);
  const ahead = message(4, { sender_id: "ann", client_msg_id: "mine" });
  await world.socket.message(ahead, 100, 101);
  const rows = () => view.getSnapshot().messages.filter(({ client_msg_id }) => client_msg_id === "mine");
  const [before] = rows();
  expect(before?.status).toBe("pending");
  await world.socket.message(message(5), 101, 102);
  expect(rows()[0]).toBe(before);
});
