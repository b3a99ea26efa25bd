import { evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { PushData } from "../../../src/protocol/frame-answers.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { ASKING, beforeEndpoint } from "../../helpers/workers/before.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually, expectAgreement } from "../../helpers/workers/objects.ts";
import { expectRecalled, operating } from "../../helpers/workers/operations.ts";
import { makeGroup, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ ...ASKING, OPERATION_RATE_PER_SECOND: 1, OPERATION_BURST: 10, RECALL_SECONDS: 3_600 });
const endpoint = beforeEndpoint();
const key = await makeKey("messages,groups,audit");

interface Recalled {
  results: { seq: number; code: number }[];
  rev: number;
}
const recall = (user_id: string, conversation_id: string, ...seqs: number[]) =>
  key.post<Recalled>("/admin/messages/recall", { user_id, conversation_id, seqs });
const edit = (user_id: string, conversation_id: string, seq: number, text: string, more: object = {}) =>
  key.post<{ message: Message; rev: number }>("/admin/messages/edit", {
    user_id,
    conversation_id,
    seq,
    content: { text },
    ...more,
  });
const codesOf = async (...given: Parameters<typeof recall>) =>
  ok(await recall(...given)).results.map(({ code }) => code);

describe("[KEY-5] the backend operates on messages", () => {
  test("in a user's name: pushed and listed like theirs, over their rate, and without being asked", async () => {
    const [alice, bob, chat] = await pair();
    const socket = await bob.socket();
    const seqs = [1];
    for (const text of ["two", "three"]) seqs.push((await alice.text(bob, text)).seq);
    await socket.push<PushData<2001>>(2001, ({ msgs }) => msgs[chat]?.some(({ seq }) => seq === seqs.at(-1)) ?? false);
    endpoint.asked.length = 0;
    const texts = Array.from({ length: 15 }, (_, at) => `edit ${at}`);
    for (const text of texts) expect(ok(await edit(alice.id, chat, 1, text)).message.content).toEqual({ text });
    expect(await codesOf(alice.id, chat, ...seqs)).toEqual([0, 0, 0]);
    // A repeat changes nothing.
    const { rev } = ok(await recall(alice.id, chat, ...seqs));
    expect((await operating(bob, chat).changes(0)).rev).toBe(rev);
    expect(endpoint.asked).toEqual([]);
    const last = await socket.push<PushData<2008>>(2008, ({ messages }) =>
      messages.some(({ seq }) => seq === seqs.at(-1)),
    );
    expect(last.conversation_id).toBe(chat);
    for (const seq of seqs) expectRecalled(await operating(bob, chat).message(seq), alice);
    await eventually(() => expectAgreement(chat, [alice, bob]));
    expect((await bob.entry(chat))?.unread_count).toBe(0);
  });

  test("as system: any message at any time, in chats, groups and dismissed groups; only its own can it edit", async () => {
    const [alice, bob, chat] = await pair();
    expect(await codesOf("system", chat, 1, 99)).toEqual([0, 4001]);
    expect(await operating(bob, chat).message(1)).toMatchObject({ content: {}, amended: { recalled_by: "system" } });
    const { group_id, conversation_id } = await makeGroup(alice, bob);
    const said = await alice.text({ group_id });
    const body = { sender_id: "system", group_id, client_msg_id: "a", msg_type: 1, content: { text: "at nine" } };
    const own = ok(await key.post<Message>("/admin/messages", body));
    expect((await edit("system", conversation_id, said.seq, "not mine")).code).toBe(4009);
    expect(ok(await edit("system", conversation_id, own.seq, "at ten")).message).toMatchObject({
      content: { text: "at ten" },
    });
    expect((await bob.pull(conversation_id)).messages.at(-1)?.content.text).toBe("at ten");
    ok(await alice.post("/group/dismiss", { group_id }));
    expect((await edit("system", conversation_id, own.seq, "at eleven")).code).toBe(3002);
    // A notice is no message to recall.
    expect(await codesOf("system", conversation_id, said.seq, own.seq, own.seq + 1)).toEqual([0, 0, 4009]);
    expect(await operating(bob, conversation_id).message(said.seq)).toMatchObject({ content: {} });
  });

  test("by the rules of the user: whom they outrank, what they see, and how late it is", async () => {
    const [owner, member, outsider] = await people("owner", "member", "outsider");
    const { group_id, conversation_id } = await makeGroup(owner, member);
    const { seq } = await owner.text({ group_id });
    const theirs = await member.text({ group_id });
    expect(await codesOf(member.id, conversation_id, seq, 50)).toEqual([4009, 4001]);
    expect(await codesOf(owner.id, conversation_id, theirs.seq)).toEqual([0]);
    expect((await recall(outsider.id, conversation_id, seq)).code).toBe(3003);
    expect((await edit(outsider.id, conversation_id, seq, "x")).code).toBe(3003);
    expect((await edit(member.id, conversation_id, seq, "x")).code).toBe(4009);
    expect((await edit(owner.id, conversation_id, seq, "x", { if_rev: 0 })).code).toBe(0);
    expect((await edit(owner.id, conversation_id, seq, "y", { if_rev: 0 })).code).toBe(4007);
    ok(await key.post(`/admin/groups/${group_id}/dismiss`));
    expect((await recall(owner.id, conversation_id, seq)).code).toBe(3002);
    expect((await recall(outsider.id, member.chatWith(owner), 1)).code).toBe(1007);
    // A chat without a message comes into being by neither.
    const chat = member.chatWith(outsider);
    expect(await codesOf(member.id, chat, 1)).toEqual([4001]);
    expect(await codesOf("system", chat, 1)).toEqual([4001]);
    expect((await edit("system", chat, 1, "x")).code).toBe(4001);
    expect(await member.entry(chat)).toBeUndefined();
  });

  test.each<[string, object, number]>([
    ["an unknown user", { user_id: "nobody" }, 2006],
    ["no user", { user_id: undefined }, 1001],
    ["an unknown group", { conversation_id: "sg_nowhere" }, 3001],
    ["no conversation", { conversation_id: "x" }, 1001],
    ["no seqs", { seqs: [] }, 1001],
    ["too many seqs", { seqs: Array.from({ length: 101 }, (_, at) => at + 1) }, 1001],
  ])("not with %s", async (_, change, code) => {
    const [alice, , chat] = await pair();
    const body = { user_id: alice.id, conversation_id: chat, seqs: [1], ...change };
    expect((await key.post("/admin/messages/recall", body)).code).toBe(code);
  });

  test("with the right scope only, and the audit says of which messages", async () => {
    const [alice, , chat] = await pair();
    const narrow = await makeKey("users,groups");
    const body = { user_id: alice.id, conversation_id: chat };
    expect((await narrow.post("/admin/messages/recall", { ...body, seqs: [1] })).code).toBe(1004);
    expect((await narrow.post("/admin/messages/edit", { ...body, seq: 1, content: { text: "x" } })).code).toBe(1004);
    expect((await alice.post("/admin/messages/recall", { ...body, seqs: [1] })).status).toBe(401);
    ok(await edit(alice.id, chat, 1, "a secret text"));
    ok(await recall(alice.id, chat, 1));
    const entries = ok(await key.get<{ path: string; target: string }[]>("/admin/audit")).slice(0, 2);
    const about = `user_id=${alice.id} conversation_id=${chat}`;
    expect(entries.map(({ path, target }) => [path, target])).toEqual([
      ["/admin/messages/recall", `${about} seqs=1`],
      ["/admin/messages/edit", `${about} seq=1`],
    ]);
  });
});

describe("[READ-2] a message that its sender has not seen", () => {
  const send = (body: object) =>
    key.post<Message>("/admin/messages", { msg_type: 1, content: { text: "auto" }, sender_read: false, ...body });

  test("leaves their mark where it is, also after a crash, until they read or write; the peer gets it as ever", async () => {
    const [alice, bob, chat] = await pair();
    const [own, peer] = [await bob.socket(), await alice.socket()];
    const before = await bob.readState(chat);
    const { seq } = ok(await send({ client_msg_id: "auto", sender_id: bob.id, recv_id: alice.id }));
    const { msgs } = await peer.push<PushData<2001>>(2001);
    expect(msgs[chat]?.map((message) => message.seq)).toEqual([seq]);
    // The sender's own sockets are told to sync: their clients would take a push of it as read.
    const told = await own.push<PushData<2001>>(2001);
    expect(told.msgs).toEqual({});
    expect(told.prev).toBe(told.cursor);
    const state = { max_seq: seq, read_seq: before.read_seq, unread_count: before.unread_count + 1 };
    for (const _ of ["live", "after a crash"]) {
      expect(await bob.readState(chat)).toMatchObject(state);
      await eventually(async () => expect(await bob.entry(chat)).toMatchObject(state));
      await evictAllDurableObjects();
    }
    // A retry gets the first answer.
    expect(ok(await send({ client_msg_id: "auto", sender_id: bob.id, recv_id: alice.id })).seq).toBe(seq);
    ok(await bob.read(chat, seq));
    expect(await bob.readState(chat)).toMatchObject({ read_seq: seq, unread_count: 0 });
    ok(await send({ client_msg_id: "again", sender_id: bob.id, recv_id: alice.id }));
    expect((await bob.readState(chat)).unread_count).toBe(1);
    await bob.text(alice, "I am back");
    expect((await bob.readState(chat)).unread_count).toBe(0);
    await eventually(() => expectAgreement(chat, [alice, bob]));
  });

  test("is not pushed to the conversation's own sockets of the sender", async () => {
    const [alice, bob, chat] = await pair();
    const [own, peer] = [await bob.roomSocket(chat), await alice.roomSocket(chat)];
    const { seq } = ok(await send({ client_msg_id: "auto", sender_id: bob.id, recv_id: alice.id }));
    expect((await peer.push<PushData<2001>>(2001)).msgs[chat]?.map((message) => message.seq)).toEqual([seq]);
    const next = await alice.text(bob, "thanks");
    expect((await own.push<PushData<2001>>(2001)).msgs[chat]?.map((message) => message.seq)).toEqual([next.seq]);
  });

  test("of system, or of a user whose mark is not said, is as any other; sender_read must be true or false", async () => {
    const [alice, bob] = await people("alice", "bob");
    ok(await send({ client_msg_id: "a", sender_id: "system", recv_id: alice.id }));
    expect((await alice.entry(alice.chatWith({ id: "system" })))?.unread_count ?? 1).toBe(1);
    const body = { sender_id: bob.id, recv_id: alice.id, client_msg_id: "b" };
    expect((await send({ ...body, sender_read: "no" })).code).toBe(1001);
    ok(await send({ ...body, sender_read: true }));
    expect((await bob.readState(alice.chatWith(bob))).unread_count).toBe(0);
  });
});
