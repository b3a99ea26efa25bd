import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type MessageItem, memoryStorage, type NexoClientError } from "../../../../src/client/index.ts";
import { Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const messages = (world: World, chat = CHAT) => world.client.messages(chat).getSnapshot().messages;
const brief = ({ content, status, seq }: MessageItem) => `${content.text} ${status} ${seq}`;
const asked = (world: World) => world.socket.asked(Request.SEND).map(({ data }) => data);
const answer = (world: World, seq: number, step = { prev: 0, cursor: 0 }) =>
  world.socket.answer(Request.SEND, { server_msg_id: 1_000 + seq, seq, send_at: 5, ...step });

async function chatting(options = {}): Promise<World> {
  const world = await World.online(100, [conversation(0)], options);
  world.client.messages(CHAT).subscribe(() => undefined);
  await settle();
  return world;
}

describe("sending", () => {
  test("shows as pending at once, and as sent with its seq when it is answered", async () => {
    const world = await chatting();
    const { sent, client_msg_id } = world.client.sendText(CHAT, "hello");
    expect(messages(world).map(brief)).toEqual(["hello pending 0"]);
    await settle();
    expect(asked(world)).toEqual([
      { client_msg_id, recv_id: "ben", group_id: "", session_type: 1, msg_type: 1, content: { text: "hello" } },
    ]);
    await answer(world, 1, { prev: 100, cursor: 101 });
    expect(messages(world).map(brief)).toEqual(["hello sent 1"]);
    expect(await sent).toMatchObject({ seq: 1, sender_id: "ann", client_msg_id, conversation_id: CHAT });
    expect(world.client.conversations.getSnapshot().conversations).toMatchObject([{ max_seq: 1, read_seq: 1 }]);
  });

  test("is sent in order within a conversation, and concurrently across conversations", async () => {
    const world = await chatting();
    for (const text of ["1", "2", "3"]) world.client.sendText(CHAT, text);
    world.client.sendText("sg_other", "elsewhere");
    await settle();
    expect(asked(world).map(({ content }) => content)).toEqual([{ text: "1" }, { text: "elsewhere" }]);
    await answer(world, 1);
    expect(asked(world).map(({ content }) => content)).toEqual([{ text: "elsewhere" }, { text: "2" }]);
  });

  test("an answer ahead of a gap stays pending until the gap is pulled, so that order holds", async () => {
    const world = await chatting();
    world.client.sendText(CHAT, "mine");
    await settle();
    await answer(world, 2, { prev: 101, cursor: 102 });
    expect(messages(world).map(brief)).toEqual(["mine pending 0"]);
    await world.socket.answer(Request.PULL_RANGE, { messages: [message(1)], max_seq: 2 });
    expect(messages(world).map(brief)).toEqual(["1 sent 1", "mine sent 2"]);
  });
});

describe("retrying [SEND-3]", () => {
  test("with the same client_msg_id until it is answered, while others wait their turn", async () => {
    const world = await chatting();
    world.client.sendText(CHAT, "1");
    world.client.sendText(CHAT, "2");
    await settle();
    const [first] = asked(world);
    for (const pause of [500, 1_000, 2_000]) {
      await world.socket.refuse(Request.SEND, Code.SHUTTING_DOWN);
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(asked(world)).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(asked(world)).toEqual([first]);
    }
    await answer(world, 1);
    expect(asked(world)).toMatchObject([{ content: { text: "2" } }]);
  });

  test("on the next socket when this one is lost, and not twice when the first had arrived", async () => {
    const world = await chatting();
    const { client_msg_id, sent } = world.client.sendText(CHAT, "hello");
    await settle();
    await world.socket.end();
    await vi.advanceTimersByTimeAsync(500);
    await world.socket.open();
    await world.socket.catchUp(101, [conversation(1)]);
    const arrived = message(1, { sender_id: "ann", client_msg_id, content: { text: "hello" } });
    await world.socket.answer(Request.PULL_RANGE, { messages: [arrived], max_seq: 1 });
    expect(messages(world).map(brief)).toEqual(["hello sent 1"]);
    expect(await sent).toEqual(arrived);
    expect(asked(world)).toMatchObject([{ client_msg_id }]);
    await answer(world, 1);
    expect(messages(world).map(brief)).toEqual(["hello sent 1"]);
  });

  test("waits as long as 1006 says, whatever else happens", async () => {
    const retryAfter = vi.fn(async () => ({
      status: 429,
      headers: { get: (name: string) => (name === "Retry-After" ? "7" : "req-1") },
      text: async () => '{"code":1006,"msg":"too many requests","data":null}',
    }));
    const world = await chatting({ fetch: retryAfter });
    await world.socket.end();
    const { sent } = world.client.sendText(CHAT, "hello");
    await vi.advanceTimersByTimeAsync(600);
    expect(retryAfter).toHaveBeenCalledOnce();
    await world.socket.open();
    await world.socket.catchUp(100);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked(world)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked(world)).toMatchObject([{ content: { text: "hello" } }]);
    sent.catch(() => undefined);
  });

  test("1006 on a socket, which has no Retry-After, waits a second", async () => {
    const world = await chatting();
    world.client.sendText(CHAT, "hello");
    await settle();
    await world.socket.refuse(Request.SEND, Code.TOO_MANY_REQUESTS);
    await vi.advanceTimersByTimeAsync(999);
    expect(asked(world)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked(world)).toHaveLength(1);
  });

  test.each([200, 403, 407])("after HTTP %i of a proxy, which is not the server [LINK-5]", async (status) => {
    const fetch = vi.fn(async () => ({
      status,
      headers: { get: () => null },
      text: async () => "<html>log in</html>",
    }));
    const world = await chatting({ fetch });
    await world.socket.end();
    const { client_msg_id } = world.client.sendText(CHAT, "hello");
    await settle();
    expect(fetch).toHaveBeenCalled();
    expect(messages(world).map(brief)).toEqual(["hello pending 0"]);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await world.socket.catchUp(100);
    expect(asked(world)).toMatchObject([{ client_msg_id }]);
  });

  test("after growing pauses if Retry-After is 0 [LINK-4]", async () => {
    const fetch = vi.fn(async () => ({
      status: 429,
      headers: { get: (name: string) => (name === "Retry-After" ? "0" : null) },
      text: async () => '{"code":1006,"msg":"too many requests","data":null}',
    }));
    const world = await chatting({ fetch });
    await world.socket.end();
    world.client.sendText(CHAT, "hello");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(fetch.mock.calls.filter(([url]: unknown[]) => String(url).endsWith("/msg/send")).length).toBeLessThan(6);
  });
});

describe("refusal", () => {
  test("ends as failed with the reason; the next one is sent", async () => {
    const world = await chatting();
    const { sent } = world.client.sendText(CHAT, "1");
    world.client.sendText(CHAT, "2");
    await settle();
    await world.socket.refuse(Request.SEND, Code.MUTED);
    await expect(sent).rejects.toMatchObject({ code: Code.MUTED, retryable: false } satisfies Partial<NexoClientError>);
    expect(messages(world)[0]).toMatchObject({ status: "failed", error: { code: Code.MUTED, message: "refused" } });
    await answer(world, 1);
    expect(messages(world).map(brief)).toEqual(["2 sent 1", "1 failed 0"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked(world)).toEqual([]);
  });

  test("can be sent again, as the same message, or discarded", async () => {
    const world = await chatting();
    const first = world.client.sendText(CHAT, "1");
    await settle();
    await world.socket.refuse(Request.SEND, Code.MUTED);
    const { sent } = world.client.resend(first.client_msg_id);
    await settle();
    expect(asked(world)).toMatchObject([{ client_msg_id: first.client_msg_id }]);
    await answer(world, 1);
    await expect(sent).resolves.toMatchObject({ seq: 1 });
    expect(() => world.client.resend(first.client_msg_id)).toThrow("no failed message");

    const second = world.client.sendText(CHAT, "2");
    await settle();
    await world.socket.refuse(Request.SEND, Code.MUTED);
    world.client.discard(second.client_msg_id);
    expect(messages(world).map(brief)).toEqual(["1 sent 1"]);
  });

  test("a message that no frame can carry is refused by the SDK, and closes no socket", async () => {
    const world = await chatting();
    const { sent } = world.client.sendText(CHAT, "ü".repeat(16_500));
    await expect(sent).rejects.toMatchObject({ code: Code.INVALID_PARAMETER });
    expect(asked(world)).toEqual([]);
    expect(world.status).toBe("online");
  });

  test("an ended login fails no message: messages wait for the next login", async () => {
    const text = '{"code":2001,"msg":"token invalid, revoked or replaced","data":null}';
    const fetch = async () => ({ status: 401, headers: { get: () => "r" }, text: async () => text });
    const world = await chatting({ fetch });
    await world.socket.end();
    world.client.sendText(CHAT, "hello");
    await vi.advanceTimersByTimeAsync(100);
    expect(messages(world).map(brief)).toEqual(["hello pending 0"]);
  });

  test("later changes of the content by the app do not change the message [SEND-3]", async () => {
    const world = await chatting();
    const content = { text: "hello", deep: [1] };
    world.client.send(CHAT, { msg_type: 1, content });
    content.deep.push(2);
    await settle();
    expect(asked(world)).toMatchObject([{ content: { text: "hello", deep: [1] } }]);
    const endless: Record<string, unknown> & { text: string } = { text: "" };
    endless.self = endless;
    expect(() => world.client.send(CHAT, { msg_type: 1, content: endless })).toThrow("must be JSON");
  });

  test("a message discarded while it is being stored is not sent [TAB-2]", async () => {
    let store = (): void => undefined;
    const set = () =>
      new Promise<void>((resolve) => {
        store = resolve;
      });
    const world = await chatting({ storage: () => ({ set, delete: () => undefined, entries: () => [] }) });
    const { client_msg_id } = world.client.sendText(CHAT, "hello");
    await settle();
    world.client.discard(client_msg_id);
    store();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked(world)).toEqual([]);
  });

  test("a message discarded while it waits is not sent, and its promise says so", async () => {
    const world = await chatting();
    world.client.sendText(CHAT, "1");
    const { sent, client_msg_id } = world.client.sendText(CHAT, "2");
    await settle();
    world.client.discard(client_msg_id);
    await expect(sent).rejects.toThrow("discarded");
    await answer(world, 1);
    expect(asked(world)).toEqual([]);
  });

  test("more than a thousand waiting are refused at once [MEM-1]", async () => {
    const world = new World();
    for (let n = 0; n < 1_000; n++) world.client.sendText(CHAT, `${n}`);
    expect(() => world.client.sendText(CHAT, "one too many")).toThrow("wait to be sent already");
  });
});

describe("a reload", () => {
  test("resumes waiting messages, in order and as the same messages, and failed ones", async () => {
    const storage = memoryStorage();
    const before = await chatting({ storage });
    before.client.sendText(CHAT, "refused");
    await settle();
    await before.socket.refuse(Request.SEND, Code.MUTED);
    const waiting = ["1", "2", "3"].map((text) => before.client.sendText(CHAT, text));
    await settle();
    const rejected = expect(waiting[0]?.sent).rejects.toThrow("closed");
    before.client.close();
    await rejected;

    const after = await chatting({ storage });
    expect(messages(after).map(brief)).toEqual(["refused failed 0", "1 pending 0", "2 pending 0", "3 pending 0"]);
    for (const [index, { client_msg_id }] of waiting.entries()) {
      expect(asked(after)).toMatchObject([{ client_msg_id, content: { text: `${index + 1}` } }]);
      await answer(after, index + 1);
    }
    after.client.close();
    const last = await chatting({ storage });
    expect(messages(last).map(brief)).toEqual(["refused failed 0"]);
  });

  test("a message is stored before it is sent, and deleted after that, however slow the storage is", async () => {
    const written: string[] = [];
    const release: (() => void)[] = [];
    const slow = (what: string) => () =>
      new Promise<void>((resolve) => {
        release.push(() => resolve(void written.push(what)));
      });
    const world = await chatting({ storage: () => ({ set: slow("set"), delete: slow("delete"), entries: () => [] }) });
    const { client_msg_id } = world.client.sendText(CHAT, "hello");
    await settle();
    expect(asked(world)).toEqual([]);
    release.shift()?.();
    await settle();
    expect(asked(world)).toMatchObject([{ client_msg_id }]);
    world.client.sendText(CHAT, "discarded before it is stored");
    await settle();
    world.client.discard(messages(world)[1]?.client_msg_id ?? "");
    await answer(world, 1);
    while (release.length > 0) {
      release.pop()?.();
      await settle();
    }
    expect(written).toEqual(["set", "delete", "set", "delete"]);
  });

  test("a clock that was set back meanwhile does not change the order", async () => {
    const storage = memoryStorage();
    const before = await chatting({ storage });
    await before.socket.end();
    before.client.sendText(CHAT, "1");
    await settle();
    before.client.close();
    vi.setSystemTime(Date.now() - 3_600_000);
    const after = await chatting({ storage });
    after.client.sendText(CHAT, "2");
    expect(messages(after).map(brief)).toEqual(["1 pending 0", "2 pending 0"]);
  });

  test("shows a message that arrived before the reload once, even while it waits for its answer", async () => {
    const storage = memoryStorage();
    const before = await chatting({ storage });
    const { client_msg_id } = before.client.sendText(CHAT, "hello");
    await settle();
    before.client.close();
    const after = await World.online(101, [conversation(1)], { storage });
    after.client.messages(CHAT).subscribe(() => undefined);
    const arrived = message(1, { sender_id: "ann", client_msg_id, content: { text: "hello" } });
    await after.socket.answer(Request.PULL_RANGE, { messages: [arrived], max_seq: 1 });
    expect(asked(after)).toHaveLength(1);
    expect(messages(after).map(brief)).toEqual(["hello sent 1"]);
  });

  test("keeps the messages of users apart", async () => {
    const storage = memoryStorage();
    const ann = await chatting({ storage });
    ann.client.sendText(CHAT, "ann's");
    await settle();
    ann.client.close();
    const ben = await chatting({ storage, user_id: "ben" });
    expect(messages(ben)).toEqual([]);
    expect(asked(ben)).toEqual([]);
  });

  describe("an entry of the storage that is not a message of this user is left alone [OUT-1]", () => {
    const entry = {
      client_msg_id: "kept",
      conversation_id: CHAT,
      msg_type: 1,
      content: { text: "kept" },
      created_at: 1_000,
      order: 3,
      status: "pending",
      error: null,
    };
    const { created_at: _, ...undated } = entry;
    const odd: [string, string, unknown][] = [
      ["no text", "kept", 7],
      ["empty", "kept", ""],
      ["broken off", "kept", JSON.stringify(entry).slice(0, -1)],
      ...[null, 7, [], {}].map((value): [string, string, unknown] => ["no message", "kept", JSON.stringify(value)]),
      ["under another key", "other", JSON.stringify(entry)],
      ["without a time", "kept", JSON.stringify(undated)],
      ...[
        { created_at: "1000" },
        { created_at: null },
        { created_at: -1 },
        { created_at: 1e300 },
        { order: "first" },
        { order: 2 ** 53 - 1 },
        { status: "sent" },
        { status: "failed", error: null },
        { status: "failed", error: { code: "3009" } },
        { client_msg_id: "" },
        { conversation_id: "si_ben:cleo" },
        { conversation_id: "nowhere" },
        { conversation_id: 7 },
        { msg_type: "1" },
        { content: "kept" },
        { content: ["kept"] },
        { content: null },
      ].map((fields): [string, string, unknown] => [
        JSON.stringify(fields),
        "kept",
        JSON.stringify({ ...entry, ...fields }),
      ]),
    ];

    async function holding(key: string, value: unknown) {
      const written = vi.fn();
      // The value from a storage does not always match its type.
      const entries = () => [[key, value] as [string, string]];
      return { written, world: await chatting({ storage: () => ({ set: written, delete: written, entries }) }) };
    }

    test.each(odd)("%s: %s", async (_what, key, value) => {
      const { world, written } = await holding(key, value);
      expect([messages(world), asked(world), written.mock.calls]).toEqual([[], [], []]);
      const { client_msg_id } = world.client.sendText(CHAT, "hello");
      await settle();
      expect(asked(world)).toMatchObject([{ client_msg_id }]);
      const [shown] = messages(world);
      expect([shown?.send_at, written.mock.lastCall?.[0]]).toEqual([Date.now(), client_msg_id]);
    });

    test("a valid message is sent; if dated in the future, it does not date later ones", async () => {
      const { world } = await holding(
        "kept",
        JSON.stringify({ ...entry, created_at: Date.now() + 10 * 365 * 86_400_000 }),
      );
      world.client.sendText(CHAT, "hello");
      await settle();
      expect(asked(world)).toMatchObject([{ client_msg_id: "kept", content: { text: "kept" } }]);
      expect(messages(world).map(({ content, send_at }) => [content.text, send_at])).toEqual([
        ["kept", Date.now()],
        ["hello", Date.now()],
      ]);
    });
  });

  test("a storage that cannot be opened is reported, and the client works without it", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const world = await chatting({
      storage: () => {
        throw new Error("no IndexedDB here");
      },
    });
    const { client_msg_id } = world.client.sendText(CHAT, "hello");
    await settle();
    expect(asked(world)).toMatchObject([{ client_msg_id }]);
    expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: "no IndexedDB here" }));
    vi.unstubAllGlobals();
  });

  test.each([
    ["full", async () => Promise.reject(new Error("full"))],
    ["stuck", () => new Promise<void>(() => undefined)],
  ])("a storage that is %s does not stop messages from being sent", async (_, set) => {
    const world = await chatting({ storage: () => ({ set, delete: set, entries: () => [] }) });
    const { sent } = world.client.sendText(CHAT, "hello");
    await vi.advanceTimersByTimeAsync(3_000);
    await answer(world, 1);
    expect(await sent).toMatchObject({ seq: 1 });
  });
});
