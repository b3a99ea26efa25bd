import { expect, test } from "vitest";
import { ok, refused } from "../helpers/node/checks.ts";
import { type Person, talkingPair } from "../helpers/node/people.ts";
import type { Socket } from "../helpers/node/socket.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { outgoing, type Sent } from "../helpers/node/wire.ts";

const suite = useServer();

const kinds: [kind: string, open: (who: Person, chat: string) => Promise<Socket>][] = [
  ["the user's socket", (who) => who.socket()],
  ["a conversation's socket", (who, chat) => who.socketOf(chat)],
];

const ordered = (values: number[]) => values.toSorted((a, b) => a - b);

test.each(kinds)("on %s a binary frame closes 1003", async (_, open) => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const socket = await open(alice, chat);
  socket.send(new TextEncoder().encode('{"req_identifier":1001}'));
  expect((await socket.end()).closeCode).toBe(1003);
});

test.each(kinds)("on %s a frame of 51,200 bytes is answered, one byte more closes 1009", async (_, open) => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const socket = await open(alice, chat);
  const frame = (bytes: number) => {
    const [head, tail] = ['{"req_identifier":4242,"msg_incr":"f","data":{"pad":"', '"}}'];
    return head + "x".repeat(bytes - head.length - tail.length) + tail;
  };
  socket.send(frame(51_200));
  refused(await socket.answer("f"), 5003);
  socket.send(frame(51_201));
  expect((await socket.end()).closeCode).toBe(1009);
});

test.each(kinds)("on %s the limit of a frame counts bytes, not characters", async (_, open) => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const socket = await open(alice, chat);
  socket.send(`{"req_identifier":4242,"msg_incr":"f","data":{"pad":"${"字".repeat(20_000)}"}}`);
  expect((await socket.end()).closeCode).toBe(1009);
});

test.each(kinds)(
  "on %s 1,000 sends at once are each answered, 1006 beyond the budget, or it is closed 4008",
  async (_, open) => {
    const [alice, bob, chat] = await talkingPair(suite.rest);
    const socket = await open(alice, chat);
    const asked = upTo(1_000).map((n) => socket.request<Sent>(1003, outgoing({ user: bob.id }, { text: `${n}` })));
    const answers = await Promise.allSettled(asked);
    const answered = answers.flatMap((settled) => (settled.status === "fulfilled" ? [settled.value] : []));
    if (answered.length < asked.length) expect((await socket.end()).closeCode).toBe(4008);
    for (const answer of answered) expect([0, 1006]).toContain(answer.err_code);
    expect(answered.some(({ err_code }) => err_code === 1006) || answered.length < asked.length).toBe(true);
    const seqs = ordered(answered.filter(({ err_code }) => err_code === 0).map(({ data }) => data.seq));
    expect(seqs).toEqual(upTo(seqs.length + 1).slice(1));
    // If it was closed, executed frames may have lost their answers; if not, every frame was answered.
    const { max_seq } = await bob.pull(chat);
    if (answered.length === asked.length) expect(max_seq).toBe(seqs.length + 1);
    else expect(max_seq).toBeGreaterThanOrEqual(seqs.length + 1);
  },
);

test.each(kinds)("on %s garbage gets 3001 with 5003, and repeated garbage closes 4008", async (_, open) => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const socket = await open(alice, chat);
  const garbage = [
    "",
    " ",
    "{",
    "null",
    "7",
    '"text"',
    "[]",
    "{}",
    "PING",
    '{"req_identifier":"1003"}',
    '{"req_identifier":1.5}',
  ];
  const [first] = garbage;
  socket.send(first ?? "");
  expect((await socket.nextPush(3001)).err_code).toBe(5003);
  ok(await socket.request(1006, { conversation_id: chat }));
  for (const n of upTo(1_000)) socket.send(garbage[n % garbage.length] ?? "");
  expect((await socket.end(30_000)).closeCode).toBe(4008);
  for (const frame of socket.log.filter(({ req_identifier }) => req_identifier === 3001)) {
    expect(frame.err_code).toBe(5003);
  }
});

test("one socket's flood closes no other of the same user", async () => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const [calm, wild] = await Promise.all([alice.socket(), alice.socket()]);
  for (const _ of upTo(1_000)) wild.send("garbage");
  await wild.end(30_000);
  ok(await calm.request(1006, { conversation_id: chat }));
});

test.each(kinds)("on %s a frame with another user's send_id is 2004, and nothing is sent", async (_, open) => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const socket = await open(alice, chat);
  const body = outgoing({ user: bob.id }, { text: "?" });
  refused(await socket.request(1003, body, { send_id: bob.id }), 2004);
  expect((await alice.pull(chat)).max_seq).toBe(1);
  ok(await socket.request(1003, body, { send_id: alice.id }));
});

test.each(kinds)(
  "on %s frames sent while the login is replaced are stored and answered, or neither",
  async (_, open) => {
    const [alice, bob, chat] = await talkingPair(suite.rest);
    const socket = await open(alice, chat);
    const bodies = upTo(40).map((n) => outgoing({ user: bob.id }, { text: `${n}` }));
    const ask = (some: typeof bodies) => some.map((body) => socket.request<Sent>(1003, body));
    const before = ask(bodies.slice(0, 20));
    const replaced = alice.on(alice.platform);
    const answering = Promise.allSettled([...before, ...ask(bodies.slice(20))]);
    const fresh = await replaced;
    expect((await socket.end()).closeCode).toBe(4001);
    const answers = await answering;
    const { messages } = await bob.pull(chat);
    expect(messages.map(({ seq }) => seq)).toEqual(upTo(messages.length));
    const stored = new Map(messages.map((message) => [message.client_msg_id, message.seq]));
    for (const [index, settled] of answers.entries()) {
      if (settled.status === "rejected") continue;
      const { err_code, data } = settled.value;
      const seq = stored.get(bodies[index]?.client_msg_id ?? "");
      if (err_code === 0) expect(seq).toBe(data.seq);
      else expect(seq).toBeUndefined();
    }
    // Unanswered sends are repeated with the new login, and each is one message.
    for (const body of bodies) await fresh.api.msg.send(body);
    expect((await bob.pull(chat)).max_seq).toBe(bodies.length + 1);
  },
);

test("an ended login gets nothing on a conversation's socket, and can send at most its grant", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const socket = await alice.socketOf(chat);
  await alice.api.auth.logout();
  expect((await socket.end(3_000)).closeCode).toBe(4001);
  await bob.text(alice, "unheard");
  expect(socket.log.filter(({ req_identifier }) => req_identifier === 2001)).toEqual([]);
});
