import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type PinsSnapshot } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";
import { amended, ModelServer } from "./model-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ignore = () => undefined;
const COUNT = 70;
const list = (rev: number) => [conversation(COUNT, { last_message: null, unread_count: 0, rev })];
const seqs = ({ messages }: PinsSnapshot) => messages.map(({ seq }) => seq);

function pinned(seq: number, rev: number) {
  return message(seq, { amended: amended({ rev, pinned_at: rev, pinned_by: "ben" }) });
}

/** A client whose chat has these pins, beside the route that answers them. */
async function withPins(pins: object[], rev = 9) {
  const routes = new FakeRoutes().on("/msg/pins", () => ({ data: pins }));
  const world = await World.online(100, list(rev), { fetch: routes.fetch });
  const view = world.client.pins(CHAT);
  const changed = (since_rev: number, messages: object[], deleted: number[] = []) =>
    world.socket.push(Push.CHANGED, {
      conversation_id: CHAT,
      since_rev,
      rev: since_rev + 1,
      messages,
      mine: {},
      deleted,
      prev: 0,
      cursor: 0,
    });
  return { world, routes, view, changed };
}

const KINDS = [
  ..."pin,pin,pin,unpin,react,edit,recall,delete,send,deliver,deliver,lose,compute,answer,answer newest".split(","),
  ..."answer pins,lose pins,view pins,leave pins,view,leave,reconnect".split(","),
];
const actions = fc.array(fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat({ max: COUNT }) }), { maxLength: 60 });

describe("pinned messages", () => {
  test("whatever is lost, late or twice, they are the server's once all is quiet [AMEND-2]", async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (all) => {
        const server = new ModelServer(COUNT);
        const world = await World.online(100, list(0), { fetch: server.fetch });
        const pins = world.client.pins(CHAT);
        const stops = new Map<string, () => void>();
        const leave = (name: string) => {
          stops.get(name)?.();
          stops.delete(name);
        };
        const steps: Record<string, (seq: number) => unknown> = {
          pin: (seq) => server.pin(seq, true),
          unpin: (seq) => server.pin(server.pins.at(seq % 3)?.seq ?? seq, false),
          react: (seq) => server.react(server.pins[0]?.seq ?? seq, "👍", false),
          edit: (seq) => server.edit(server.pins[0]?.seq ?? seq, `edited at ${server.rev}`),
          recall: (seq) => server.recall(server.pins[0]?.seq ?? seq),
          delete: (seq) => server.delete(server.pins[0]?.seq ?? seq),
          send: () => server.send(),
          deliver: () => server.deliver(world),
          lose: () => server.lose(),
          compute: () => server.compute(world),
          answer: () => server.answer(world),
          "answer newest": () => server.answer(world, "newest"),
          "answer pins": () => server.answerPins(),
          "lose pins": () => server.answerPins(true),
          "view pins": () => stops.has("pins") || stops.set("pins", pins.subscribe(ignore)),
          "leave pins": () => leave("pins"),
          view: () => stops.has("all") || stops.set("all", world.client.messages(CHAT).subscribe(ignore)),
          leave: () => leave("all"),
          reconnect: () => server.reconnect(world),
        };
        for (const { kind, at } of all) {
          await steps[kind]?.((at % server.newest) + 1);
          await settle();
        }
        if (!stops.has("pins")) pins.subscribe(ignore);
        // Pushes that were lost leave no trace: a new connection shows them.
        await server.reconnect(world);
        await server.quiet(world);
        await vi.advanceTimersByTimeAsync(2_000);
        await server.quiet(world);
        const { messages, is_ready } = pins.getSnapshot();
        expect(is_ready).toBe(true);
        const plain = ({ seq, content, amended: became }: (typeof server.pins)[number]) => ({ seq, content, became });
        expect(messages.map(plain)).toEqual(server.pins.map(plain));
        world.client.close();
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test("are read once there are listeners, with the same view for the same chat", async () => {
    const { world, routes, view } = await withPins([pinned(40, 9), pinned(3, 8)]);
    expect(world.client.pins(CHAT)).toBe(view);
    await settle();
    expect(routes.count("/msg/pins")).toBe(0);
    expect(view.getSnapshot()).toEqual({ messages: [], is_ready: false, error: null });
    const stop = view.subscribe(ignore);
    view.subscribe(ignore);
    await settle();
    expect(routes.count("/msg/pins")).toBe(1);
    expect(seqs(view.getSnapshot())).toEqual([40, 3]);
    expect(view.getSnapshot().is_ready).toBe(true);
    // Nothing was missed, so nothing is asked.
    expect(world.socket.asked(Request.CHANGES)).toEqual([]);
    stop();
    expect(seqs(view.getSnapshot())).toEqual([40, 3]);
  });

  test("a push changes them at once, without a request; what concerns no pin keeps the snapshot", async () => {
    const { world, routes, view, changed } = await withPins([pinned(3, 9)]);
    const heard: number[][] = [];
    view.subscribe((snapshot) => heard.push(seqs(snapshot)));
    await settle();
    await changed(9, [pinned(40, 10)]);
    await changed(10, [message(3, { amended: amended({ rev: 11 }) })]);
    const before = view.getSnapshot();
    await changed(11, [message(60, { amended: amended({ rev: 12, reactions: [["👍", 1]] }) })]);
    await world.socket.message(message(COUNT + 1), 100, 101);
    expect(view.getSnapshot()).toBe(before);
    // For the user only, on any device.
    await changed(12, [], [40]);
    expect(heard).toEqual([[3], [40, 3], [40], []]);
    expect(routes.count("/msg/pins")).toBe(1);
    expect(world.socket.asked(Request.CHANGES)).toEqual([]);
  });

  test("a late answer does not pin again what was unpinned meanwhile", async () => {
    const { world, view, changed } = await withPins([]);
    view.subscribe(ignore);
    world.client.messages(CHAT).subscribe(ignore);
    await settle();
    const page = { messages: [message(COUNT)], max_seq: COUNT, rev: 9, mine: {}, deleted: [] };
    await world.socket.answer(Request.PULL_RANGE, page);
    // Of a message that is not on the screen.
    const pin = world.client.pin(CHAT, 5);
    await settle();
    await changed(9, [pinned(5, 10)]);
    await changed(10, [message(5, { amended: amended({ rev: 11 }) })]);
    await world.socket.answer(Request.PIN, { message: pinned(5, 10), rev: 10, prev: 0, cursor: 0 });
    await pin;
    expect(seqs(view.getSnapshot())).toEqual([]);
  });

  test("the user's own pin shows before it is answered, and is gone if it is refused", async () => {
    const { world, view } = await withPins([pinned(3, 9)]);
    view.subscribe(ignore);
    world.client.messages(CHAT).subscribe(ignore);
    await settle();
    const page = { messages: [message(COUNT)], max_seq: COUNT, rev: 9, mine: {}, deleted: [] };
    await world.socket.answer(Request.PULL_RANGE, page);
    const refused = world.client.pin(CHAT, COUNT).catch(({ code }) => code);
    expect(seqs(view.getSnapshot())).toEqual([COUNT, 3]);
    await settle();
    await world.socket.refuse(Request.PIN, Code.TOO_MANY);
    expect(await refused).toBe(Code.TOO_MANY);
    expect(seqs(view.getSnapshot())).toEqual([3]);
    const done = world.client.pin(CHAT, 3, false);
    expect(seqs(view.getSnapshot())).toEqual([]);
    await settle();
    const after = message(3, { amended: amended({ rev: 10 }) });
    await world.socket.answer(Request.PIN, { message: after, rev: 10, prev: 0, cursor: 0 });
    await done;
    expect(seqs(view.getSnapshot())).toEqual([]);
  });

  test("a lost answer is asked for again, a refusal is not", async () => {
    const { world, routes, view } = await withPins([pinned(3, 9)]);
    routes.on("/msg/pins", () => new Error("the connection broke"));
    const stop = view.subscribe(ignore);
    await settle();
    expect(view.getSnapshot()).toMatchObject({ messages: [], is_ready: false, error: { retryable: true } });
    routes.on("/msg/pins", () => ({ data: [pinned(3, 9)] }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view.getSnapshot()).toMatchObject({ is_ready: true, error: null });
    expect(seqs(view.getSnapshot())).toEqual([3]);
    stop();
    expect(view.getSnapshot()).toEqual({ messages: [], is_ready: false, error: null });
    routes.on("/msg/pins", () => ({ code: Code.NO_PERMISSION, status: 403 }));
    view.subscribe(ignore);
    await settle();
    const asked = routes.count("/msg/pins");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(routes.count("/msg/pins")).toBe(asked);
    expect(view.getSnapshot()).toMatchObject({ is_ready: false, error: { code: Code.NO_PERMISSION } });
    world.client.close();
  });

  test("are read again where too much has changed", async () => {
    const { world, routes, view, changed } = await withPins([pinned(40, 9), pinned(3, 8)]);
    view.subscribe(ignore);
    await settle();
    routes.on("/msg/pins", () => ({ data: [pinned(50, 2_000), pinned(3, 8)] }));
    // The changes in between were not pushed.
    await changed(1_999, [message(60, { amended: amended({ rev: 2_000, edited_at: 1 }) })]);
    const reset = { messages: [], mine: {}, deleted: [], rev: 2_000, has_more: false, reset: true };
    await world.socket.answer(Request.CHANGES, reset);
    expect(seqs(view.getSnapshot())).toEqual([50, 3]);
    expect(world.socket.asked(Request.CHANGES)).toEqual([]);
  });

  test("who returns to a group sees no pin from before", async () => {
    const { world, view } = await withPins([pinned(40, 9), pinned(3, 8)]);
    view.subscribe(ignore);
    await settle();
    const back = conversation(COUNT, { min_seq: 30, rev: 9, last_message: null });
    await world.socket.push(Push.CONVERSATION, { conversation: back, prev: 100, cursor: 101 });
    expect(seqs(view.getSnapshot())).toEqual([40]);
  });
});
