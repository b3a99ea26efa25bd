import "fake-indexeddb/auto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { indexedDB } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type HistoryStorage, historyIn, memoryHistoryStorage } from "../../../src/client/history/index.ts";
import { type ClientOptions, Code, type Message } from "../../../src/client/index.ts";
import { indexedDbHistory } from "../../../src/client/storage/indexeddb.ts";
import { fileHistory } from "../../../src/client/storage/node.ts";
import { Push, Request } from "../../../src/protocol/frames.ts";
import { FakeRoutes } from "./fake-routes.ts";
import { CHAT, conversation, message, World } from "./fake-server.ts";

beforeEach(() => {
  // IndexedDB and files need the real ones.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.spyOn(Math, "random").mockReturnValue(0.99);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ignore = () => undefined;
const range = (from: number, to: number) => Array.from({ length: Math.max(to - from + 1, 0) }, (_, n) => from + n);
const shown = ({ client }: World) => client.messages(CHAT).getSnapshot();
const seqs = (messages: readonly Pick<Message, "seq">[]) => messages.map(({ seq }) => seq);

/** Lets timers and the storage go on. */
async function soon(): Promise<void> {
  for (let n = 0; n < 30; n++) {
    await vi.advanceTimersByTimeAsync(30);
    await sleep(3);
  }
}

/** A storage that tests look into. */
function watched() {
  const texts = new Map<string, string>();
  const storage: HistoryStorage = {
    get: async (key) => texts.get(key),
    keys: async () => [...texts.keys()],
    write: async (changes) => {
      for (const [key, text] of changes) {
        if (text === null) texts.delete(key);
        else texts.set(key, text);
      }
    },
  };
  return { texts, storage, bytes: () => [...texts].reduce((sum, [, text]) => sum + text.length, 0) };
}

/** Answers every open pull as the server would, from messages 1 to `newest`. @returns how many there were */
async function answerPulls(world: World, newest: number, visibleFrom = 1): Promise<number> {
  let pulls = 0;
  for (let [pull] = world.socket.asked(Request.PULL_RANGE); pull; [pull] = world.socket.asked(Request.PULL_RANGE)) {
    const { begin_seq, end_seq, limit, order } = pull.data as Record<string, number> & { order: string };
    const all = range(Math.max(begin_seq ?? 0, visibleFrom), end_seq === 0 ? newest : Math.min(end_seq ?? 0, newest));
    const some = order === "desc" ? all.reverse().slice(0, limit) : all.slice(0, limit);
    const messages = some.map((seq) => message(seq));
    await world.socket.answer(Request.PULL_RANGE, { messages, max_seq: newest });
    pulls++;
    await soon();
  }
  return pulls;
}

/** A run that has seen the chat's newest page, and has ended. */
async function firstRun(options: Partial<ClientOptions>, newest = 120): Promise<void> {
  const world = await World.online(100, [conversation(newest)], options);
  await soon();
  world.client.messages(CHAT).subscribe(ignore);
  await soon();
  await answerPulls(world, newest);
  await soon();
  world.client.close();
  await soon();
}

/** The next run, which no server answers. */
async function reloaded(options: Partial<ClientOptions>): Promise<World> {
  const world = new World(options);
  world.client.messages(CHAT).subscribe(ignore);
  await soon();
  return world;
}

const kinds: [string, () => Promise<{ history: ClientOptions["history"]; end: () => Promise<void> }>][] = [
  ["memory", async () => ({ history: historyIn(memoryHistoryStorage()), end: async () => undefined })],
  ["IndexedDB", async () => ({ history: indexedDbHistory(), end: async () => undefined })],
  [
    "files",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "nexo-history-"));
      return { history: fileHistory(folder), end: () => rm(folder, { recursive: true }) };
    },
  ],
];

describe.each(kinds)("a history in %s", (_name, make) => {
  test("shows the last state after a reload, without a network; sync then brings what changed [HIST-1]", async () => {
    const { history, end } = await make();
    await firstRun({ history });
    const world = await reloaded({ history });
    const { conversations, is_ready } = world.client.conversations.getSnapshot();
    expect([conversations.map(({ title }) => title), is_ready]).toEqual([["Ben"], true]);
    expect(seqs(shown(world).messages)).toEqual(range(71, 120));
    expect(world.client.users(["ben"]).getSnapshot().get("ben")?.nickname).toBe("Ben");
    await world.socket.open();
    expect(world.socket.asked(Request.SYNC)[0]?.data).toEqual({ since: 100 });
    await world.socket.catchUp(102, [conversation(122)]);
    expect(await answerPulls(world, 122)).toBe(1);
    expect(seqs(shown(world).messages)).toEqual(range(71, 122));
    // Older ones are the server's still.
    void world.client.messages(CHAT).loadOlder(20);
    await soon();
    expect(await answerPulls(world, 122)).toBe(1);
    expect(shown(world).messages[0]?.seq).toBe(51);
    world.client.close();
    await soon();
    await end();
  });
});

test("what a client shows when it is closed, the next one shows, also if it starts at once [HIST-1]", async () => {
  const history = historyIn(memoryHistoryStorage());
  const world = await World.online(100, [conversation(2)], { history });
  await soon();
  world.client.messages(CHAT).subscribe(ignore);
  await vi.advanceTimersByTimeAsync(1);
  const [pull] = world.socket.asked(Request.PULL_RANGE);
  if (!pull) throw new Error("no pull");
  await world.socket.answer(Request.PULL_RANGE, { messages: [message(1), message(2)], max_seq: 2 });
  world.client.close();
  const next = await reloaded({ history });
  expect(seqs(shown(next).messages)).toEqual([1, 2]);
  next.client.close();
  await soon();
});

describe("a storage that is slower than the network [HIST-1]", () => {
  /** A storage with what a first run left, which answers when it is let. */
  async function slow() {
    const { storage } = watched();
    await firstRun({ history: historyIn(() => storage) });
    const open = Promise.withResolvers<void>();
    const keys = async () => open.promise.then(() => storage.keys());
    return { history: historyIn(() => ({ ...storage, keys })), open: open.resolve };
  }

  test("shows the last state also when the first tries have failed by then, and goes on from there", async () => {
    const { history, open } = await slow();
    const world = await reloaded({ history });
    await world.socket.end();
    await soon();
    expect(world.status).toBe("offline");
    open();
    await soon();
    expect(seqs(shown(world).messages)).toEqual(range(71, 120));
    await vi.advanceTimersByTimeAsync(2_000);
    await world.socket.open();
    expect(world.socket.asked(Request.SYNC)[0]?.data).toEqual({ since: 100 });
  });

  test("shows it while the whole list is requested, which then replaces it", async () => {
    const { history, open } = await slow();
    const world = await reloaded({ history });
    await world.socket.open();
    open();
    await soon();
    expect(world.client.conversations.getSnapshot().conversations).toHaveLength(1);
    await world.socket.catchUp(200, [conversation(1, { conversation_id: "si_ann:cat", peer_user_id: "cat" })]);
    const left = world.client.conversations.getSnapshot().conversations.map(({ peer_user_id }) => peer_user_id);
    expect(left).toEqual(["cat"]);
  });

  test("shows nothing old once the server has answered", async () => {
    const { history, open } = await slow();
    const world = await reloaded({ history });
    await world.socket.open();
    await world.socket.catchUp(200, []);
    open();
    await soon();
    expect(world.client.conversations.getSnapshot().conversations).toEqual([]);
  });
});

test("pushes of every conversation are kept, and a mark that the server did not get is sent [HIST-1]", async () => {
  const history = historyIn(memoryHistoryStorage());
  const first = await World.online(100, [conversation(0)], { history });
  await first.socket.message(message(1), 100, 101);
  first.client.markRead(CHAT, 1);
  await soon();
  first.client.close();
  await soon();
  const world = await reloaded({ history });
  expect(seqs(shown(world).messages)).toEqual([1]);
  expect(world.client.conversation(CHAT).getSnapshot()?.unread_count).toBe(0);
  await world.socket.open();
  await world.socket.catchUp(101);
  await soon();
  expect(world.socket.asked(Request.MARK_READ)[0]?.data).toEqual({ conversation_id: CHAT, read_seq: 1 });
});

test("a count that is not settled makes the next run ask for the whole list [HIST-1]", async () => {
  const history = historyIn(memoryHistoryStorage());
  const first = await World.online(100, [conversation(1)], { history });
  await first.socket.message(message(5), 100, 101);
  await soon();
  first.client.close();
  await soon();
  const world = await reloaded({ history });
  await world.socket.open();
  expect(world.socket.asked(Request.SYNC)[0]?.data).toEqual({ since: 0 });
});

test("ten thousand messages cost a start no more than a page, and are read page by page [HIST-2]", async () => {
  const { storage, texts } = watched();
  const history = historyIn(() => storage);
  const first = await World.online(100, [conversation(10_000)], { history });
  for (let seq = 1; seq <= 10_000; seq += 500) {
    const messages = range(seq, seq + 499).map((one) => message(one));
    await first.socket.push(Push.MESSAGES, { msgs: { [CHAT]: messages }, prev: 0, cursor: 0 });
    await vi.advanceTimersByTimeAsync(600);
  }
  first.client.close();
  await soon();
  expect(texts.size).toBeGreaterThan(200);
  const read = vi.spyOn(storage, "get");
  const world = await reloaded({ history });
  expect(seqs(shown(world).messages)).toEqual(range(9_951, 10_000));
  expect(read.mock.calls.length).toBeLessThan(8);
  await world.client.messages(CHAT).loadOlder(50);
  expect(shown(world).messages[0]?.seq).toBe(9_901);
  expect(read.mock.calls.length).toBeLessThan(10);
});

test("of so many bytes at most: what was used longest ago goes first, the list stays [HIST-2]", async () => {
  const { storage, texts, bytes } = watched();
  const history = historyIn(() => storage, { maxBytes: 40_000 });
  const world = await World.online(100, [conversation(500)], { history });
  await world.socket.push(Push.MESSAGES, {
    msgs: { [CHAT]: range(1, 500).map((seq) => message(seq)) },
    prev: 0,
    cursor: 0,
  });
  await soon();
  await world.socket.message(message(501), 100, 101);
  await soon();
  expect(bytes() - (texts.get("index")?.length ?? 0)).toBeLessThanOrEqual(40_000);
  expect([...texts.keys()]).toEqual(expect.arrayContaining(["list", "index", `messages ${CHAT} 10`]));
  expect([...texts.keys()]).not.toContain(`messages ${CHAT} 0`);
});

describe("what is not as it should be is set aside [HIST-3]", () => {
  const broken: [string, string, string][] = [
    ["a list that is no JSON", "list", "{"],
    ["a list of another form", "list", '{"cursor":5,"conversations":[{"conversation_id":7}],"marks":[]}'],
    ["an index of another release", "index", '{"version":99,"entries":[]}'],
    ["an index that is no JSON", "index", "\u0000"],
  ];
  test.each(broken)("%s: everything is asked for again", async (_name, key, text) => {
    const { storage, texts } = watched();
    const history = historyIn(() => storage);
    await firstRun({ history });
    texts.set(key, text);
    const world = await reloaded({ history });
    expect(world.client.conversations.getSnapshot()).toMatchObject({ conversations: [], is_ready: false });
    await world.socket.open();
    await world.socket.catchUp(100, [conversation(120)]);
    await soon();
    expect(world.client.conversations.getSnapshot().is_ready).toBe(true);
  });

  test("a page with messages of others, or none at all, is no page of this chat", async () => {
    const { storage, texts } = watched();
    const history = historyIn(() => storage);
    await firstRun({ history });
    texts.set(
      `messages ${CHAT} 2`,
      JSON.stringify([message(120, { conversation_id: "si_ann:eve" }), { seq: 119 }, null]),
    );
    const world = await reloaded({ history });
    expect(shown(world).messages).toEqual([]);
    await world.socket.open();
    await world.socket.catchUp(100);
    await soon();
    await answerPulls(world, 120);
    expect(seqs(shown(world).messages)).toEqual(range(71, 120));
  });

  test("a storage that fails or does not answer is logged, and the client does not wait for it", async () => {
    const lines: string[] = [];
    const logger = { debug: ignore, warn: (text: string) => lines.push(text) };
    const failing = historyIn(() => {
      throw new Error("forbidden");
    });
    const world = await World.online(100, [conversation(1)], { history: failing, logger });
    await soon();
    expect(world.status).toBe("online");
    expect(lines).toContain("the history could not be kept");
    const silent: HistoryStorage = {
      get: () => new Promise(ignore),
      keys: async () => ["index"],
      write: () => new Promise(ignore),
    };
    const stuck = await World.online(100, [conversation(1)], { history: historyIn(() => silent) });
    stuck.client.messages(CHAT).subscribe(ignore);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(stuck.socket.asked(Request.PULL_RANGE)).toHaveLength(1);
  });

  test("a storage that is full takes half as much from then on", async () => {
    const { storage, texts, bytes } = watched();
    const write = storage.write;
    const room = 30_000;
    vi.spyOn(storage, "write").mockImplementation(async (changes) => {
      const more = [...changes.values()].reduce((sum, text) => sum + (text?.length ?? 0), 0);
      if (bytes() + more > room) throw new Error("QuotaExceededError");
      await write(changes);
    });
    const world = await World.online(100, [conversation(0)], { history: historyIn(() => storage) });
    for (let seq = 1; seq <= 200; seq++) {
      await world.socket.message(message(seq), 99 + seq, 100 + seq);
      await vi.advanceTimersByTimeAsync(600);
    }
    expect(texts.get("list")).toContain('"max_seq":200');
  });

  test("a file that was never finished is not there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nexo-history-"));
    const history = fileHistory(folder);
    await firstRun({ history });
    const [user = ""] = await readdir(folder);
    await writeFile(join(folder, user, "list.tmp"), "half of");
    const world = await reloaded({ history });
    expect(world.client.conversations.getSnapshot().is_ready).toBe(true);
    world.client.close();
    await soon();
    await rm(folder, { recursive: true });
  });
});

describe("what is kept is its owner's [HIST-4]", () => {
  test("signing out leaves nothing, also of what was on its way", async () => {
    const { storage, texts } = watched();
    const routes = new FakeRoutes().on("/auth/logout", () => ({ data: null }));
    const history = historyIn(() => storage);
    await firstRun({ history });
    expect(texts.size).toBeGreaterThan(2);
    const world = await World.online(100, [conversation(120)], { history, fetch: routes.fetch });
    await world.socket.message(message(121), 100, 101);
    await world.client.signOut();
    await soon();
    expect([...texts]).toEqual([]);
  });

  test.each([
    ["new_login", 0],
    ["password", 0],
    ["refused", 0],
    ["expired", 1],
  ] as const)("a login that the server ends by %s leaves it %i", async (reason, left) => {
    const { storage, texts } = watched();
    const world = await World.online(100, [conversation(1)], { history: historyIn(() => storage) });
    await soon();
    await world.socket.push(Push.SIGNED_OUT, { reason, code: Code.TOKEN_INVALID });
    await world.socket.end(4001);
    await soon();
    expect(Math.min(texts.size, 1)).toBe(left);
  });

  test("a wrong password shows nothing of the user whose name was typed", async () => {
    const { storage } = watched();
    const history = historyIn(() => storage);
    await firstRun({ history });
    const read = vi.spyOn(storage, "get");
    const routes = new FakeRoutes().on("/auth/login", () => ({ code: Code.WRONG_PASSWORD, status: 401 }));
    const login = { user_id: "ann", password: "a guess", platform_id: 5 };
    const world = await reloaded({
      history,
      login,
      token: undefined,
      user_id: undefined,
      fetch: routes.fetch,
    } as never);
    expect(world.client.conversations.getSnapshot().conversations).toEqual([]);
    expect(shown(world).messages).toEqual([]);
    expect(read).not.toHaveBeenCalled();
  });

  test("a user who left and returned sees no earlier messages, and they are not kept [VIS-2]", async () => {
    const { storage, texts } = watched();
    const history = historyIn(() => storage);
    await firstRun({ history });
    const world = await reloaded({ history });
    await world.socket.open();
    await world.socket.catchUp(101, [conversation(130, { min_seq: 125 })]);
    await soon();
    await answerPulls(world, 130, 125);
    expect(seqs(shown(world).messages)).toEqual(range(125, 130));
    await soon();
    const kept = [...texts].filter(([key]) => key.startsWith("messages")).flatMap(([, text]) => JSON.parse(text));
    expect(seqs(kept).filter((seq) => seq < 121)).toEqual([]);
    await world.socket.push(Push.CONVERSATION, {
      conversation: { conversation_id: CHAT, gone: true },
      prev: 101,
      cursor: 102,
    });
    await soon();
    expect([...texts.keys()].filter((key) => key.startsWith("messages"))).toEqual([]);
  });

  test("each user has a history of their own", async () => {
    const history = historyIn(memoryHistoryStorage());
    await firstRun({ history });
    const world = await reloaded({ history, user_id: "eve" } as never);
    expect(world.client.conversations.getSnapshot().conversations).toEqual([]);
  });
});

test("listening begins with the first sync, not where an earlier run has ended", async () => {
  const history = historyIn(memoryHistoryStorage());
  const first = await World.online(100, [conversation(5)], { history });
  await soon();
  first.client.close();
  await soon();
  const world = new World({ history });
  const heard: number[] = [];
  world.client.onMessage(({ seq }) => heard.push(seq));
  await soon();
  await world.socket.open();
  // While the sync is on its way.
  await world.socket.message(message(10), 104, 105);
  await world.socket.catchUp(104, [conversation(9)]);
  await soon();
  await world.socket.message(message(11), 105, 106);
  await soon();
  expect(heard).toEqual([10, 11]);
  expect(world.socket.asked(Request.PULL_RANGE)).toEqual([]);
});

describe("several tabs of a browser with one history [HIST-6]", () => {
  const texts = async () => {
    const kept = databases.at(-1) ?? "";
    const open = indexedDB.open(kept);
    await new Promise((resolve) => {
      open.onsuccess = resolve;
    });
    const all = open.result.transaction("history").objectStore("history").getAll();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    open.result.close();
    return all.result.join();
  };
  let databases: string[] = [];
  beforeEach(() => {
    databases = [];
    const open = indexedDB.open.bind(indexedDB);
    vi.spyOn(indexedDB, "open").mockImplementation((name: string, version?: number) => {
      if (name.startsWith("nexo-im/history/")) databases.push(name);
      return open(name, version);
    });
  });

  test("one tab writes, the other shows what is kept; when the first ends, the other writes what it has", async () => {
    const options = { history: indexedDbHistory(), user_id: "tabs" };
    const first = await World.online(100, [conversation(3)], options);
    await soon();
    first.client.messages(CHAT).subscribe(ignore);
    await soon();
    await answerPulls(first, 3);
    await soon();
    const second = new World(options);
    second.client.messages(CHAT).subscribe(ignore);
    await soon();
    expect(seqs(shown(second).messages)).toEqual([1, 2, 3]);
    await second.socket.open();
    await second.socket.catchUp(100, []);
    await second.socket.push(Push.MESSAGES, { msgs: { [CHAT]: [message(4)] }, prev: 100, cursor: 101 });
    await soon();
    expect(await texts()).not.toContain('"seq":4');
    first.client.close();
    await soon();
    expect(await texts()).toContain('"seq":4');
    second.client.close();
    await soon();
    const third = new World(options);
    third.client.messages(CHAT).subscribe(ignore);
    await soon();
    expect(seqs(shown(third).messages)).toEqual([1, 2, 3, 4]);
    third.client.close();
  });

  test("a tab that only reads does not undo what the other has written: a recalled content stays away", async () => {
    const options = { history: indexedDbHistory(), user_id: "recall" };
    const first = await World.online(100, [conversation(3)], options);
    await soon();
    first.client.messages(CHAT).subscribe(ignore);
    await soon();
    await answerPulls(first, 3);
    await soon();
    const second = new World(options);
    const stop = second.client.messages(CHAT).subscribe(ignore);
    await soon();
    stop();
    const recalled = {
      ...message(2),
      content: {},
      amended: { rev: 1, edited_at: 0, edited_by: "", recalled_at: 5, recalled_by: "ben", pinned_at: 0, reactions: [] },
    };
    const before = JSON.stringify(message(2).content);
    expect(await texts()).toContain(before);
    await first.socket.push(Push.CHANGED, {
      conversation_id: CHAT,
      since_rev: 0,
      rev: 1,
      messages: [recalled],
      deleted: [],
      prev: 100,
      cursor: 101,
    });
    await soon();
    expect(await texts()).not.toContain(before);
    first.client.close();
    await soon();
    second.client.close();
    await soon();
    expect(await texts()).not.toContain(before);
  });

  test("the end of a page is the last chance to write", async () => {
    let leave: () => void = ignore;
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) => {
      if (type === "pagehide") leave = listener;
    });
    const { texts: kept, storage } = watched();
    const world = await World.online(100, [conversation(3)], { history: historyIn(() => storage) });
    world.client.messages(CHAT).subscribe(ignore);
    await soon();
    await answerPulls(world, 3);
    await soon();
    const write = vi.spyOn(storage, "write");
    await world.socket.push(Push.MESSAGES, { msgs: { [CHAT]: [message(4)] }, prev: 100, cursor: 101 });
    expect(write).not.toHaveBeenCalled();
    leave();
    // No timer runs any more, and no storage answers.
    for (let turn = 0; turn < 50; turn++) await null;
    expect(write).toHaveBeenCalledOnce();
    expect([...kept.values()].join()).toContain('"seq":4');
    world.client.close();
    vi.unstubAllGlobals();
  });
});
