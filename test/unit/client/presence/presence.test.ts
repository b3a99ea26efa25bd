import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const item = (user_id: string, status: 0 | 1) => ({ user_id, status, detail_platform_status: [] });
const asked = (world: World, kind: number) => world.socket.asked(kind).map(({ data }) => data);
const nothing = () => undefined;
const users = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `user-${from + index}`);

describe("presence [PRES-2]", () => {
  const status = (world: World, user: string) => {
    const view = world.client.presence([user]);
    view.subscribe(nothing);
    return () => view.getSnapshot().get(user)?.status;
  };

  test("asks once for all users in view, and shows what is pushed", async () => {
    const world = await World.online();
    const [ben, cleo] = [status(world, "ben"), status(world, "cleo")];
    expect(ben()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: ["ben", "cleo"] }]);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 1), item("cleo", 0)] });
    expect([ben(), cleo()]).toEqual([1, 0]);
    await world.socket.push(Push.PRESENCE, { items: [item("cleo", 1)] });
    expect([ben(), cleo()]).toEqual([1, 1]);
  });

  test("asks again when another user comes into view, and not when nothing has changed", async () => {
    const world = await World.online();
    const stop = world.client.presence(["ben"]).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [] });
    stop();
    world.client.presence(["ben"]).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([]);
    world.client.presence(["cleo"]).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: ["ben", "cleo"] }]);
  });

  test("asks for the newest hundred, and again after a pause when it was over the rate", async () => {
    const world = await World.online();
    world.client.presence(users(0, 101)).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: users(1, 101) }]);
    await world.socket.refuse(Request.PRESENCE, Code.TOO_MANY_REQUESTS);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked(world, Request.PRESENCE)).toHaveLength(1);
  });

  test("beyond a hundred, a user counts by the newest view that shows them, whatever the order of older ones [PRES-5]", async () => {
    const world = await World.online();
    const views = Array.from({ length: 150 }, (_, index) => world.client.presence([`user-${index}`]));
    for (const view of views) view.subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: users(50, 150) }]);
    await world.socket.answer(Request.PRESENCE, { items: [item("user-50", 1), item("user-149", 1)] });
    // Subscribing again to a view does not make it newer; a second view does.
    world.client.presence(["user-50"]).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([]);
    world.client.presence(["user-0", "user-50"]).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: [...users(52, 150), "user-0", "user-50"] }]);
  });

  test("the old presence of a user who is no longer watched is not shown, also in a view that was left [PRES-5]", async () => {
    const world = await World.online();
    const view = world.client.presence(["ben"]);
    const stop = view.subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 1)] });
    expect(view.getSnapshot().get("ben")?.status).toBe(1);
    stop();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: [] }]);
    await world.socket.push(Push.PRESENCE, { items: [item("ben", 1)] });
    view.subscribe(nothing);
    expect(view.getSnapshot().get("ben")).toBeUndefined();
    await world.socket.answer(Request.PRESENCE, { items: [] });
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 0)] });
    expect(view.getSnapshot().get("ben")?.status).toBe(0);
  });

  test("the old presence of a user displaced by a hundred others is not shown [PRES-5]", async () => {
    const world = await World.online();
    const ben = status(world, "ben");
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 1)] });
    const stop = world.client.presence(users(0, 100)).subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    expect(ben()).toBeUndefined();
    await world.socket.answer(Request.PRESENCE, { items: [] });
    stop();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: ["ben"] }]);
  });

  test("a refused request does not change the users whom the server watches already", async () => {
    const world = await World.online();
    const ben = status(world, "ben");
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 1)] });
    const cleo = status(world, "cleo");
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.refuse(Request.PRESENCE, Code.TOO_MANY_REQUESTS);
    await world.socket.push(Push.PRESENCE, { items: [item("ben", 0)] });
    expect([ben(), cleo()]).toEqual([0, undefined]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: ["ben", "cleo"] }]);
  });

  test("the same arguments return the same view, watched or not, and unused views are not kept [MEM-1]", async () => {
    const world = await World.online();
    const [ben, cleo] = [world.client.presence(["ben"]), world.client.presence(["cleo"])];
    expect(world.client.presence(["ben"])).toBe(ben);
    expect(world.client.presence(["ben", "cleo"])).not.toBe(ben);
    ben.subscribe(nothing);
    for (const id of users(0, 1_001)) world.client.presence([id]);
    expect(world.client.presence(["ben"])).toBe(ben);
    expect(world.client.presence(["cleo"])).not.toBe(cleo);
    // A forgotten view that is still referenced shows the current state.
    cleo.getSnapshot();
    cleo.subscribe(nothing);
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("cleo", 1)] });
    expect(cleo.getSnapshot().get("cleo")?.status).toBe(1);
  });

  test("knows nothing without a socket, and asks the next one", async () => {
    const world = await World.online();
    const ben = status(world, "ben");
    await vi.advanceTimersByTimeAsync(50);
    await world.socket.answer(Request.PRESENCE, { items: [item("ben", 1)] });
    await world.socket.end();
    expect(ben()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await world.socket.catchUp(100);
    await settle();
    expect(asked(world, Request.PRESENCE)).toEqual([{ user_ids: ["ben"] }]);
  });
});

describe("typing [TYPE-1]", () => {
  const typists = (world: World) => world.client.typing(CHAT).getSnapshot();
  const typed = (world: World, typing: boolean, user_id = "ben") =>
    world.socket.push(Push.TYPING, { conversation_id: CHAT, user_id, typing });

  test("shows a user as typing until they stop, send, or no more frames arrive", async () => {
    const world = await World.online(100, [conversation(1)]);
    const changed = vi.fn();
    world.client.typing(CHAT).subscribe(changed);
    await typed(world, true);
    await typed(world, true);
    await typed(world, true, "ann");
    expect(typists(world)).toEqual(["ben"]);
    expect(changed).toHaveBeenCalledTimes(1);
    await typed(world, false);
    expect(typists(world)).toEqual([]);
    await typed(world, true);
    await world.socket.message(message(2), 100, 101);
    expect(typists(world)).toEqual([]);
    await typed(world, true);
    await vi.advanceTimersByTimeAsync(7_999);
    expect(typists(world)).toEqual(["ben"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(typists(world)).toEqual([]);
  });

  test("sends typing every four seconds however many keys are pressed, and at the end", async () => {
    const world = await World.online(100, [conversation(1)]);
    const said = () => asked(world, Request.TYPING).map(({ typing }) => typing);
    world.client.setTyping(CHAT, false);
    for (let key = 0; key < 10; key++) world.client.setTyping(CHAT, true);
    expect(said()).toEqual([true]);
    await vi.advanceTimersByTimeAsync(4_000);
    world.client.setTyping(CHAT, true);
    world.client.setTyping(CHAT, false);
    world.client.setTyping(CHAT, false);
    expect(said()).toEqual([true, true, false]);
  });

  test("is dropped without a connection", async () => {
    const world = await World.online(100, [conversation(1)]);
    await typed(world, true);
    await world.socket.end();
    expect(typists(world)).toEqual([]);
    world.client.setTyping(CHAT, true);
    expect(asked(world, Request.TYPING)).toEqual([]);
  });
});
