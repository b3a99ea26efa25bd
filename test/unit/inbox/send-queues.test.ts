import { afterEach, describe, expect, test, vi } from "vitest";
import type { SendItem } from "../../../src/core/inbox.ts";
import { GroupCommit } from "../../../src/core/log/group-commit.ts";
import { SendQueues } from "../../../src/inbox/send-queues.ts";

const nothing = () => Promise.resolve();
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Batches that wait until the test releases them. */
function held() {
  const batches: { conversationId: string; ids: string[]; release: () => void }[] = [];
  const append = (conversationId: string, items: readonly SendItem[]) =>
    new Promise<void>((release) => {
      batches.push({ conversationId, ids: items.map((item) => item.send.client_msg_id), release });
    });
  return { batches, append };
}

function item(client_msg_id: string, content = "{}"): SendItem {
  return {
    send: { client_msg_id, msg_type: 1, content },
    socket: null,
    done: () => undefined,
    failed: () => undefined,
  };
}

describe("SendQueues", () => {
  test("[SEND-5] one call in flight; sends that arrive meanwhile go together in the next one, in order", async () => {
    const { batches, append } = held();
    const lanes = new SendQueues(append, nothing);
    for (const id of ["a", "b", "c"]) lanes.send("sg_g", item(id));
    expect(batches.map(({ ids }) => ids)).toEqual([["a"]]);
    batches[0]?.release();
    await settled();
    expect(batches.map(({ ids }) => ids)).toEqual([["a"], ["b", "c"]]);
  });

  describe("a burst", () => {
    /** Queues after a batch of two was answered, whose pauses the test ends. */
    async function afterBurst() {
      const { batches, append } = held();
      const pauses: (() => void)[] = [];
      const lanes = new SendQueues(append, () => new Promise<void>((go) => pauses.push(go)));
      const send = (...ids: string[]) => {
        for (const id of ids) lanes.send("sg_g", item(id));
      };
      const release = async () => {
        batches.at(-1)?.release();
        await settled();
      };
      const pass = async (...ids: string[]) => {
        send(...ids);
        pauses.at(-1)?.();
        await settled();
      };
      send("a", "b", "c");
      await release();
      expect(pauses).toHaveLength(0);
      await release();
      const sent = () => batches.slice(2).map(({ ids }) => ids);
      return { lanes, send, release, pass, pauses, sent };
    }

    test("that arrives in several turns goes together", async () => {
      const { pass, sent } = await afterBurst();
      await pass("d", "e");
      await pass("f");
      expect(sent()).toEqual([]);
      await pass();
      expect(sent()).toEqual([["d", "e", "f"]]);
    });

    test("that does not end is not waited for without end", async () => {
      const { pass, sent } = await afterBurst();
      for (let turn = 0; turn < 10; turn++) await pass(String(turn));
      expect(sent()).toEqual([["0", "1", "2", "3"]]);
    });

    test("that follows another goes together from its first message on", async () => {
      const { send, pass, release, sent } = await afterBurst();
      await pass();
      send("d");
      await pass("e");
      await pass();
      expect(sent()).toEqual([["d", "e"]]);
      await release();
    });

    test("is followed by single messages without a pause, after the first", async () => {
      const { send, pass, release, pauses, sent } = await afterBurst();
      await pass();
      send("d");
      await pass();
      expect(sent()).toEqual([["d"]]);
      await release();
      const before = pauses.length;
      send("e");
      expect(sent()).toEqual([["d"], ["e"]]);
      expect(pauses).toHaveLength(before);
    });

    test("delays nothing in other conversations", async () => {
      const { lanes, pass, sent } = await afterBurst();
      await pass();
      lanes.send("sg_other", item("d"));
      expect(sent()).toEqual([["d"]]);
    });
  });

  test("[SEND-5] other requests wait for their turn, and later sends wait for them", async () => {
    const { batches, append } = held();
    const lanes = new SendQueues(append, nothing);
    const order: string[] = [];
    lanes.send("sg_g", item("a"));
    const call = lanes.call("sg_g", async () => order.push(`call after ${batches.length} batches`));
    lanes.send("sg_g", item("b"));
    batches[0]?.release();
    await call;
    await settled();
    expect(order).toEqual(["call after 1 batches"]);
    expect(batches.map(({ ids }) => ids)).toEqual([["a"], ["b"]]);
  });

  test("a slow conversation delays no other, and a failed call delays nothing", async () => {
    const { batches, append } = held();
    const lanes = new SendQueues(append, nothing);
    lanes.send("sg_slow", item("a"));
    await expect(lanes.call("sg_other", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    lanes.send("sg_other", item("b"));
    expect(batches.map(({ conversationId }) => conversationId)).toEqual(["sg_slow", "sg_other"]);
  });

  test("[MEM-1] a batch is bounded, and so is the queue: beyond it 1006, until there is room", async () => {
    const { batches, append } = held();
    const lanes = new SendQueues(append, nothing);
    let refused: unknown;
    let sent = 0;
    for (; sent < 10_000 && refused === undefined; sent++) {
      try {
        lanes.send("sg_g", item(String(sent)));
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ code: 1006 });
    expect(sent).toBeLessThan(3_000);
    batches[0]?.release();
    await settled();
    expect(batches[1]?.ids.length).toBeLessThanOrEqual(256);
    expect(() => lanes.send("sg_g", item("again"))).not.toThrow();
  });

  test("[MEM-1] the queue is bounded by bytes, too", () => {
    const lanes = new SendQueues(held().append, nothing);
    const send = () => {
      for (let count = 0; count < 1_000; count++) lanes.send("sg_g", item("x", "x".repeat(32_000)));
    };
    expect(send).toThrow(expect.objectContaining({ code: 1006 }));
  });
});

describe("GroupCommit", () => {
  afterEach(() => vi.unstubAllGlobals());

  function commits() {
    vi.stubGlobal("scheduler", { wait: settled });
    const batches: number[][] = [];
    const answers: number[] = [];
    const syncs: (() => void)[] = [];
    const commit = new GroupCommit<number, number>(
      (jobs) => {
        batches.push(jobs.map((job) => job.call));
        for (const job of jobs) job.done(job.call);
      },
      () => new Promise((resolve) => syncs.push(resolve)),
    );
    const submit = (call: number) =>
      commit.submit({ call, done: (reply) => answers.push(reply), failed: () => undefined });
    return { batches, answers, syncs, commit, submit };
  }

  test("a single call commits at once; calls that arrive while it becomes durable commit together", async () => {
    const { batches, answers, syncs, submit } = commits();
    submit(1);
    expect(answers).toEqual([1]);
    for (const call of [2, 3, 4]) submit(call);
    expect(batches).toEqual([[1]]);
    syncs[0]?.();
    await settled();
    expect(batches).toEqual([[1], [2, 3, 4]]);
    expect(answers).toEqual([1, 2, 3, 4]);
  });

  test("after a batch, calls that come in the next turns commit together", async () => {
    const { batches, syncs, submit } = commits();
    const turns: (() => void)[] = [];
    vi.stubGlobal("scheduler", { wait: () => new Promise<void>((go) => turns.push(go)) });
    const pass = async (...calls: number[]) => {
      for (const call of calls) submit(call);
      turns.at(-1)?.();
      await settled();
    };
    for (const call of [1, 2, 3]) submit(call);
    syncs[0]?.();
    await settled();
    await pass(4);
    await pass(5);
    expect(batches).toEqual([[1], [2, 3]]);
    await pass();
    expect(batches).toEqual([[1], [2, 3], [4, 5]]);
  });

  test("a flush commits waiting calls; then a single call commits at once again", async () => {
    const { batches, syncs, commit, submit } = commits();
    submit(1);
    submit(2);
    commit.flush();
    expect(batches).toEqual([[1], [2]]);
    commit.flush();
    expect(batches).toHaveLength(2);
    syncs[0]?.();
    await settled();
    submit(3);
    expect(batches).toEqual([[1], [2], [3]]);
  });
});
