import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Consent } from "../../../../src/core/consent.ts";
import type { Connection } from "../../../../src/core/inbox.ts";
import { ConversationList } from "../../../../src/core/list/list.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import type { Env } from "../../../../src/env.ts";
import { presenceChanged } from "../../../../src/features/presence/calls.ts";
import { Presence } from "../../../../src/features/presence/presence.ts";
import { PresenceStore } from "../../../../src/features/presence/store.ts";
import { memorySql } from "../../sql.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Bob, watched by Alice through their chat, with the statuses that Alice got. */
function watched() {
  const store = new InboxStore(memorySql());
  store.createOwner("bob", 1);
  const told: number[] = [];
  const inbox = {
    call: async (name: string, { item }: { item: { status: number } }) => {
      expect(name).toBe(presenceChanged.name);
      told.push(item.status);
      return { ok: true, value: true };
    },
  };
  const connections: Connection[] = [];
  const list = new ConversationList(store, 1);
  const presence = new Presence({
    env: { INBOX: { getByName: () => inbox } } as unknown as Env,
    userId: "bob",
    store: new PresenceStore(store),
    list,
    consent: new Consent("bob", store, list),
    connections: () => connections,
    heldSockets: { check: async () => undefined },
    wakeAt: () => undefined,
    self: { watchesSelf: false, selfChanged: () => undefined },
  });
  const chat = "si_alice:bob";
  presence.seenBy({ viewer_id: "alice", conversation_ids: [chat], vouched: chat, watch: true });
  return { presence, told, connections };
}

describe("[HIDE-1]", () => {
  test("a user who connects and disconnects is reported ten times, then every ten seconds, with the final state last", async () => {
    const { presence, told, connections } = watched();
    for (let times = 0; times < 100; times++) {
      if (times % 2 === 0) connections.push({ platform_id: 5, socket_id: "s" });
      else connections.pop();
      presence.changed();
      await vi.advanceTimersByTimeAsync(500);
    }
    // 50 s: ten at once, and five that were refilled meanwhile.
    expect(told.length).toBeLessThanOrEqual(16);
    connections.push({ platform_id: 5, socket_id: "s" });
    presence.changed();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.at(-1)).toBe(1);
  });

  test("watchers who are added meanwhile do not make it more often, and get the final state", async () => {
    const { presence, told, connections } = watched();
    const chat = "si_bob:carol";
    const seenByCarol = () =>
      presence.seenBy({ viewer_id: "carol", conversation_ids: [chat], vouched: chat, watch: true }).status;
    for (let times = 0; times < 100; times++) {
      if (times % 2 === 0) connections.push({ platform_id: 5, socket_id: "s" });
      else connections.pop();
      presence.changed();
      expect(seenByCarol()).toBe(connections.length);
      await vi.advanceTimersByTimeAsync(500);
    }
    // Two watchers: ten times at once, five that were refilled meanwhile, and every ten seconds.
    expect(told.length).toBeLessThanOrEqual(40);
    connections.push({ platform_id: 5, socket_id: "s" });
    presence.changed();
    expect(seenByCarol()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.slice(-2)).toEqual([1, 1]);
  });
});
