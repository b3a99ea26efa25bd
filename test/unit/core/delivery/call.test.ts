import { expect, test, vi } from "vitest";
import { InboxCaller, told } from "../../../../src/core/delivery/call.ts";
import type { InboxRpc } from "../../../../src/core/rpc.ts";

const MARK = { seq: 3, ver: 2, rev: 0 };

/** An inbox that answers, throws or hangs, and the ways in which it was called. */
function inbox() {
  const calls: string[] = [];
  let mood: "answers" | "throws" | "hangs" = "answers";
  const answer = async <T>(way: string, value: T, signal?: AbortSignal | null): Promise<T> => {
    calls.push(way);
    if (mood === "throws") throw new Error("the inbox throws");
    if (mood === "answers") return value;
    return await new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  };
  const rpc = {
    update: () => answer("rpc", MARK),
    fetch: (_: string, init: RequestInit) => answer("fetch", told(MARK), init.signal),
  };
  const caller = new InboxCaller({ getByName: () => rpc as unknown as InboxRpc });
  return {
    calls,
    become: (next: typeof mood) => {
      mood = next;
    },
    update: () => caller.call("bob", { kind: "update", text: "text" }),
  };
}

test("[TELL-3] an inbox is called by RPC once it has answered, and by fetch at first and after a failure", async () => {
  const { calls, become, update } = inbox();
  expect(await update()).toEqual(MARK);
  expect(await update()).toEqual(MARK);
  become("throws");
  await expect(update()).rejects.toThrow("the inbox throws");
  await expect(update()).rejects.toThrow("the inbox throws");
  become("answers");
  await update();
  await update();
  expect(calls).toEqual(["fetch", "rpc", "rpc", "fetch", "fetch", "rpc"]);
});

test("[TELL-3] one that hangs is let go after ten seconds, and leaves at most one RPC open", async () => {
  vi.useFakeTimers();
  try {
    const { calls, become, update } = inbox();
    await update();
    become("hangs");
    for (let times = 0; times < 3; times++) {
      const call = expect(update()).rejects.toThrow();
      await vi.advanceTimersByTimeAsync(10_000);
      await call;
    }
    expect(calls).toEqual(["fetch", "rpc", "fetch", "fetch"]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
