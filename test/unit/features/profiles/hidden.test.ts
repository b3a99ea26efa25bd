import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { InboxContext } from "../../../../src/core/inbox.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { profiles } from "../../../../src/features/profiles/inbox.ts";
import { memorySql } from "../../sql.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("[HIDE-1] changing hidden too often is refused, until time has passed", async () => {
  const store = new InboxStore(memorySql());
  store.createOwner("bob", 1);
  const socketsChanged = vi.fn();
  const [request] = profiles({ userId: "bob", store, socketsChanged } as unknown as InboxContext).requests;
  const hide = (hidden: boolean) => request?.run({ change: { hidden } }, { login_id: "l", platform_id: 5 } as never);
  let refused = 0;
  for (let times = 0; times < 150; times++) {
    try {
      hide(!store.isHidden());
    } catch (error) {
      expect(error).toMatchObject({ code: 1006, retryAfter: 10 });
      refused++;
    }
    await vi.advanceTimersByTimeAsync(100);
  }
  // 15 s: ten at once, one that was earned meanwhile.
  expect(refused).toBe(139);
  expect(socketsChanged).toHaveBeenCalledTimes(11);
  await vi.advanceTimersByTimeAsync(10_000);
  const hidden = !store.isHidden();
  hide(hidden);
  expect(store.isHidden()).toBe(hidden);
});
