import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { historyIn, memoryHistoryStorage } from "../../../../src/client/history/index.ts";
import { Code, type MessagesView, NexoClientError } from "../../../../src/client/index.ts";
import { type Changes, Revisions } from "../../../../src/client/messages/revisions.ts";
import { CHAT, conversation, settle, World } from "../fake-server.ts";
import { ModelServer } from "./model-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ignore = () => undefined;
const COUNT = 70;

async function looking(server: ModelServer, options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  const world = await World.online(
    100,
    [conversation(server.newest, { unread_count: 0, last_message: null })],
    options,
  );
  await settle();
  world.client.messages(CHAT).subscribe(ignore);
  await server.quiet(world);
  return world;
}

function expectNewest(server: ModelServer, view: MessagesView): void {
  const { messages } = view.getSnapshot();
  const first = messages[0]?.seq ?? 0;
  const last = messages.at(-1)?.seq ?? 0;
  const visible: object[] = [];
  for (let seq = first; seq <= last; seq++) if (!server.deleted.has(seq)) visible.push(server.seen(seq));
  expect(
    messages.map(({ seq, content, edited, recalled, reactions }) => ({ seq, content, edited, recalled, reactions })),
  ).toEqual(visible);
  for (const { quoted, meta } of messages) {
    if (!meta || meta.reply_to === 0) continue;
    const now = server.messages[meta.reply_to - 1];
    expect(quoted?.content).toEqual(server.deleted.has(meta.reply_to) ? undefined : now?.content);
  }
}

const KINDS = [
  "send",
  "reply",
  "react",
  "react mine",
  "edit",
  "recall",
  "delete",
  "deliver",
  "deliver",
  "lose",
  "compute",
  "compute",
  "answer",
  "answer",
  "answer newest",
  "older",
  "around",
  "newer",
  "leave",
  "reconnect",
] as const;
const actions = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat({ max: COUNT }), emoji: fc.constantFrom("👍", "❤️") }),
  { maxLength: 60 },
);
type Action = { kind: (typeof KINDS)[number]; at: number; emoji: string };

/** Does one thing; `views` are those that are being viewed. */
async function act(server: ModelServer, world: World, views: Map<MessagesView, () => void>, action: Action) {
  const { kind, at, emoji } = action;
  const seq = (at % server.newest) + 1;
  const main = world.client.messages(CHAT);
  const last = [...views.keys()].at(-1) ?? main;
  const steps: Record<Action["kind"], () => unknown> = {
    send: () => server.send(),
    reply: () => server.send({ meta: { reply_to: seq, mentions: [], mention_all: false, forwarded: null } }),
    react: () => server.react(seq, emoji, false),
    "react mine": () => server.react(seq, emoji, true),
    edit: () => server.edit(seq, `edited at ${server.rev}`),
    recall: () => server.recall(seq),
    delete: () => server.delete(seq),
    deliver: () => server.deliver(world),
    lose: () => server.lose(),
    compute: () => server.compute(world),
    answer: () => server.answer(world),
    "answer newest": () => server.answer(world, "newest"),
    older: () => void last.loadOlder(10).catch(ignore),
    newer: () => void last.loadNewer(10).catch(ignore),
    around: () => {
      if (views.size > 2) return;
      const there = main.around(seq);
      views.set(there, there.subscribe(ignore));
    },
    leave: () => {
      const [view, stop] = [...views].at(-1) ?? [];
      stop?.();
      if (view) views.delete(view);
      if (views.size === 0) views.set(main, main.subscribe(ignore));
    },
    reconnect: () => server.reconnect(world),
  };
  await steps[kind]();
  await settle();
}

describe("messages that change", () => {
  test("whatever is lost, late or twice, what is shown is the newest state once all is quiet [AMEND-2]", async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (all) => {
        const server = new ModelServer(COUNT);
        const world = await looking(server);
        const main = world.client.messages(CHAT);
        const views = new Map<MessagesView, () => void>([[main, main.subscribe(ignore)]]);
        for (const action of all) await act(server, world, views, action);
        // Pushes that were lost leave no trace: a new connection shows them.
        await server.reconnect(world);
        await server.quiet(world);
        await vi.advanceTimersByTimeAsync(2_000);
        await server.quiet(world);
        for (const view of views.keys()) expectNewest(server, view);
        world.client.close();
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  test("so is what a history shows after a reload [HIST-5]", async () => {
    await fc.assert(
      fc.asyncProperty(actions, actions, async (before, meanwhile) => {
        const server = new ModelServer(COUNT);
        const options = { history: historyIn(memoryHistoryStorage()) };
        const first = await looking(server, options);
        const main = first.client.messages(CHAT);
        const views = new Map<MessagesView, () => void>([[main, main.subscribe(ignore)]]);
        for (const action of before) await act(server, first, views, action);
        first.client.close();
        await vi.advanceTimersByTimeAsync(1_000);
        for (const action of meanwhile) {
          const seq = (action.at % server.newest) + 1;
          if (action.kind === "edit") server.edit(seq, "meanwhile");
          if (action.kind === "recall") server.recall(seq);
          if (action.kind === "react mine") server.react(seq, action.emoji, true);
          if (action.kind === "delete") server.delete(seq);
          if (action.kind === "send") server.send();
        }
        const next = new ModelServer(0);
        Object.assign(next, { rev: server.rev });
        next.messages.push(...server.messages);
        for (const [seq, own] of server.mine) next.mine.set(seq, own);
        for (const [seq, rev] of server.deleted) next.deleted.set(seq, rev);
        const second = await looking(next, options);
        await vi.advanceTimersByTimeAsync(2_000);
        await next.quiet(second);
        void second.client.messages(CHAT).loadOlder(100).catch(ignore);
        await vi.advanceTimersByTimeAsync(2_000);
        await next.quiet(second);
        expectNewest(next, second.client.messages(CHAT));
        second.client.close();
      }),
      { numRuns: 80, endOnFailure: true },
    );
  });
});

describe("the rev up to which all is current", () => {
  function following(oldest: () => number | null = () => 1) {
    const asked: {
      since: number;
      answer: (changes: Partial<Changes>) => Promise<void>;
      fail: (code: number) => Promise<void>;
    }[] = [];
    let resets = 0;
    const revisions = new Revisions({
      ask: (since) =>
        new Promise((resolve, reject) => {
          asked.push({
            since,
            answer: (changes) => {
              resolve({ messages: [], deleted: [], rev: since, has_more: false, reset: false, ...changes });
              return settle();
            },
            fail: (code) => {
              reject(new NexoClientError(code, "refused"));
              return settle();
            },
          });
        }),
      oldest,
      take: ignore,
      reset: () => {
        resets++;
        revisions.drop();
      },
    });
    return { revisions, asked, resets: () => resets };
  }

  test("messages taken while a request runs may be older than its answer [AMEND-2]", async () => {
    const { revisions, asked } = following();
    revisions.held(5);
    revisions.heard(8);
    revisions.held(6);
    await asked[0]?.answer({ rev: 8 });
    expect(asked.map(({ since }) => since)).toEqual([5, 6]);
    await asked[1]?.answer({ rev: 8 });
    expect(revisions.current).toBe(8);
    expect(asked).toHaveLength(2);
  });

  test("a push that follows on moves it; one that does not is only heard of [AMEND-2]", () => {
    const { revisions, asked } = following();
    revisions.held(5);
    revisions.changed(5, 6);
    expect(revisions.current).toBe(6);
    revisions.changed(8, 9);
    expect(revisions.current).toBe(6);
    expect(asked.map(({ since }) => since)).toEqual([6]);
  });

  test("an answer with more to come is followed by the next request", async () => {
    const { revisions, asked } = following();
    revisions.held(0);
    revisions.check();
    revisions.fill();
    await asked[0]?.answer({ rev: 3, has_more: true });
    await asked[1]?.answer({ rev: 4 });
    expect(asked.map(({ since }) => since)).toEqual([0, 3]);
  });

  test("after a reset nothing is asked until something is held again", async () => {
    const { revisions, asked, resets } = following();
    revisions.held(0);
    revisions.heard(2_000);
    await asked[0]?.answer({ rev: 2_000, reset: true });
    expect([resets(), asked.length]).toEqual([1, 1]);
    revisions.held(2_000);
    revisions.fill();
    expect(asked).toHaveLength(1);
  });

  test("an answer that brings nothing, and a failure, are followed by a pause; a refusal by none [LINK-4]", async () => {
    const { revisions, asked } = following();
    revisions.held(0);
    revisions.heard(1);
    await asked[0]?.answer({ rev: 0 });
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await asked[1]?.fail(Code.SHUTTING_DOWN);
    await vi.advanceTimersByTimeAsync(2_000);
    await asked[2]?.fail(Code.NO_PERMISSION);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(asked).toHaveLength(3);
  });

  test("nothing is asked while nobody looks, and the answer to what was dropped is not taken", async () => {
    let isWatched = false;
    const { revisions, asked } = following(() => (isWatched ? 1 : null));
    revisions.held(0);
    revisions.heard(5);
    expect(asked).toHaveLength(0);
    isWatched = true;
    revisions.wake();
    revisions.drop();
    revisions.held(7);
    await asked[0]?.answer({ rev: 5 });
    expect(revisions.current).toBe(7);
  });
});
