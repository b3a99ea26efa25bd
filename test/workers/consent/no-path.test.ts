import { expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ SEND_BURST: 10_000, REQUEST_BURST: 10_000 });

/** Everything that a blocked user can try against the blocker, each with the codes that refuse it. */
type Path = readonly [name: string, codes: readonly number[], attempt: () => Promise<number>];

/**
 * One walk over every path from a blocked user to the blocker. New ways to reach a user belong here. [BLOCK-1] [BLOCK-2]
 * [BLOCK-3]
 */
test("[BLOCK-1] [BLOCK-2] [BLOCK-3] a blocked user finds no path: sockets, REST, forwards, groups, presence, typing", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const chat = alice.chatWith(bob);
  await bob.text(alice, "mine");
  await alice.text(bob, "hers");
  const group = await makeGroup(bob, carol);
  const common = await makeGroup(carol, alice, bob);
  const { seq: elsewhere } = await bob.text(carol, "to be forwarded");
  const [own, room, hers, hersInChat] = await Promise.all([
    bob.socket(),
    bob.roomSocket(chat),
    alice.socket(),
    alice.roomSocket(chat),
  ]);
  await eventually(async () => expect(await statusSeen(bob, alice)).toBe(1));
  await own.request(1010, { user_ids: [alice.id] });
  ok(await alice.post("/user/block", { user_id: bob.id }));
  await own.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 0);
  const [logged, loggedInChat] = [hers.log.length, hersInChat.log.length];
  const before = await stateOf(alice, chat);

  const rest = async (path: string, body: unknown) => (await bob.post(path, body)).code;
  const frame = async (socket: typeof own, number: number, data: unknown) =>
    (await socket.request(number, data)).err_code;
  const onMessage = { conversation_id: chat, seq: 1 };
  const forward = { from_conversation_id: bob.chatWith(carol), seqs: [elsewhere], recv_id: alice.id };
  const paths: readonly Path[] = [
    ["send, REST", [3011], () => rest("/msg/send", outgoing(alice, "x"))],
    ["send, user's socket", [3011], () => frame(own, 1003, outgoing(alice, "x"))],
    ["send, chat's socket", [3011], () => frame(room, 1003, outgoing(alice, "x"))],
    ["reply", [3011], () => rest("/msg/send", { ...outgoing(alice, "x"), meta: { reply_to: 2 } })],
    ["mention", [3011], () => rest("/msg/send", { ...outgoing(alice, "x"), meta: { mentions: [alice.id] } })],
    ["forward, REST", [3011], () => rest("/msg/forward", { ...forward, client_msg_ids: ["f1"] })],
    ["edit, REST", [3011], () => rest("/msg/edit", { ...onMessage, content: { text: "x" } })],
    ["edit, user's socket", [3011], () => frame(own, 1012, { ...onMessage, content: { text: "x" } })],
    ["edit, chat's socket", [3011], () => frame(room, 1012, { ...onMessage, content: { text: "x" } })],
    ["react, REST", [3011], () => rest("/msg/react", { ...onMessage, emoji: "👍", on: true })],
    ["react, user's socket", [3011], () => frame(own, 1015, { ...onMessage, emoji: "👍", on: true })],
    ["react, chat's socket", [3011], () => frame(room, 1015, { ...onMessage, emoji: "👍", on: true })],
    ["pin, REST", [3011], () => rest("/msg/pin", { ...onMessage, on: true })],
    ["pin, user's socket", [3011], () => frame(own, 1016, { ...onMessage, on: true })],
    ["pin, chat's socket", [3011], () => frame(room, 1016, { ...onMessage, on: true })],
    // Accepted, so that nothing is learnt, and shown to nobody.
    ["typing, user's socket", [0], () => frame(own, 1008, { conversation_id: chat, typing: true })],
    ["typing, chat's socket", [0], () => frame(room, 1008, { conversation_id: chat, typing: true })],
    ["first members", [3011], () => rest("/group/create", { name: "g", member_ids: [alice.id] })],
    ["invitation", [3011], async () => await invited(bob, group.group_id, alice)],
    // A user who is no member is not mentioned, and learns of no group.
    ["mention in a group", [0], () => rest("/msg/send", { ...outgoing(group, "x"), meta: { mentions: [alice.id] } })],
    ["presence, REST", [0], () => statusSeen(bob, alice)],
    ["presence, socket", [0], async () => await watched(own, alice)],
    ["the blocks of the blocker", [3011], () => rest("/msg/send", outgoing(alice, "y"))],
  ];
  for (const [name, codes, attempt] of paths) expect(codes, name).toContain(await attempt());

  // What a socket still says may arrive a moment later.
  await carol.text(common, "after");
  await hers.push<{ msgs: Record<string, Message[]> }>(2001, ({ msgs }) => common.conversation_id in msgs);
  const pushed = hers.log.slice(logged).map(({ req_identifier, data }) => [req_identifier, JSON.stringify(data)]);
  expect(pushed.filter(([, data]) => String(data).includes(bob.id) && !String(data).includes("after"))).toEqual([]);
  expect(hersInChat.log.slice(loggedInChat)).toEqual([]);
  expect(await stateOf(alice, chat)).toEqual(before);
  expect((await alice.list()).map(({ conversation_id }) => conversation_id).sort()).toEqual(
    [chat, common.conversation_id].sort(),
  );
});

test("[BLOCK-1] nor does a first message of a blocked user, on any path", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const { seq } = await bob.text(carol, "hello");
  ok(await alice.post("/user/block", { user_id: bob.id }));
  const [own, room] = [await bob.socket(), await bob.roomSocket(alice.chatWith(bob))];
  const forward = { from_conversation_id: bob.chatWith(carol), seqs: [seq], recv_id: alice.id, client_msg_ids: ["f"] };
  expect((await bob.send(alice, "x")).code).toBe(3011);
  expect((await own.request(1003, outgoing(alice, "x"))).err_code).toBe(3011);
  expect((await room.request(1003, outgoing(alice, "x"))).err_code).toBe(3011);
  expect((await bob.post("/msg/forward", forward)).code).toBe(3011);
  expect(await alice.list()).toEqual([]);
});

async function statusSeen(viewer: Person, whom: Person): Promise<number> {
  const [seen] = ok(await viewer.post<{ status: number }[]>("/user/get_users_online_status", { user_ids: [whom.id] }));
  return seen?.status ?? -1;
}

async function watched(socket: Awaited<ReturnType<Person["socket"]>>, whom: Person): Promise<number> {
  const { data } = await socket.request<{ items: { status: number }[] }>(1010, { user_ids: [whom.id] });
  return data.items[0]?.status ?? -1;
}

async function invited(who: Person, group_id: string, whom: Person): Promise<number> {
  const results = ok(await who.post<{ code: number }[]>("/group/invite", { group_id, user_ids: [whom.id] }));
  return results[0]?.code ?? -1;
}

/** What the blocker sees of the chat, without the blocker's own marks. */
async function stateOf(who: Person, chat: string) {
  const { messages, max_seq, rev } = await who.pull(chat);
  const pins = ok(await who.get<Message[]>("/msg/pins", { conversation_id: chat }));
  return { messages, max_seq, rev, pins: pins.length };
}
