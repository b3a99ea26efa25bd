import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { encodeUpdate } from "../../../src/core/delivery/update.ts";
import { LEAD } from "../../../src/core/list/list.ts";
import type { Conversation, Synced } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, inside } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import type { Moved } from "../../helpers/workers/socket.ts";

settings({ STRANGERS_PER_HOUR: 1_000 });
const clock = standingClock();

const ids = (entries: readonly { conversation_id: string }[]) => entries.map(({ conversation_id }) => conversation_id);
const configure = (who: Person, id: string, body: unknown) =>
  who.put("/conversation/update", body, { conversation_id: id });

/** A user with this many chats, the most recently used first. */
async function withChats(count: number): Promise<{ who: Person; others: Person[]; chats: string[] }> {
  const names = Array.from({ length: count }, () => "other");
  const [who, ...others] = await people("who", ...names);
  for (const other of others) {
    clock.now += 1_000;
    await who.text(other);
  }
  return { who, others, chats: others.map((other) => who.chatWith(other)).reverse() };
}

test("[LIST-1] pinned first, then newest first, the same in one page or in many while the list changes", async () => {
  const { who, others, chats } = await withChats(7);
  expect(ids(await who.list())).toEqual(chats);
  ok(await configure(who, chats[5] ?? "", { is_pinned: true }));
  const order = [chats[5], ...chats.filter((_, index) => index !== 5)];
  expect(ids(await who.list())).toEqual(order);
  const seen: string[] = [];
  let cursor = "";
  do {
    const page = await who.get<Conversation[]>("/conversation/list", { limit: 2, cursor });
    seen.push(...ids(ok(page)));
    expect(page.meta?.has_more).toBe(page.meta?.next_cursor !== "");
    cursor = page.meta?.next_cursor ?? "";
    // A conversation from the end moves to the front between two pages, and the object restarts.
    const last = others[0];
    if (last && seen.length === 2) {
      clock.now += 1_000;
      await last.text(who);
      await eventually(async () => expect((await who.entry(who.chatWith(last)))?.max_seq).toBe(2));
      await evictDurableObject(inboxOf(who));
    }
  } while (cursor !== "");
  // Nothing twice, and nothing missing except what moved to a page already read.
  expect(seen).toEqual(order.filter((id) => id !== chats[6]));
});

test("[LIST-1] [UNREAD-1] settings: pinned, without alert, refused; the totals match", async () => {
  const [alice, bob, chat] = await pair();
  const [carol] = await people("carol");
  await carol.text(bob);
  await eventually(async () => expect((await bob.list()).length).toBe(2));
  const totals = async () => ok(await bob.get("/conversation/unread_count"));
  expect(await totals()).toEqual({ unread_count: 2, muted_unread_count: 0 });
  ok(await configure(bob, chat, { recv_msg_opt: 1 }));
  expect(await totals()).toEqual({ unread_count: 1, muted_unread_count: 1 });
  const socket = await bob.socket();
  ok(await configure(bob, chat, { recv_msg_opt: 2 }));
  expect(await totals()).toEqual({ unread_count: 1, muted_unread_count: 0 });
  expect(await socket.push(2007)).toMatchObject({ conversation: { conversation_id: chat, recv_msg_opt: 2 } });
  await alice.text(bob);
  await carol.text(bob);
  await socket.push<{ msgs: object }>(2001, ({ msgs }) => bob.chatWith(carol) in msgs);
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 2, unread_count: 2 }));
  await abortAllDurableObjects();
  expect(await bob.entry(chat)).toMatchObject({ max_seq: 2, recv_msg_opt: 2, unread_count: 2 });
  expect(socket.log.flatMap(({ data }) => Object.keys((data as { msgs?: object }).msgs ?? {}))).not.toContain(chat);
  expect(await totals()).toEqual({ unread_count: 2, muted_unread_count: 0 });
});

test("[SYNC-1] [SYNC-3] the change number rises with each change, and skips numbers after evictions and crashes", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(async () => expect(await bob.entry(chat)).toBeDefined());
  const { group_id } = await makeGroup(bob);
  let { cursor } = await bob.sync(0);
  let socket = await bob.socket();
  const changes: [what: string, change: () => Promise<unknown>, steps: number][] = [
    ["a message comes", () => alice.text(bob), 1],
    ["a message goes", () => bob.text(alice), 1],
    [
      "a mark",
      () =>
        alice
          .text(bob)
          .then(() => socket.push(2001))
          .then(() => bob.read(chat, 99)),
      2,
    ],
    ["the peer's mark", () => bob.text(alice).then(() => alice.read(chat, 99)), 2],
    ["a pin", () => configure(bob, chat, { is_pinned: true }), 1],
    ["a member comes", () => alice.post("/group/join", { group_id }), 1],
    ["a name", () => bob.put("/group/update", { group_id, name: "new" }), 1],
    ["nothing", () => configure(bob, chat, { is_pinned: true }), 0],
    ["an old mark", () => bob.read(chat, 1), 0],
  ];
  for (const [index, [what, change, steps]] of changes.entries()) {
    await change();
    // The object has started again before every change but the first.
    const expected = cursor + steps + (index > 0 && steps > 0 ? LEAD : 0);
    await eventually(async () => expect((await bob.sync(cursor)).cursor, what).toBe(expected));
    let last = cursor;
    for (const { data } of socket.log) {
      const { prev, cursor: next } = data as Moved;
      expect(prev, what).toBe(last);
      last = next;
    }
    expect(last, what).toBe(expected);
    cursor = expected;
    if (index % 2 === 0) await evictDurableObject(inboxOf(bob), { webSockets: "close" });
    else await abortAllDurableObjects();
    expect((await bob.sync(0)).cursor, what).toBe(cursor);
    socket = await bob.socket();
  }
});

/** All pages of a sync, with a change after each. */
async function syncAll(who: Person, since: number, between: (page: number) => Promise<unknown>) {
  const conversations: Conversation[] = [];
  const cursors: number[] = [];
  let next = "";
  do {
    const answer: Synced = await who.sync(since, { page: next, limit: 3 });
    conversations.push(...(answer.conversations as Conversation[]));
    cursors.push(answer.cursor);
    next = answer.next;
    expect(answer.has_more).toBe(next !== "");
    await between(cursors.length);
  } while (next !== "");
  return { conversations, cursors };
}

test("[SYNC-2] [SYNC-1] pages of a sync lose nothing while the list changes and the object restarts", async () => {
  const { who, others, chats } = await withChats(8);
  const last = others[0];
  if (!last) throw new Error("no others");
  // During the second page a conversation of the third page moves to the front.
  const first = await syncAll(who, 0, async (page) => {
    if (page === 1) await who.text(last, "moves");
    await evictDurableObject(inboxOf(who));
  });
  expect(new Set(first.cursors).size).toBe(1);
  const known = new Map(first.conversations.map((entry) => [entry.conversation_id, entry.max_seq]));
  expect(ids(first.conversations)).toEqual(chats.slice(0, -1));
  const cursor = first.cursors[0] ?? 0;
  for (const other of others.slice(1, 6)) await who.text(other, "again");
  const second = await syncAll(who, cursor, (page) => (page === 1 ? who.text(last, "moves again") : Promise.resolve()));
  expect(new Set(ids(second.conversations)).size).toBe(second.conversations.length);
  for (const entry of second.conversations) known.set(entry.conversation_id, entry.max_seq);
  const third = await who.sync(second.cursors[0] ?? 0);
  for (const entry of third.conversations) known.set(entry.conversation_id, (entry as Conversation).max_seq);
  expect(third.conversations.length).toBe(1);
  expect(known).toEqual(new Map((await who.list()).map((entry) => [entry.conversation_id, entry.max_seq])));
  expect((await who.sync(third.cursor)).conversations).toEqual([]);
});

test("[SYNC-5] a cursor that this inbox never gave is 2004; a socket gets the push to sync from 0", async () => {
  const [alice, bob] = await pair();
  const { cursor } = await alice.sync(0);
  const other = (await bob.sync(0)).cursor;
  for (const since of [1, cursor + 1, cursor - 100, other + 1_000_000]) {
    expect(await alice.get("/sync", { since })).toMatchObject({ code: 2004, status: 401 });
  }
  const socket = await alice.socket({ since: cursor + 5 });
  expect(await socket.push(2004)).toMatchObject({ reason: expect.any(String) });
  expect((await socket.request(1009, { since: 7 })).err_code).toBe(2004);
  const synced = await socket.request<Synced>(1009, { since: 0 });
  expect(synced.data).toMatchObject({ cursor, has_more: false });
});

test("[LIST-1] [SYNC-2] [MEM-1] 2,000 conversations: one list, sync pages, and a wake-up that reads them once", async () => {
  const [who] = await people("who");
  const total = 2_050;
  await inside(inboxOf(who), async (object) => {
    for (let at = 0; at < total; at++) {
      const body = encodeUpdate({ header: headerOf(at), preview: "null", lines: [] });
      await object.fetch(new Request("https://inbox/tell", { method: "POST", body }));
    }
  });
  await evictDurableObject(inboxOf(who));
  const list = await who.get<Conversation[]>("/conversation/list");
  expect(ok(list).length).toBe(2_000);
  expect(list.meta?.has_more).toBe(true);
  const rest = await who.list({ cursor: list.meta?.next_cursor ?? "" });
  expect(new Set([...ids(list.data), ...ids(rest)]).size).toBe(total);
  let next = "";
  const synced: string[] = [];
  do {
    const page = await who.sync(0, { page: next, limit: 1_000 });
    expect(page.conversations.length).toBeLessThanOrEqual(200);
    synced.push(...ids(page.conversations));
    next = page.next;
  } while (next !== "");
  expect(new Set(synced).size).toBe(total);
  const socket = await who.socket();
  const seqs = await socket.request<{ seqs: Record<string, number> }>(1001, {});
  expect(Object.keys(seqs.data.seqs).length).toBe(total);
});

function headerOf(at: number) {
  return {
    conversation_id: `sg_many-${at}`,
    seq: 1,
    ver: 1,
    from: 2,
    min_seq: 1,
    read_seq: 0,
    peer_read_seq: 0,
    unread: 1,
    role: 1,
    status: 1,
    muted_until: 0,
    updated_at: at,
    renamed: false,
  } as const;
}
