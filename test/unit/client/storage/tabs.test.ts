import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type MessageItem, memoryStorage, type StorageFactory } from "../../../../src/client/index.ts";
import { Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";
import { FakeBrowser, type FakeTab } from "../fake-tabs.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const brief = ({ content, status, seq }: MessageItem) => `${content.text} ${status} ${seq}`;
const shown = (world: World) => world.client.messages(CHAT).getSnapshot().messages.map(brief);
const asked = ({ socket }: World | FakeTab) => socket.asked(Request.SEND).map(({ data }) => data.client_msg_id);

/** A client that shares its storage with other clients of the same user, as the tabs of a browser do. */
const tab = (storage: StorageFactory) => World.online(100, [conversation(0)], { storage });

describe("clients that share a storage, and cannot reach each other [SEND-3]", () => {
  test("the messages of a closed tab are sent by another as soon as it is online again", async () => {
    const storage = memoryStorage();
    const [first, second] = [await tab(storage), await tab(storage)];
    await first.socket.end();
    await second.socket.end();
    const { client_msg_id } = first.client.sendText(CHAT, "left behind");
    await settle();
    first.client.close();
    await vi.advanceTimersByTimeAsync(500);
    await second.socket.open();
    await second.socket.catchUp(100);
    expect(asked(second)).toEqual([client_msg_id]);
    await second.socket.answer(Request.SEND, { server_msg_id: 1_001, seq: 1, send_at: 5, prev: 0, cursor: 0 });
    await second.socket.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await second.socket.open();
    await second.socket.catchUp(101);
    expect(asked(second)).toEqual([]);
  });

  test("a failed message is no longer failed once another tab has sent it, even without a view of the chat", async () => {
    const storage = memoryStorage();
    const first = await tab(storage);
    const { client_msg_id } = first.client.sendText(CHAT, "hello");
    await settle();
    await first.socket.refuse(Request.SEND, Code.USER_NOT_FOUND);
    const second = await tab(storage);
    expect(shown(second)).toEqual(["hello failed 0"]);
    await second.socket.message(message(1, { sender_id: "ann", client_msg_id }), 100, 101);
    expect(shown(second)).toEqual([]);
  });
});

describe("with the locks and channels of Node [TAB-1]", () => {
  test("one client sends for two, and the other takes over when it is closed", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { storage } = new FakeBrowser();
    const first = await tab(storage);
    first.client.sendText(CHAT, "1");
    await vi.waitFor(() => expect(asked(first)).toHaveLength(1));
    const second = await tab(storage);
    const { client_msg_id, sent } = second.client.sendText("sg_other", "2");
    await vi.waitFor(() => expect(asked(first)).toContain(client_msg_id));
    expect([shown(second), asked(second)]).toEqual([["1 pending 0"], []]);
    await first.socket.answer(Request.SEND, { server_msg_id: 1_001, seq: 1, send_at: 5, prev: 0, cursor: 0 });
    await vi.waitFor(() => expect(shown(second)).toEqual([]));
    first.client.close();
    await vi.waitFor(() => expect(asked(second)).toEqual([client_msg_id]));
    await second.socket.answer(Request.SEND, { server_msg_id: 1_002, seq: 1, send_at: 5, prev: 0, cursor: 0 });
    expect(await sent).toMatchObject({ client_msg_id, content: { text: "2" } });
    second.client.close();
  });
});

describe("tabs of one browser", () => {
  const shows = ({ world }: FakeTab) => shown(world);
  const answer = ({ socket }: FakeTab, seq: number) =>
    socket.answer(Request.SEND, { server_msg_id: 1_000 + seq, seq, send_at: 5, prev: 0, cursor: 0 });
  /** Long enough for working tabs to agree, and too short for the timeout of one that does not work. */
  const agree = () => vi.advanceTimersByTimeAsync(100);
  const patience = () => vi.advanceTimersByTimeAsync(1_100);

  /** The first of them is the leader. */
  async function tabs(count: number, browser = new FakeBrowser()): Promise<FakeTab[]> {
    const opened: FakeTab[] = [];
    for (let index = 0; index < count; index++) {
      opened.push(await browser.open());
      await agree();
    }
    return opened;
  }

  async function two(browser = new FakeBrowser()): Promise<[FakeTab, FakeTab]> {
    const [first, second] = await tabs(2, browser);
    if (!first || !second) throw new Error("two were opened");
    return [first, second];
  }

  async function back({ world }: FakeTab): Promise<void> {
    world.wake();
    await settle();
    await world.socket.open();
    await world.socket.catchUp(100);
  }

  describe("one tab sends, and all show the same [TAB-1]", () => {
    test("also where the browser does not tell a tab what it is known by", async () => {
      const browser = new FakeBrowser();
      browser.isForgetful = true;
      const [first, second] = await two(browser);
      const { client_msg_id } = second.client.sendText(CHAT, "1");
      await agree();
      expect([asked(first), asked(second)]).toEqual([[client_msg_id], []]);
    });

    test("the send is repeated if the browser did not answer who holds a lock", async () => {
      const [tab] = await tabs(1);
      if (!tab) throw new Error("one was opened");
      const { query } = tab.locks;
      tab.locks.query = () => new Promise(() => undefined);
      const { client_msg_id } = tab.world.client.sendText(CHAT, "1");
      await patience();
      expect(asked(tab)).toEqual([]);
      tab.locks.query = query;
      await patience();
      expect(asked(tab)).toEqual([client_msg_id]);
    });

    test("messages of all tabs are sent once, in order, and are shown as sent in all", async () => {
      const browser = new FakeBrowser();
      const [first, second] = await two(browser);
      const one = second.client.sendText(CHAT, "1");
      await agree();
      const next = first.client.sendText(CHAT, "2");
      await agree();
      expect([asked(first), asked(second)]).toEqual([[one.client_msg_id], []]);
      expect([shows(first), shows(second)]).toEqual([
        ["1 pending 0", "2 pending 0"],
        ["1 pending 0", "2 pending 0"],
      ]);
      await answer(first, 1);
      await agree();
      expect(await one.sent).toMatchObject({ seq: 1, content: { text: "1" } });
      expect([shows(first), shows(second)]).toEqual([
        ["1 sent 1", "2 pending 0"],
        ["1 sent 1", "2 pending 0"],
      ]);
      await answer(first, 2);
      await agree();
      expect(await next.sent).toMatchObject({ seq: 2 });
      expect([asked(second), shows(second)]).toEqual([[], ["1 sent 1", "2 sent 2"]]);
      expect(browser.entries.size).toBe(0);
    });

    test("a refusal is shown in all tabs; retried by another, it is sent again, as the same message", async () => {
      const [first, second] = await two();
      const { client_msg_id, sent } = second.client.sendText(CHAT, "hello");
      await agree();
      await first.socket.refuse(Request.SEND, Code.MUTED);
      await agree();
      await expect(sent).rejects.toMatchObject({ code: Code.MUTED, retryable: false });
      expect([shows(first), shows(second)]).toEqual([["hello failed 0"], ["hello failed 0"]]);
      const again = second.client.resend(client_msg_id);
      await agree();
      expect([asked(first), shows(first)]).toEqual([[client_msg_id], ["hello pending 0"]]);
      await answer(first, 1);
      await agree();
      expect(await again.sent).toMatchObject({ seq: 1 });
    });

    test("a late result of a failed attempt does not end the next one", async () => {
      const [first, second, third] = await tabs(3);
      if (!first || !second || !third) throw new Error("three were opened");
      const { client_msg_id } = second.client.sendText(CHAT, "hello");
      await agree();
      await first.socket.refuse(Request.SEND, Code.MUTED);
      await agree();
      // The first tab posts what it has before it learns of the next attempt.
      await third.socket.end();
      await vi.advanceTimersByTimeAsync(1);
      const { sent } = second.client.resend(client_msg_id);
      await agree();
      expect(asked(first)).toEqual([client_msg_id]);
      await answer(first, 1);
      await agree();
      expect(await sent).toMatchObject({ seq: 1 });
    });

    test("a new tab shows the messages that wait in the others, even if the storage is full", async () => {
      const browser = new FakeBrowser();
      browser.isFull = true;
      const [first] = await tabs(1, browser);
      first?.client.sendText(CHAT, "hello");
      const second = await browser.open();
      await agree();
      expect(shows(second)).toEqual(["hello pending 0"]);
    });

    test("a message that is only in the storage of a tab without leadership is sent", async () => {
      // A sessionStorage has the interface of a localStorage, and belongs to one tab.
      const kept = new FakeBrowser();
      kept.entries.set(
        "nexo-im/http://server.test/ann/kept",
        JSON.stringify({
          client_msg_id: "kept",
          conversation_id: CHAT,
          msg_type: 1,
          content: { text: "kept" },
          created_at: 1,
          order: 0,
          status: "pending",
          error: null,
        }),
      );
      const browser = new FakeBrowser();
      const [leader] = await tabs(1, browser);
      const second = await browser.open({ storage: kept.storage });
      await agree();
      if (!leader) throw new Error("one was opened");
      expect([asked(leader), asked(second), shows(leader)]).toEqual([["kept"], [], ["kept pending 0"]]);
      await answer(leader, 1);
      await agree();
      expect(kept.entries.size).toBe(0);
    });

    test.each([
      "null",
      "{",
      "[]",
      '{"kind":"ask","items":[null,{}],"discards":[7]}',
      '{"kind":"arrived"}',
      '{"kind":"state"}',
    ])("a message that no SDK would post (%s) changes nothing", async (data) => {
      const [first, second] = await two();
      await first.socket.end();
      await second.socket.end();
      first.client.sendText(CHAT, "hello");
      await agree();
      for (const tab of [first, second]) tab.hear(data);
      await agree();
      expect([shows(first), shows(second)]).toEqual([["hello pending 0"], ["hello pending 0"]]);
    });
  });

  describe("the next takes over [TAB-1]", () => {
    test("from one that dies, and repeats the send in flight as the same message", async () => {
      const [first, second] = await two();
      const { client_msg_id } = first.client.sendText(CHAT, "1");
      await agree();
      second.client.sendText(CHAT, "2");
      await agree();
      expect(asked(first)).toEqual([client_msg_id]);
      first.die();
      await agree();
      expect([asked(second), shows(second)]).toEqual([[client_msg_id], ["1 pending 0", "2 pending 0"]]);
      await answer(second, 1);
      expect(shows(second)).toEqual(["1 sent 1", "2 pending 0"]);
    });

    test("from one that dies with a message that no other tab knows: it is in the storage", async () => {
      const [first, second] = await two();
      first.freeze();
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await settle();
      first.die();
      await agree();
      expect([asked(second), shows(second)]).toEqual([[client_msg_id], ["hello pending 0"]]);
    });

    test("from one that is closed, with its unsent messages", async () => {
      const [first, second, third] = await tabs(3);
      if (!first || !second || !third) throw new Error("three were opened");
      await first.socket.end();
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await settle();
      first.client.close();
      await agree();
      expect([...asked(second), ...asked(third)]).toEqual([client_msg_id]);
    });

    test("from one that is silent, and messages sent meanwhile are not sent again", async () => {
      const [first, second] = await two();
      first.freeze();
      const { client_msg_id } = second.client.sendText(CHAT, "hello");
      await agree();
      expect(asked(second)).toEqual([]);
      await patience();
      expect(asked(second)).toEqual([client_msg_id]);
      await answer(second, 1);
      first.thaw();
      await agree();
      expect([asked(first), shows(first), shows(second)]).toEqual([[], ["hello sent 1"], ["hello sent 1"]]);
      second.client.sendText(CHAT, "again");
      await agree();
      expect([asked(first).length, asked(second).length]).toEqual([0, 1]);
    });

    test("from one without a connection, once another tab has one", async () => {
      const [first, second] = await two();
      await first.socket.end();
      await second.socket.end();
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await agree();
      await back(second);
      await agree();
      expect(asked(second)).toEqual([client_msg_id]);
      await answer(second, 1);
      await back(first);
      await agree();
      expect([asked(first), shows(first)]).toEqual([[], ["hello sent 1"]]);
    });
  });

  describe("a message that is shown as discarded is not sent [TAB-2]", () => {
    test("a failed message is gone everywhere, also after a reload", async () => {
      const browser = new FakeBrowser();
      const [first, second] = await two(browser);
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await agree();
      await first.socket.refuse(Request.SEND, Code.MUTED);
      await agree();
      second.client.discard(client_msg_id);
      await agree();
      expect([shows(first), shows(second), browser.entries.size]).toEqual([[], [], 0]);
      expect(() => first.client.resend(client_msg_id)).toThrow("no failed message");
    });

    test("a waiting message is sent by no tab, not even by one that was offline or read the storage late", async () => {
      const browser = new FakeBrowser();
      const [first, second] = await two(browser);
      await first.socket.end();
      await second.socket.end();
      const { client_msg_id, sent } = first.client.sendText(CHAT, "hello");
      await agree();
      const entries = [...browser.entries];
      second.client.discard(client_msg_id);
      await agree();
      await expect(sent).rejects.toThrow("discarded");
      expect([shows(first), shows(second)]).toEqual([[], []]);
      for (const [key, text] of entries) browser.entries.set(key, text);
      await back(first);
      await back(second);
      await vi.advanceTimersByTimeAsync(10_000);
      expect([asked(first), asked(second), shows(first), shows(second)]).toEqual([[], [], [], []]);
    });

    test("it is shown once the leader has agreed, or is no longer the leader", async () => {
      const [first, second] = await two();
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await agree();
      await first.socket.refuse(Request.SEND, Code.SHUTTING_DOWN);
      first.freeze();
      second.client.discard(client_msg_id);
      await agree();
      expect(shows(second)).toEqual(["hello pending 0"]);
      await patience();
      expect(shows(second)).toEqual([]);
      await vi.advanceTimersByTimeAsync(10_000);
      first.thaw();
      await vi.advanceTimersByTimeAsync(10_000);
      expect([asked(first), asked(second), shows(first)]).toEqual([[], [], []]);
    });

    test("a tab that got it, slept, and is no longer the leader, does not send it when it wakes", async () => {
      const [first, second] = await two();
      first.freeze();
      const { client_msg_id } = second.client.sendText(CHAT, "hello");
      await second.socket.end();
      await patience();
      second.client.discard(client_msg_id);
      expect(shows(second)).toEqual([]);
      first.thaw();
      await vi.advanceTimersByTimeAsync(10_000);
      expect([asked(first), shows(first)]).toEqual([[], []]);
    });

    test("a message being stored, and one that waits for its turn, are not sent after it", async () => {
      const [first] = await tabs(1);
      if (!first) throw new Error("one was opened");
      first.client.discard(first.client.sendText(CHAT, "hello").client_msg_id);
      await agree();
      expect([asked(first), shows(first)]).toEqual([[], []]);
    });

    test("a leader that missed it learns of it before it sends", async () => {
      const browser = new FakeBrowser();
      const [first, second, third] = await tabs(3, browser);
      if (!first || !second || !third) throw new Error("three were opened");
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await agree();
      await first.socket.refuse(Request.SEND, Code.SHUTTING_DOWN);
      third.client.discard(client_msg_id);
      second.isDeaf = true;
      await vi.advanceTimersByTimeAsync(10);
      expect([shows(second), shows(third)]).toEqual([["hello pending 0"], []]);
      // From now on posts between tabs take longer than the browser's notices about locks.
      browser.postTime = 20;
      second.isDeaf = false;
      first.die();
      await vi.advanceTimersByTimeAsync(10_000);
      expect([asked(second), asked(third), shows(second)]).toEqual([[], [], []]);
    });
  });

  describe("without what tabs need [TAB-1]", () => {
    test("no locks: each tab sends for itself", async () => {
      vi.stubGlobal("navigator", {});
      const world = await World.online(100, [conversation(0)], { storage: new FakeBrowser().storage });
      const { client_msg_id } = world.client.sendText(CHAT, "hello");
      await settle();
      expect(asked(world)).toEqual([client_msg_id]);
      world.client.discard(client_msg_id);
      expect(shown(world)).toEqual([]);
    });

    test("a lock that was stolen on its way is requested again", async () => {
      const names: string[] = [];
      const held = () => names.map((name) => ({ name, clientId: "this tab" }));
      const request = async (name: string, _options: object, hold: () => Promise<unknown>) => {
        names.push(name);
        if (names.length === 1) throw new DOMException("stolen", "AbortError");
        return await hold();
      };
      vi.stubGlobal("navigator", { locks: { request, query: async () => ({ held: held() }) } });
      const world = await World.online(100, [conversation(0)], { storage: new FakeBrowser().storage });
      const { client_msg_id } = world.client.sendText(CHAT, "hello");
      // Sooner than a tab without an answer would steal the lock.
      await vi.advanceTimersByTimeAsync(500);
      expect(asked(world)).toEqual([client_msg_id]);
      world.client.close();
    });

    test("late answers about locks delay a message, but not longer and longer", async () => {
      const browser = new FakeBrowser();
      const first = await browser.open();
      browser.queryTime = 1_500;
      const { client_msg_id } = first.client.sendText(CHAT, "hello");
      await vi.advanceTimersByTimeAsync(8_000);
      expect(asked(first)).toEqual([]);
      browser.queryTime = 1;
      await vi.advanceTimersByTimeAsync(2_100);
      expect(asked(first)).toEqual([client_msg_id]);
    });

    test("locks that are refused, channels that are forbidden: the same", async () => {
      const browser = new FakeBrowser();
      vi.stubGlobal("navigator", { locks: { request: async () => Promise.reject(new Error("SecurityError")) } });
      const refused = await World.online(100, [conversation(0)], { storage: browser.storage });
      vi.stubGlobal(
        "BroadcastChannel",
        class {
          constructor() {
            throw new Error("SecurityError");
          }
        },
      );
      const forbidden = await World.online(100, [conversation(0)], { storage: new FakeBrowser().storage });
      for (const world of [refused, forbidden]) {
        const { client_msg_id } = world.client.sendText(CHAT, "hello");
        await agree();
        expect(asked(world)).toEqual([client_msg_id]);
      }
      refused.client.close();
    });
  });
});
