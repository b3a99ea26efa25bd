import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Conversation } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, expectAgreement } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";

type Totals = { unread_count: number; muted_unread_count: number };
type Changed = { conversation: Partial<Conversation> & { gone?: true } };

const update = async (who: Person, chat: string, settings: Record<string, unknown>) =>
  ok(await who.put("/conversation/update", settings, { conversation_id: chat }));
const totals = async (who: Person) => ok(await who.get<Totals>("/conversation/unread_count"));
const remove = async (who: Person, chat: string, clear?: boolean) =>
  ok(await who.post("/conversation/delete", { conversation_id: chat, clear }));
const clear = async (who: Person, chat: string) => ok(await who.post("/conversation/clear", { conversation_id: chat }));
const listed = async (who: Person, chat: string) => (await who.entry(chat)) !== undefined;

test("[LIST-4] archived chats are not in the totals, snoozed ones count as quiet; both last over a restart", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(async () => expect(await totals(bob)).toEqual({ unread_count: 1, muted_unread_count: 0 }));
  const socket = await bob.socket();
  await update(bob, chat, { snooze_until: Date.now() + 60_000 });
  await socket.push<Changed>(2007, ({ conversation }) => (conversation.snooze_until ?? 0) > Date.now());
  expect(await totals(bob)).toEqual({ unread_count: 0, muted_unread_count: 1 });
  await update(bob, chat, { is_archived: true });
  expect(await totals(bob)).toEqual({ unread_count: 0, muted_unread_count: 0 });
  await evictAllDurableObjects();
  await alice.text(bob, "again");
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ is_archived: true, unread_count: 2 }));
  expect(await totals(bob)).toEqual({ unread_count: 0, muted_unread_count: 0 });
  await update(bob, chat, { is_archived: false, snooze_until: 0 });
  expect(await totals(bob)).toEqual({ unread_count: 2, muted_unread_count: 0 });
  // A snooze that is over has no effect.
  await update(bob, chat, { snooze_until: Date.now() - 1 });
  expect(await totals(bob)).toEqual({ unread_count: 2, muted_unread_count: 0 });
});

test("[LIST-4] a mark as unread ends when the user reads or writes, and with nothing else", async () => {
  const [alice, bob, chat] = await pair();
  ok(await bob.read(chat, 1));
  const isMarked = async () => (await bob.entry(chat))?.is_unread;
  await update(bob, chat, { is_unread: true });
  await alice.text(bob, "again");
  ok(await alice.read(chat, 2));
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 2, peer_read_seq: 2 }));
  expect(await isMarked()).toBe(true);
  ok(await bob.read(chat, 2));
  expect(await isMarked()).toBe(false);
  await update(bob, chat, { is_unread: true });
  await bob.text(alice, "here");
  expect(await isMarked()).toBe(false);
  expect((await bob.put("/conversation/update", { snooze_until: -1 }, { conversation_id: chat })).code).toBe(1001);
});

test("[LIST-5] a deleted chat returns with the next message, with its history; marks do not bring it back", async () => {
  const [alice, bob, chat] = await pair();
  await bob.text(alice, "two");
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 2 }));
  const before = (await bob.sync(0)).cursor;
  const socket = await bob.socket();
  await remove(bob, chat);
  await socket.push<Changed>(2007, ({ conversation }) => conversation.gone === true);
  expect((await bob.sync(before)).conversations).toEqual([{ conversation_id: chat, gone: true }]);
  ok(await alice.read(chat, 2));
  await evictAllDurableObjects();
  expect(await listed(bob, chat)).toBe(false);
  expect(await bob.seqs(chat)).toEqual([1, 2]);
  expect(await totals(bob)).toEqual({ unread_count: 0, muted_unread_count: 0 });
  await alice.text(bob, "three");
  await eventually(async () => expect(await listed(bob, chat)).toBe(true));
  expect(await bob.seqs(chat)).toEqual([1, 2, 3]);
  await expectAgreement(chat, [alice, bob]);
});

test("[LIST-5] a dismissed group is deleted for ever, without leaving it", async () => {
  const [owner, bob] = await people("owner", "bob");
  const { group_id, conversation_id } = await makeGroup(owner, bob);
  ok(await owner.post("/group/dismiss", { group_id }));
  await eventually(async () => expect(await listed(bob, conversation_id)).toBe(true));
  await remove(bob, conversation_id);
  await evictAllDurableObjects();
  expect(await listed(bob, conversation_id)).toBe(false);
});

test("[LIST-5] clear hides the history from the user on every path, for ever, and from nobody else", async () => {
  const [alice, bob, chat] = await pair();
  const retried = ok(await bob.send(alice, "mine", "mine"));
  await alice.text(bob, "three");
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 3, unread_count: 1 }));
  const [socket, room] = [await bob.socket(), await bob.roomSocket(chat)];
  await clear(bob, chat);
  const empty = { last_message: null, unread_count: 0, min_seq: 4, max_seq: 3 };
  expect(await bob.entry(chat)).toMatchObject(empty);
  expect(await bob.seqs(chat)).toEqual([]);
  for (const each of [socket, room]) {
    const pulled = await each.request<{ messages: unknown[] }>(1002, { conversation_id: chat, seq_list: [1, 2, 3] });
    expect(pulled.data.messages).toEqual([]);
  }
  expect((await bob.get("/msg/read_by", { conversation_id: chat, seq: 1 })).code).toBe(4001);
  // A retry of an own message still gets its first answer, and no second message. [SEND-3]
  expect(ok(await bob.send(alice, "mine", "mine"))).toEqual(retried);
  await clear(bob, chat);
  await evictAllDurableObjects();
  expect(await bob.seqs(chat)).toEqual([]);
  expect(await alice.seqs(chat)).toEqual([1, 2, 3]);
  expect((await room.request(1003, outgoing(alice, "four"))).err_code).toBe(0);
  expect(await bob.seqs(chat)).toEqual([4]);
  await expectAgreement(chat, [alice, bob]);
});

test("[LIST-5] a former member who clears a group has it no longer; outsiders clear nothing", async () => {
  const [owner, bob, carol] = await people("owner", "bob", "carol");
  const { group_id, conversation_id } = await makeGroup(owner, bob);
  await owner.text({ group_id });
  ok(await bob.post("/group/quit", { group_id }));
  await remove(bob, conversation_id, true);
  expect(await bob.seqs(conversation_id)).toEqual([]);
  expect(await listed(bob, conversation_id)).toBe(false);
  await owner.text({ group_id });
  expect(await bob.seqs(conversation_id)).toEqual([]);
  for (const id of [conversation_id, "sg_nowhere"]) {
    expect((await carol.post("/conversation/clear", { conversation_id: id })).code).toBe(1007);
    expect((await carol.post("/conversation/delete", { conversation_id: id })).code).toBe(1007);
  }
  expect((await carol.post("/conversation/clear", { conversation_id: carol.chatWith(owner) })).code).toBe(4003);
  expect((await carol.post("/conversation/clear", { conversation_id: "nonsense" })).code).toBe(1001);
});
