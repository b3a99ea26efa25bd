import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { deliver, eventually, inboxOf, roomOf, tablesOf } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, pair, people } from "../../helpers/workers/people.ts";

interface Sent {
  seq: number;
  server_msg_id: number;
}

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe("sending", () => {
  test("[SEND-2] racing senders over three paths get seqs without holes or repeats, also after an eviction", async () => {
    const [alice, bob, chat] = await pair();
    const [own, room] = await Promise.all([alice.socket(), bob.roomSocket(chat)]);
    const seqs: number[] = [1];
    for (let round = 0; round < 2; round++) {
      const byRest = Array.from({ length: 10 }, () => alice.text(bob).then(({ seq }) => seq));
      const byOwn = Array.from({ length: 10 }, () => own.request<Sent>(1003, outgoing(bob, "own")));
      const byRoom = Array.from({ length: 10 }, () => room.request<Sent>(1003, outgoing(alice, "room")));
      const answers = await Promise.all([...byOwn, ...byRoom]);
      seqs.push(...answers.map(({ data }) => data.seq), ...(await Promise.all(byRest)));
      await evictDurableObject(roomOf(chat));
    }
    expect(seqs.sort((a, b) => a - b)).toEqual(upTo(61));
    expect(await bob.seqs(chat)).toEqual(upTo(61));
  });

  test("[SEND-3] racing retries over REST and both sockets are one message with one answer", async () => {
    const [alice, bob, chat] = await pair();
    const [own, room] = await Promise.all([alice.socket(), alice.roomSocket(chat)]);
    const body = outgoing(bob, "once");
    const [byRest, again, ...frames] = await Promise.all([
      alice.post<Sent>("/msg/send", body),
      alice.post<Sent>("/msg/send", { ...body, content: { text: "another text" } }),
      own.request<Sent>(1003, body),
      room.request<Sent>(1003, body),
      own.request<Sent>(1003, body),
      room.request<Sent>(1003, body),
    ]);
    const { seq, server_msg_id } = ok(byRest);
    expect(again.raw).toBe(byRest.raw);
    for (const { data } of frames) expect(data).toMatchObject({ seq, server_msg_id });
    await evictDurableObject(roomOf(chat));
    expect((await alice.post("/msg/send", body)).raw).toBe(byRest.raw);
    expect(await bob.seqs(chat)).toEqual([1, 2]);
  });

  test("[SEND-3] a retry is answered after its sender was kicked or muted, or the group dismissed", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    const body = outgoing(group, "once");
    const first = await member.post("/msg/send", body);
    await owner.post("/group/kick", { group_id: group.group_id, user_ids: [member.id] });
    expect((await member.post("/msg/send", body)).raw).toBe(first.raw);
    expect((await member.send(group, "new")).code).toBe(3003);
    await owner.post("/group/dismiss", { group_id: group.group_id });
    await evictDurableObject(roomOf(group.conversation_id));
    expect((await member.post("/msg/send", body)).raw).toBe(first.raw);
  });

  test("[SEND-3] the same client_msg_id of two senders, or in two conversations, is two messages", async () => {
    const [alice, bob, chat] = await pair();
    const [carol] = await people("carol");
    await alice.send(bob, "a", "same");
    await bob.send(alice, "b", "same");
    await alice.send(carol, "c", "same");
    expect(await alice.seqs(chat)).toEqual([1, 2, 3]);
    expect(await carol.seqs(alice.chatWith(carol))).toEqual([1]);
  });

  test("[SEND-4] content comes back byte for byte, also from the list and from a push", async () => {
    const [alice, bob, chat] = await pair();
    const socket = await bob.roomSocket(chat);
    const content = '{"text":"שלום 👩‍👩‍👧 \\u2028","n":12345678901234567890.10,"nested":{"a":[1.50e300,null]}}';
    const odd = '\\b\\t\\"\\\\ \\u0001\\u007f\\u2028é';
    const head = `"client_msg_id":"${odd}","recv_id":"${bob.id}","session_type":1,"msg_type":1`;
    const sent = await alice.post("/msg/send", `{${head},"content":${content}}`);
    ok(sent);
    expect(sent.raw).toContain('"n":12345678901234567890.10');
    const { raw } = await bob.get("/msg/pull", { conversation_id: chat, begin_seq: 2 });
    expect(raw).toContain(sent.raw.slice(sent.raw.indexOf('{"server_msg_id"'), -1));
    const { msgs } = await socket.push<{ msgs: Record<string, { content: unknown }[]> }>(2001);
    expect(msgs[chat]?.[0]?.content).toEqual(JSON.parse(content));
  });

  test("[SEND-4] [WIRE-3] a list's last message keeps its numbers, cut or not; a number beyond a double is refused", async () => {
    const [alice, bob] = await pair();
    const send = (text: string, number: string) => {
      const address = `"client_msg_id":"${crypto.randomUUID()}","recv_id":"${bob.id}","msg_type":1`;
      return alice.post("/msg/send", `{${address},"content":{"text":"${text}","n":${number}}}`);
    };
    for (const length of [1, 256, 300]) {
      ok(await send("x".repeat(length), "1724442618569203714"));
      const { raw } = await bob.get("/conversation/list");
      expect(raw).toContain(`"content":{"text":"${"x".repeat(Math.min(length, 256))}","n":1724442618569203714}`);
    }
    const refused = await send("x", "1e999");
    expect([refused.code, refused.msg]).toEqual([1001, expect.stringContaining("content")]);
  });

  test("[SEND-5] answers on both sockets keep the order of sends and pulls of a conversation", async () => {
    const [alice, bob, chat] = await pair();
    for (const stub of [inboxOf(alice), roomOf(chat)]) {
      const socket = await alice.socket(stub.id.equals(roomOf(chat).id) ? { conversation_id: chat } : {});
      const ids = upTo(12).map((n) => `r${n}`);
      const frames = ids.map((msg_incr, index) =>
        index % 4 === 3
          ? { req_identifier: 1005, msg_incr, data: { conversation_id: chat } }
          : { req_identifier: 1003, msg_incr, data: outgoing(bob, msg_incr) },
      );
      await deliver(
        stub,
        frames.map((frame) => JSON.stringify(frame)),
      );
      await socket.answer("r12");
      const answers = socket.log.filter((frame) => frame.msg_incr !== "");
      expect(answers.map((frame) => frame.msg_incr)).toEqual(ids);
      // Each pull sees the sends before it, and none after it.
      const seen = answers.map(({ data }) => data as { seq?: number; max_seq?: number });
      for (const at of [3, 7, 11]) expect(seen[at]?.max_seq).toBe(seen[at - 1]?.seq);
    }
  });

  test("[SEND-7] refused requests and reads leave no table in a conversation", async () => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    await alice.pull(chat);
    await alice.readState(chat);
    await alice.read(chat, 5);
    await alice.put("/conversation/update", { is_pinned: true }, { conversation_id: chat });
    const room = await alice.roomSocket(chat);
    await room.request(1007, { conversation_id: chat, read_seq: 1 });
    await room.request(1003, { ...outgoing(bob, "x"), content: {} });
    expect(await tablesOf(roomOf(chat))).toEqual([]);
    const nobody = { id: "nobody-there" };
    expect((await alice.post("/msg/send", { ...outgoing(bob, "x"), recv_id: nobody.id })).code).toBe(2006);
    expect(await tablesOf(roomOf(alice.chatWith(nobody)))).toEqual([]);
    expect(await tablesOf(inboxOf(nobody))).toEqual([]);
    expect((await alice.send({ group_id: "no-group" }, "x")).code).toBe(3001);
    expect((await alice.post("/group/join", { group_id: "no-group" })).code).toBe(3001);
    expect(await tablesOf(roomOf("sg_no-group"))).toEqual([]);
    await alice.text(bob);
    expect(await tablesOf(roomOf(chat))).toContain("messages");
  });
});

describe("read marks", () => {
  test("[READ-1] [READ-2] a mark only moves forward, is clamped, and a send moves it", async () => {
    const [alice, bob, chat] = await pair();
    expect(await alice.readState(chat)).toEqual({ max_seq: 1, rev: 0, read_seq: 1, unread_count: 0 });
    await alice.text(bob);
    await alice.text(bob);
    expect(await bob.readState(chat)).toEqual({ max_seq: 3, rev: 0, read_seq: 0, unread_count: 3 });
    await bob.read(chat, 2);
    await bob.read(chat, 1);
    await evictDurableObject(roomOf(chat));
    expect(await bob.readState(chat)).toEqual({ max_seq: 3, rev: 0, read_seq: 2, unread_count: 1 });
    await bob.read(chat, 999);
    expect(await bob.readState(chat)).toEqual({ max_seq: 3, rev: 0, read_seq: 3, unread_count: 0 });
    await alice.text(bob);
    await bob.text(alice);
    expect(await bob.readState(chat)).toEqual({ max_seq: 5, rev: 0, read_seq: 5, unread_count: 0 });
  });

  test("[READ-3] [READ-4] a mark is in its owner's list once answered, and is pushed to their other sockets and the peer's", async () => {
    const [alice, bob, chat] = await pair();
    const [bobPhone, aliceSocket, bobRoom, aliceRoom] = await Promise.all([
      bob.on(1).then((phone) => phone.socket()),
      alice.socket(),
      bob.roomSocket(chat),
      alice.roomSocket(chat),
    ]);
    const asker = await bob.socket();
    expect(ok(await bob.read(chat, 1))).toBeNull();
    expect(await bob.entry(chat)).toMatchObject({ read_seq: 1, unread_count: 0 });
    const mark = { conversation_id: chat, user_id: bob.id, read_seq: 1 };
    for (const socket of [bobPhone, aliceSocket, bobRoom, aliceRoom, asker]) {
      expect(await socket.push(2003)).toMatchObject(mark);
    }
    for (const [seq, socket] of [
      [2, asker],
      [3, bobRoom],
    ] as const) {
      await alice.text(bob);
      const answer = await socket.request<{ read_seq: number }>(1007, { conversation_id: chat, read_seq: seq });
      expect(answer).toMatchObject({ err_code: 0, data: { read_seq: seq } });
      expect(await bob.entry(chat)).toMatchObject({ read_seq: seq, unread_count: 0 });
      for (const other of [bobPhone, aliceSocket]) {
        expect(await other.push(2003)).toMatchObject({ ...mark, read_seq: seq });
      }
    }
    await eventually(async () => expect(await alice.entry(chat)).toMatchObject({ peer_read_seq: 3 }));
  });

  test("[READ-4] in a group a mark is pushed only to its owner", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    await owner.text(group);
    const [ownersSocket, membersSocket] = await Promise.all([owner.socket(), member.socket()]);
    ok(await member.read(group.conversation_id, 1));
    expect(await membersSocket.push(2003)).toMatchObject({ user_id: member.id, read_seq: 1 });
    await owner.text(group);
    await membersSocket.push(2001);
    await eventually(async () => expect((await owner.entry(group.conversation_id))?.max_seq).toBe(2));
    const marks = ownersSocket.log.filter((frame) => frame.req_identifier === 2003);
    expect(marks.map(({ data }) => (data as { user_id: string }).user_id)).not.toContain(member.id);
  });
});
