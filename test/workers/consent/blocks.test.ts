import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Member } from "../../../src/core/member.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, inboxOf, inside, ring, roomOf, rows, tablesOf } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";

type Blocked = { user_id: string; blocked_at: number }[];

const block = async (who: Person, whom: Person) => ok(await who.post("/user/block", { user_id: whom.id }));
const unblock = async (who: Person, whom: Person) => ok(await who.post("/user/unblock", { user_id: whom.id }));
const blocks = async (who: Person) => ok(await who.get<Blocked>("/user/blocks")).map(({ user_id }) => user_id);
const statusSeen = async (viewer: Person, whom: Person) =>
  ok(await viewer.post<{ status: number }[]>("/user/get_users_online_status", { user_ids: [whom.id] }))[0]?.status;
const refusalIn = async (chat: string, who: Person) =>
  (await rows<Pick<Member, "refuses">>(roomOf(chat), `SELECT refuses FROM members WHERE user_id = '${who.id}'`))[0]
    ?.refuses;

test("[BLOCK-1] a blocked user's messages are refused on every path, and nothing is stored or pushed", async () => {
  const [alice, bob, chat] = await pair();
  const [own, room, hers] = [await bob.socket(), await bob.roomSocket(chat), await alice.socket()];
  await block(alice, bob);
  expect((await bob.send(alice, "by REST")).code).toBe(3011);
  expect((await own.request(1003, outgoing(alice, "on my socket"))).err_code).toBe(3011);
  expect((await room.request(1003, outgoing(alice, "on the chat's socket"))).err_code).toBe(3011);
  expect(await alice.seqs(chat)).toEqual([1]);
  expect(await bob.seqs(chat)).toEqual([1]);
  // History stays for both, and the blocker may still write.
  await alice.text(bob, "one more thing");
  expect(await bob.seqs(chat)).toEqual([1, 2]);
  await unblock(alice, bob);
  await bob.text(alice, "hello again");
  await hers.push<{ msgs: Record<string, { seq: number }[]> }>(2001, ({ msgs }) => msgs[chat]?.[0]?.seq === 3);
});

test("[BLOCK-1] a blocked user cannot pin, unpin, edit or react in the chat; the blocker can pin", async () => {
  const [alice, bob, chat] = await pair();
  ok(await bob.send(alice, "mine"));
  const [hers, his] = [operating(alice, chat), operating(bob, chat)];
  ok(await his.pin(1));
  const [own, room] = [await bob.socket(), await bob.roomSocket(chat)];
  await block(alice, bob);
  const before = (await hers.changes(0)).rev;
  for (const attempt of [his.pin(2), his.pin(1, false), his.edit(2, "other"), his.react(2, "👍")]) {
    expect((await attempt).code).toBe(3011);
  }
  const pin = { conversation_id: chat, seq: 2, on: true };
  for (const socket of [own, room]) expect((await socket.request(1016, pin)).err_code).toBe(3011);
  expect(await hers.pins()).toEqual([1]);
  expect((await hers.changes(0)).rev).toBe(before);
  ok(await hers.pin(2));
  await unblock(alice, bob);
  ok(await his.pin(1, false));
  expect(await hers.pins()).toEqual([2]);
});

test("[BLOCK-1] a first message to a user who blocks is refused and creates nothing, on every path", async () => {
  const [alice, bob] = await people("alice", "bob");
  const chat = alice.chatWith(bob);
  await block(alice, bob);
  const [own, room] = [await bob.socket(), await bob.roomSocket(chat)];
  expect((await bob.send(alice, "hello")).code).toBe(3011);
  expect((await own.request(1003, outgoing(alice, "hello"))).err_code).toBe(3011);
  expect((await room.request(1003, outgoing(alice, "hello"))).err_code).toBe(3011);
  expect(await tablesOf(roomOf(chat))).toEqual([]);
  expect(await alice.list()).toEqual([]);
});

test("[BLOCK-1] a retry of a message from before the block gets its first answer [SEND-3]", async () => {
  const [alice, bob] = await pair();
  const sent = ok(await bob.send(alice, "before", "mine"));
  await block(alice, bob);
  expect(ok(await bob.send(alice, "before", "mine"))).toEqual(sent);
});

test("[BLOCK-1] the block survives restarts of both objects", async () => {
  const [alice, bob, chat] = await pair();
  await block(alice, bob);
  await evictAllDurableObjects();
  expect((await bob.send(alice, "hello")).code).toBe(3011);
  expect(await blocks(alice)).toEqual([bob.id]);
  await abortAllDurableObjects();
  expect((await bob.send(alice, "hello")).code).toBe(3011);
  expect(await refusalIn(chat, alice)).toBe(1);
});

test("[BLOCK-1] a block that falls between the question and the first message reaches the chat when it begins", async () => {
  const [alice, bob] = await people("alice", "bob");
  const chat = alice.chatWith(bob);
  await block(alice, bob);
  // As if the sender's inbox had asked just before the block.
  const call = { user_id: bob.id, mark: null, sends: [{ client_msg_id: "c", msg_type: 1, content: '{"text":"x"}' }] };
  await inside(roomOf(chat), (object) =>
    "append" in object ? object.append({ ...call, allowance: 1, founding: true }) : undefined,
  );
  await eventually(async () => expect(await refusalIn(chat, alice)).toBe(1));
  expect((await bob.send(alice, "hello")).code).toBe(3011);
});

test("[BLOCK-1] a chat that a crash kept from hearing of a block hears of it by the alarm", async () => {
  const [alice, bob, chat] = await pair();
  await alice.list();
  await block(alice, bob);
  // As after a crash between the row of the block and the call to the chat.
  await inside(inboxOf(alice), (_, { storage }) => storage.sql.exec("DELETE FROM refusals"));
  await inside(roomOf(chat), (_, { storage }) => storage.sql.exec("UPDATE members SET refuses = 0"));
  await abortAllDurableObjects();
  expect(await ring(inboxOf(alice))).toBe(true);
  expect((await bob.send(alice, "hello")).code).toBe(3011);
});

test("[BLOCK-1] a call of an earlier life of the blocker's inbox, which arrives late, does not end the block", async () => {
  const [alice, bob, chat] = await pair();
  const late = Date.now();
  await block(alice, bob);
  await inside(roomOf(chat), async (object) => {
    if ("append" in object) await object.call("consent.set_refusal", { user_id: alice.id, refusal: 0, at: late - 1 });
  });
  expect(await refusalIn(chat, alice)).toBe(1);
  expect((await bob.send(alice, "hello")).code).toBe(3011);
});

test("[BLOCK-2] the blocked user sees the blocker offline, at once and later; others do not notice", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  await makeGroup(alice, bob, carol);
  await alice.socket();
  const watcher = await bob.socket();
  await eventually(async () => expect(await statusSeen(bob, alice)).toBe(1));
  await watcher.request(1010, { user_ids: [alice.id] });
  await block(alice, bob);
  await watcher.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 0);
  expect(await statusSeen(bob, alice)).toBe(0);
  expect(await statusSeen(carol, alice)).toBe(1);
  await unblock(alice, bob);
  await watcher.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 1);
});

test("[BLOCK-2] typing of a blocked user is accepted and shown to nobody, and ends with the block", async () => {
  const [alice, bob, chat] = await pair();
  const [hers, room, his] = [await alice.socket(), await alice.roomSocket(chat), await bob.socket()];
  const typing = { conversation_id: chat, typing: true };
  expect((await his.request(1008, typing)).err_code).toBe(0);
  const is = (wanted: boolean) => (typed: { typing: boolean }) => typed.typing === wanted;
  await Promise.all([hers, room].map((socket) => socket.push(2006, is(true))));
  await block(alice, bob);
  await Promise.all([hers, room].map((socket) => socket.push(2006, is(false))));
  expect((await his.request(1008, typing)).err_code).toBe(0);
  // A later push on the same sockets shows that no typing came before it.
  await alice.text(bob, "marker");
  for (const socket of [hers, room]) {
    const seen = socket.log.filter((frame) => frame.req_identifier === 2006).length;
    expect(seen).toBe(2);
  }
});

test("[BLOCK-3] invitations by a blocked user are refused, as first member of a group too, and groups in common stay", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const shared = await makeGroup(carol, alice, bob);
  const his = await makeGroup(bob, carol);
  await block(alice, bob);
  const invited = await bob.post("/group/invite", { group_id: his.group_id, user_ids: [alice.id] });
  expect(ok(invited)).toEqual([{ user_id: alice.id, code: 3011 }]);
  const made = await bob.post("/group/create", { name: "trap", member_ids: [alice.id, carol.id] });
  expect(made.code).toBe(3011);
  expect((await carol.list()).map(({ title }) => title)).not.toContain("trap");
  await bob.text(shared, "in a group in common");
  expect(await alice.seqs(shared.conversation_id)).toEqual([1]);
  // Others may still add her.
  expect(ok(await carol.post("/group/invite", { group_id: his.group_id, user_ids: [alice.id] }))).toEqual([
    { user_id: alice.id, code: 0 },
  ]);
});

test("blocks are listed newest first, in pages, and are limited", async () => {
  const [alice, ...others] = await people("alice", "b", "c", "d");
  for (const other of others) await block(alice, other);
  expect((await blocks(alice)).toSorted()).toEqual(others.map(({ id }) => id).toSorted());
  const seen: string[] = [];
  for (let cursor = "", pages = 0; pages < 4; pages++) {
    const page = await alice.get<Blocked>("/user/blocks", { limit: 1, cursor });
    seen.push(...ok(page).map(({ user_id }) => user_id));
    cursor = page.meta?.next_cursor ?? "";
    if (cursor === "") break;
  }
  expect(seen).toEqual(await blocks(alice));
  expect((await alice.get("/user/blocks", { cursor: "nonsense" })).code).toBe(1001);
  expect((await alice.post("/user/block", { user_id: alice.id })).code).toBe(1001);
  expect((await alice.post("/user/block", { user_id: "nobody" })).code).toBe(2006);
  await inside(inboxOf(alice), (_, { storage }) => {
    for (let n = 0; n < 1_000; n++) storage.sql.exec("INSERT INTO blocks (user_id, at) VALUES (?, 1)", `u${n}`);
  });
  await evictAllDurableObjects();
  const [one] = others;
  expect((await alice.post("/user/block", { user_id: one.id })).code).toBe(0);
  const [late] = await people("late");
  expect((await alice.post("/user/block", { user_id: late.id })).code).toBe(4010);
  for (const other of others) await unblock(alice, other);
  expect((await blocks(alice)).length).toBe(1_000);
});
