import { expect, test } from "vitest";
import type { ReadState } from "../../src/client/index.ts";
import { ok, refused } from "../helpers/node/checks.ts";
import { type Person, pair, sendOver, signUp, uniqueId } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { outgoing, type Pushed } from "../helpers/node/wire.ts";

const suite = useServer({
  SEND_RATE_PER_SECOND: "1000",
  SEND_BURST: "1000",
  REQUEST_RATE_PER_SECOND: "1000",
  REQUEST_BURST: "1000",
});

test("racing retries over all three paths are one message with one seq", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await bob.text(alice, "to create the chat");
  const sockets = await Promise.all([alice.socket(), alice.socketOf(chat)]);
  const body = outgoing({ user: bob.id }, { text: "once" });
  const answers = await Promise.all(
    upTo(8).flatMap(() => [alice.api.msg.send(body), ...sockets.map((socket) => sendOver(socket, body))]),
  );
  for (const { seq, server_msg_id, send_at } of answers) {
    const [first] = answers;
    expect([seq, server_msg_id, send_at]).toEqual([2, first?.server_msg_id, first?.send_at]);
  }
  expect((await bob.pull(chat)).max_seq).toBe(2);
});

test("racing first messages of both users create one chat", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const sent = await Promise.all([alice.text(bob, "me first"), bob.text(alice, "no, me")]);
  expect(sent.map(({ seq }) => seq).sort()).toEqual([1, 2]);
  expect((await alice.pull(chat)).messages).toEqual(sent.toSorted((a, b) => a.seq - b.seq));
});

test("seqs have no holes and no repeats when both send concurrently over every path", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await alice.text(bob, "first");
  const sockets = await Promise.all([alice, bob].flatMap((who) => [who.socket(), who.socketOf(chat)]));
  const bodyOf = (index: number) => outgoing({ user: (index < 2 ? bob : alice).id }, { text: "…" });
  const sent = await Promise.all([
    ...upTo(20).flatMap(() => sockets.map((socket, index) => sendOver(socket, bodyOf(index)))),
    ...upTo(10).flatMap(() => [alice.text(bob, "…"), bob.text(alice, "…")]),
  ]);
  expect(sent.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(upTo(101).slice(1));
  const ids = [...(await alice.pull(chat)).messages, ...(await alice.pull(chat, { begin_seq: 101 })).messages];
  expect(ids.map(({ seq }) => seq)).toEqual(upTo(101));
  expect(ids.map(({ id }) => id)).toEqual(ids.map(({ id }) => id).toSorted((a, b) => a - b));
});

test("answers on one socket keep the order of its requests, whatever their kinds", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await alice.text(bob, "first");
  for (const socket of [await alice.socket(), await alice.socketOf(chat)]) {
    const asked = upTo(10).flatMap((n) => [
      socket.request(1003, outgoing({ user: bob.id }, { text: `${n}` })),
      socket.request(1006, { conversation_id: chat }),
      socket.request(1005, { conversation_id: chat, limit: 1, order: "desc" }),
    ]);
    const answers = await Promise.all(asked);
    for (const answer of answers) ok(answer);
    expect(socket.log.filter(({ msg_incr }) => msg_incr !== "")).toEqual(answers);
  }
});

test("a request sees what the frames before it on the same socket did", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await alice.text(bob, "first");
  const socket = await alice.socketOf(chat);
  const [sent, state] = await Promise.all([
    socket.request(1003, outgoing({ user: bob.id }, { text: "second" })),
    socket.request<ReadState>(1006, { conversation_id: chat }),
  ]);
  ok(sent);
  expect(ok(state)).toEqual({ max_seq: 2, read_seq: 2, unread_count: 0, rev: 0 });
});

test("pushes carry every message of a burst, in the order of their seqs, to both kinds of socket", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await alice.text(bob, "first");
  const listeners = await Promise.all([bob.socket(), bob.socketOf(chat)]);
  const sender = await alice.socket();
  await Promise.all(upTo(50).map((n) => sendOver(sender, outgoing({ user: bob.id }, { text: `${n}` }))));
  for (const listener of listeners) {
    await listener.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.at(-1)?.seq === 51);
    const pushes = listener.log.filter((frame) => frame.req_identifier === 2001);
    const seqs = pushes.flatMap(({ data }) => (data as Pushed).msgs[chat] ?? []).map(({ seq }) => seq);
    expect(seqs.filter((seq) => seq > 1)).toEqual(upTo(51).slice(1));
  }
});

test("a client_msg_id is unique per sender and conversation only", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const carol = await signUp(suite.rest, "carol");
  const client_msg_id = "the same everywhere";
  const send = (from: Person, to: Person) =>
    from.api.msg.send(outgoing({ user: to.id }, { text: "…" }, { client_msg_id }));
  expect((await send(alice, bob)).seq).toBe(1);
  expect((await send(bob, alice)).seq).toBe(2);
  expect((await send(alice, carol)).seq).toBe(1);
  expect((await alice.pull(chat)).max_seq).toBe(2);
});

test("once a send is answered, every read of the sender shows it", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  for (const n of upTo(5)) {
    const message = await alice.text(bob, `${n}`);
    const { items } = await alice.api.conversation.list();
    expect(items[0]).toMatchObject({
      conversation_id: chat,
      max_seq: n,
      read_seq: n,
      unread_count: 0,
      last_message: message,
    });
    expect((await alice.pull(chat)).messages.at(-1)).toEqual(message);
    expect(await bob.api.msg.maxSeq(chat)).toEqual({ max_seq: n });
  }
});

test("racing marks leave read_seq at the highest of them", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  for (const n of upTo(6)) await alice.text(bob, `${n}`);
  await Promise.all([3, 6, 1, 5, 2, 4].map((seq) => bob.api.conversation.markRead(chat, seq)));
  expect(await bob.api.conversation.readState(chat)).toEqual({ max_seq: 6, read_seq: 6, unread_count: 0, rev: 0 });
});

test("a refused or read-only request creates no chat", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  refused(await alice.rest.post("/msg/send", outgoing({ user: bob.id }, {})), 1001);
  refused(await alice.rest.post("/msg/send", outgoing({ user: uniqueId("nobody") }, { text: "?" })), 2006);
  expect(await alice.pull(chat)).toEqual({ messages: [], max_seq: 0, rev: 0, mine: {}, deleted: [] });
  const socket = await alice.socket();
  refused(await socket.request(1003, outgoing({ user: bob.id }, {})), 1001);
  for (const who of [alice, bob]) expect((await who.api.conversation.list()).items).toEqual([]);
});

test("a long history is pulled to the end in pages of 100, in both orders", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await alice.socket();
  await Promise.all(upTo(250).map((n) => sendOver(socket, outgoing({ user: bob.id }, { text: `${n}` }))));
  const seqs: number[] = [];
  while (seqs.length < 250) {
    const { messages } = await bob.pull(chat, { begin_seq: seqs.length + 1 });
    expect(messages.length).toBeGreaterThan(0);
    seqs.push(...messages.map(({ seq }) => seq));
  }
  expect(seqs).toEqual(upTo(250));
  const newest = await bob.pull(chat, { order: "desc" });
  expect(newest.messages.map(({ seq }) => seq)).toEqual(upTo(250).slice(150).toReversed());
});
