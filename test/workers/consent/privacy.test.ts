import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Conversation } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const clock = standingClock();
settings({ STRANGERS_PER_HOUR: 1_000 });
const MONTH = 30 * 86_400_000;

const set = async (who: Person, privacy: Record<string, unknown>) => ok(await who.put("/user/privacy", privacy));
const invite = async (who: Person, { group_id }: TestGroup, whom: Person) =>
  ok(await who.post<{ code: number }[]>("/group/invite", { group_id, user_ids: [whom.id] }))[0]?.code;
const answer = async (who: Person, { group_id }: TestGroup, accept: boolean) =>
  (await who.post("/group/answer_invite", { group_id, accept })).code;
const card = (who: Person, { conversation_id }: TestGroup) => who.entry(conversation_id);
const statusSeen = async (viewer: Person, whom: Person) =>
  ok(await viewer.post<{ status: number }[]>("/user/get_users_online_status", { user_ids: [whom.id] }))[0]?.status;

test("[PRIV-1] everything is open at first, and a change keeps what it does not name", async () => {
  const [alice] = await people("alice");
  const open = { messages_from: "all", invites_from: "all", findable: false, last_seen: "all" };
  expect(ok(await alice.get("/user/privacy"))).toEqual(open);
  expect(await set(alice, { invites_from: "ask", findable: true })).toEqual({
    ...open,
    invites_from: "ask",
    findable: true,
  });
  await evictAllDurableObjects();
  expect(await set(alice, { last_seen: "nobody" })).toEqual({
    ...open,
    invites_from: "ask",
    findable: true,
    last_seen: "nobody",
  });
  expect((await alice.put("/user/privacy", { messages_from: "some" })).code).toBe(1001);
  expect((await alice.put("/user/privacy", { messages_from: "ask" })).code).toBe(1001);
});

test("[PRIV-1] messages_from known: strangers are refused, also in a chat that they began; those written to are not", async () => {
  const [alice, bob, chat] = await pair();
  const [carol, dave] = await people("carol", "dave");
  // bob has not written, alice began the chat. dave began a chat that bob never answered.
  await dave.text(bob, "first");
  await set(bob, { messages_from: "known" });
  expect((await carol.send(bob, "hello")).code).toBe(3011);
  expect((await dave.send(bob, "again")).code).toBe(3011);
  expect((await alice.send(bob, "again")).code).toBe(3011);
  // Writing to somebody makes them known, at once.
  await bob.text(alice, "hi");
  expect((await alice.send(bob, "thanks")).code).toBe(0);
  await bob.text(carol, "hi");
  expect((await carol.send(bob, "thanks")).code).toBe(0);
  await set(bob, { messages_from: "all" });
  expect((await dave.send(bob, "at last")).code).toBe(0);
  expect(await bob.seqs(chat)).toEqual([1, 2, 3]);
});

test("[PRIV-1] messages_from nobody: refused by everyone, known or not, and the same code as for a block", async () => {
  const [alice, bob] = await pair();
  const [carol] = await people("carol");
  await bob.text(alice, "hi");
  await set(bob, { messages_from: "nobody" });
  const [blocked] = await people("blocked");
  ok(await bob.post("/user/block", { user_id: blocked.id }));
  const answers = await Promise.all([alice, carol, blocked].map((who) => who.send(bob, "hello")));
  expect(answers.map(({ code, msg }) => [code, msg])).toEqual(
    answers.map(() => [3011, "this user does not take this from you"]),
  );
  // A chat that the user begins now is one where the other cannot answer either.
  const [dave] = await people("dave");
  await bob.text(dave, "hello");
  await eventually(async () => expect((await dave.send(bob, "hello")).code).toBe(3011));
});

test("[PRIV-1] many chats are told in steps by the alarm", async () => {
  const [alice, ...others] = await people("alice", ...Array.from({ length: 60 }, (_, n) => `o${n}`));
  for (const other of others) await other.text(alice);
  await eventually(async () => expect((await alice.list()).length).toBe(60));
  await set(alice, { messages_from: "known" });
  const codes = async () =>
    (await Promise.all(others.map((other) => other.send(alice, "again")))).map(({ code }) => code);
  expect((await codes()).filter((code) => code === 3011).length).toBeGreaterThanOrEqual(50);
  clock.now += 1_000;
  await ring(inboxOf(alice));
  expect(await codes()).toEqual(others.map(() => 3011));
});

test("[PRIV-2] invites_from: nobody and known", async () => {
  const [owner, alice, bob] = await people("owner", "alice", "bob");
  const group = await makeGroup(owner);
  await set(alice, { invites_from: "nobody" });
  await set(bob, { invites_from: "known" });
  expect(await invite(owner, group, alice)).toBe(3011);
  expect(await invite(owner, group, bob)).toBe(3011);
  await bob.text(owner);
  expect(await invite(owner, group, bob)).toBe(0);
  expect((await owner.post("/group/create", { name: "x", member_ids: [alice.id] })).code).toBe(3011);
  // They may still come by themselves.
  ok(await alice.post("/group/join", { group_id: group.group_id }));
});

test("[PRIV-2] invites_from ask: the user sees the card and nothing else until they accept", async () => {
  const [owner, alice, carol] = await people("owner", "alice", "carol");
  await set(alice, { invites_from: "ask" });
  const group = await makeGroup(owner, carol);
  await owner.text(group, "secret");
  const socket = await alice.socket();
  expect(await invite(owner, group, alice)).toBe(3012);
  const seen = await socket.push<{ conversation: Conversation }>(2007);
  expect(seen.conversation).toMatchObject({ my_status: 4, title: "the group", last_message: null, unread_count: 0 });
  expect(await card(alice, group)).toMatchObject({ my_status: 4, title: "the group", last_message: null });
  expect(await alice.seqs(group.conversation_id)).toEqual([]);
  expect((await alice.get("/group/members", { group_id: group.group_id })).code).toBe(3003);
  expect((await alice.send(group, "x")).code).toBe(3003);
  expect(ok(await owner.get<unknown[]>("/group/members", { group_id: group.group_id })).length).toBe(2);
  expect(await statusSeen(owner, alice)).toBe(0);
  // Messages while it waits do not reach her.
  await owner.text(group, "still secret");
  await evictAllDurableObjects();
  expect(await alice.seqs(group.conversation_id)).toEqual([]);
  // A second invitation while one waits changes nothing.
  expect(await invite(carol, group, alice)).toBe(3012);
  expect(await answer(alice, group, true)).toBe(0);
  const [notice] = (await alice.pull(group.conversation_id)).messages;
  expect(notice).toMatchObject({ msg_type: 1001, content: { inviter_user_id: owner.id } });
  await owner.text(group, "welcome");
  await eventually(async () => expect(await card(alice, group)).toMatchObject({ my_status: 1, unread_count: 1 }));
  expect(await answer(alice, group, true)).toBe(3005);
});

test("[PRIV-2] a declined invitation leaves the list and nothing behind; it can be repeated", async () => {
  const [owner, alice] = await people("owner", "alice");
  await set(alice, { invites_from: "ask" });
  const group = await makeGroup(owner, alice);
  await eventually(async () => expect(await card(alice, group)).toMatchObject({ my_status: 4 }));
  expect(await answer(alice, group, false)).toBe(0);
  expect(await card(alice, group)).toBeUndefined();
  expect(await answer(alice, group, true)).toBe(3003);
  await owner.text(group, "later");
  expect(await alice.seqs(group.conversation_id)).toEqual([]);
  expect(await invite(owner, group, alice)).toBe(3012);
  await eventually(async () => expect(await card(alice, group)).toMatchObject({ my_status: 4 }));
});

test("[PRIV-2] a former member who is asked keeps what they saw, and sees nothing more", async () => {
  const [owner, alice] = await people("owner", "alice");
  const group = await makeGroup(owner, alice);
  await owner.text(group);
  ok(await alice.post("/group/quit", { group_id: group.group_id }));
  await set(alice, { invites_from: "ask" });
  await owner.text(group, "after");
  expect(await invite(owner, group, alice)).toBe(3012);
  expect(await alice.seqs(group.conversation_id)).toEqual([1, 2]);
  expect(await answer(alice, group, false)).toBe(0);
  expect(await alice.seqs(group.conversation_id)).toEqual([1, 2]);
});

test("[PRIV-2] an invitation ends after 30 days, in the group and in the list", async () => {
  const [owner, alice] = await people("owner", "alice");
  await set(alice, { invites_from: "ask" });
  const group = await makeGroup(owner, alice);
  await eventually(async () => expect(await card(alice, group)).toMatchObject({ my_status: 4 }));
  clock.now += MONTH;
  await ring(inboxOf(alice));
  const [fresh] = [await alice.on(5)];
  expect(await card(fresh, group)).toBeUndefined();
  expect(await answer(fresh, group, true)).toBe(3003);
  const host = await owner.on(5);
  expect(await invite(host, group, alice)).toBe(3012);
  await eventually(async () => expect(await card(fresh, group)).toMatchObject({ my_status: 4 }));
  ok(await host.post("/group/dismiss", { group_id: group.group_id }));
  expect(await answer(fresh, group, true)).toBe(3002);
});

test("[PRIV-3] last_seen decides who sees that the user is online, and takes effect at once", async () => {
  const [alice, bob] = await pair();
  await alice.socket();
  const watcher = await bob.socket();
  await watcher.request(1010, { user_ids: [alice.id] });
  expect(await statusSeen(bob, alice)).toBe(1);
  await set(alice, { last_seen: "nobody" });
  await watcher.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 0);
  expect(await statusSeen(bob, alice)).toBe(0);
  // Alice has written to bob.
  await set(alice, { last_seen: "known" });
  await watcher.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 1);
  const [carol] = await people("carol");
  await carol.text(alice);
  expect(await statusSeen(carol, alice)).toBe(0);
});

test("privacy can be changed a bounded number of times an hour", async () => {
  const [alice] = await people("alice");
  const change = async (n: number) =>
    (await alice.put("/user/privacy", { last_seen: n % 2 === 0 ? "nobody" : "all" })).code;
  for (let n = 0; n < 20; n++) expect(await change(n)).toBe(0);
  expect(await change(20)).toBe(1006);
  expect(await change(21)).toBe(0);
});
