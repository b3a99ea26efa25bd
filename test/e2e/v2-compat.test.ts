import { expect, test } from "vitest";
import type { Message, Pulled } from "../../src/client/index.ts";
import { ok, refused } from "../helpers/node/checks.ts";
import { type Person, pair } from "../helpers/node/people.ts";
import { Socket } from "../helpers/node/socket.ts";
import { useServer } from "../helpers/node/suite.ts";
import { outgoing, type Pushed, type Sent } from "../helpers/node/wire.ts";

const suite = useServer();

/** The query with which v2's SDK opens its socket. */
const sdkSocket = (who: Person) =>
  Socket.open(suite.url, {
    token: who.token,
    v2: true,
    query: { send_id: who.id, platform_id: who.platform, sdk_type: "go" },
  });

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

test("an exact v2 frame is answered by an exact v2 frame", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await sdkSocket(alice);
  const data = base64(outgoing({ user: bob.id }, { text: "שלום 👋" }, { client_msg_id: "c" }));
  const head = '"req_identifier":1003,"msg_incr":"1","operation_id":"a"';
  socket.send(`{${head},"token":"","send_id":"${alice.id}","data":"${data}"}`);
  const { raw, binary, data: answered } = await socket.answer<Sent>("1");
  expect(binary).toBe(true);
  expect(raw).toMatch(
    /^\{"req_identifier":1003,"msg_incr":"1","operation_id":"a","err_code":0,"err_msg":"","data":"[\w+/]+=*"\}$/,
  );
  expect(answered).toMatchObject({ conversation_id: chat, seq: 1, client_msg_id: "c" });
});

test("[WIRE-8] v2's push: base64 of {msgs}, each message complete", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await sdkSocket(bob);
  const sent = await alice.text(bob, "emoji 👩‍🚀 and עברית");
  const push = await socket.nextPush<Pushed>(2001);
  expect([push.encoded, push.binary]).toEqual([true, true]);
  expect(push.data.msgs).toEqual({ [chat]: [sent] });
});

test("a socket without sdk_type gets plain data until its first base64 request, and base64 from then on", async () => {
  const [alice, bob] = await pair(suite.rest);
  const socket = await alice.socket();
  expect((await socket.request(1001, {})).encoded).toBe(false);
  await bob.text(alice, "plain");
  expect((await socket.nextPush(2001)).encoded).toBe(false);
  expect((await socket.request(1001, undefined, { data: base64({}) })).encoded).toBe(true);
  await bob.text(alice, "base64");
  expect((await socket.nextPush(2001)).encoded).toBe(true);
});

test("[WIRE-8] send_id alone selects v2's dialect, and so does sdk_type; both kinds of frames are accepted", async () => {
  const [alice, bob] = await pair(suite.rest);
  for (const query of [{ send_id: alice.id }, { sdk_type: "" }] as Record<string, string>[]) {
    const socket = await Socket.open(suite.url, { token: alice.token, v2: true, query });
    await bob.text(alice, "first of all");
    const push = await socket.nextPush(2001);
    expect([push.encoded, push.binary]).toEqual([true, true]);
    socket.send(Buffer.from(`{"req_identifier":1001,"msg_incr":"b","data":"${base64({})}"}`));
    expect(await socket.answer("b")).toMatchObject({ err_code: 0, encoded: true, binary: true });
    socket.send(Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await socket.nextPush(3001)).toMatchObject({ err_code: 5003, binary: true });
  }
  const ours = await Socket.open(suite.url, { token: alice.token, by: "subprotocol", query: { sdk_type: "go" } });
  expect(await ours.request(1001, {})).toMatchObject({ encoded: false, binary: false });
});

test("[WIRE-2] [WIRE-8] complete v2 structs: no session_type, no platform, limits of 0, an empty name", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await sdkSocket(alice);
  const sent = { client_msg_id: "c", send_id: alice.id, recv_id: bob.id, group_id: "", session_type: 0, msg_type: 1 };
  ok(await socket.request(1003, { ...sent, content: { text: "x" } }));
  const range = { conversation_id: chat, begin_seq: 0, end_seq: 0, limit: 0 };
  for (const kind of [1002, 1005]) expect(ok(await socket.request<Pulled>(kind, range)).messages).toHaveLength(1);
  const pulled = await alice.rest.get<Pulled>("/msg/pull", { conversation_id: chat, begin_seq: "", limit: "" });
  expect(ok(pulled).messages).toHaveLength(1);
  const { nickname } = await alice.api.user.update({ nickname: "Alice" });
  expect((await alice.api.user.update({ nickname: "", extra: "e" })).nickname).toBe(nickname);
  const login = { user_id: alice.id, password: alice.password, platform_id: 0 };
  const { token } = ok(await suite.rest.post<{ token: string }>("/auth/login", login));
  const web = await Socket.open(suite.url, { token, v2: true, query: { send_id: alice.id, platform_id: 0 } });
  ok(await web.request(1001, {}));
});

test("[WIRE-3] a stranger's content that would make v2's decoder lose a whole list is refused", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await sdkSocket(alice);
  for (const content of [
    { text: "hi", image: 5 },
    { text: "hi", Image: {} },
    { text: "hi", custom: { a: 1 } },
  ]) {
    refused(await socket.request(1003, outgoing({ user: bob.id }, content)), 1001);
  }
  refused(await socket.request(1003, outgoing({ user: bob.id }, { custom: { a: 1 } }, { msg_type: 100 })), 1001);
  expect((await bob.pull(chat)).max_seq).toBe(0);
});

test("base64 on a conversation's socket, too", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await alice.text(bob, "first");
  const socket = await bob.socketOf(chat, { v2: true });
  const answer = await socket.request<Sent>(1003, outgoing({ user: alice.id }, { text: "…" }));
  expect([answer.encoded, answer.binary, ok(answer).seq]).toEqual([true, false, 2]);
});

test("a request without data may have an empty string", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  await bob.text(alice, "…");
  const socket = await sdkSocket(alice);
  const answer = await socket.request(1001, undefined, { data: "" });
  expect(ok(answer)).toEqual({ seqs: { [chat]: 1 } });
});

test.each([
  ["no base64", "%%%"],
  ["base64 of invalid JSON", Buffer.from("nonsense").toString("base64")],
  ["base64 of invalid UTF-8", Buffer.from([0x7b, 0xff, 0xfe]).toString("base64")],
  ["base64 of a number", base64(7)],
  ["base64 of an array", base64([1])],
  ["base64 of null", base64(null)],
])("data that is %s is 1001, and the socket stays open", async (_, data) => {
  const [alice] = await pair(suite.rest);
  const socket = await sdkSocket(alice);
  refused(await socket.request(1005, undefined, { data }), 1001);
  ok(await socket.request(1001, {}));
});

test("1002 accepts v2's begin_seq, end_seq and limit", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  for (const text of ["1", "2", "3", "4"]) await alice.text(bob, text);
  const socket = await sdkSocket(bob);
  const range = { conversation_id: chat, begin_seq: 2, end_seq: 4, limit: 2 };
  const pulled = ok(await socket.request<Pulled>(1002, range));
  expect(pulled.messages.map(({ seq }) => seq)).toEqual([2, 3]);
});

test("the fields that v2's SDK reads are present: code, msg, user.id, integer message ids, lists as arrays", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const body = { user_id: alice.id, password: alice.password, platform_id: 1 };
  const login = await suite.rest.post("/auth/login", body);
  expect(JSON.parse(login.raw)).toMatchObject({ code: 0, msg: "success", data: { user_info: { id: alice.id } } });
  const message = await alice.text(bob, "…");
  expect(Number.isSafeInteger(message.id)).toBe(true);
  for (const [path, query] of [
    ["/conversation/list", {}],
    ["/msg/pull", { conversation_id: chat }],
  ] as const) {
    const data = ok(await bob.rest.get<unknown[] | Pulled>(path, query));
    expect(Array.isArray("messages" in data ? data.messages : data)).toBe(true);
  }
});

test("v2's short form of content is accepted and comes back as it was sent", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const short = [
    [2, "image"],
    [3, "video"],
    [4, "audio"],
    [5, "file"],
    [100, "custom"],
  ] as const;
  const socket = await sdkSocket(alice);
  for (const [msg_type, key] of short) {
    ok(await socket.request(1003, outgoing({ user: bob.id }, { [key]: "https://example.org/x" }, { msg_type })));
  }
  const contents = (await bob.pull(chat)).messages.map((message: Message) => message.content);
  expect(contents).toEqual(short.map(([, key]) => ({ [key]: "https://example.org/x" })));
});

test("err_code is the code of the contract, not v2's 1", async () => {
  const [alice] = await pair(suite.rest);
  const socket = await sdkSocket(alice);
  refused(await socket.request(1005, { conversation_id: "sg_not-mine" }), 1007);
  refused(await socket.request(4242, {}), 5003);
});

/** Fails where the Go SDK's decoder fails: its message is a struct, and so is its content. */
function decodeAsV2(message: Message): void {
  const { server_msg_id, id, seq, send_at, session_type, msg_type, content } = message;
  for (const number of [server_msg_id, id, seq, send_at, session_type, msg_type]) {
    if (!Number.isSafeInteger(number)) throw new Error(`no int64: ${JSON.stringify(message)}`);
  }
  const { conversation_id, client_msg_id, sender_id, recv_id, group_id } = message;
  for (const text of [conversation_id, client_msg_id, sender_id, recv_id, group_id]) {
    if (typeof text !== "string") throw new Error(`no string: ${JSON.stringify(message)}`);
  }
  if (content === null || typeof content !== "object" || Array.isArray(content))
    throw new Error("content is no struct");
  for (const [key, value] of Object.entries(content)) {
    // Go matches names of fields whatever their case.
    const isOfStruct = ["text", "image", "video", "audio", "file", "custom"].includes(key.toLowerCase());
    if (isOfStruct && typeof value !== "string") throw new Error(`${key} is no string`);
  }
}

test("[WIRE-3] [WIRE-8] messages that change: v2 sees the newest content, breaks at none, and gets no frame it cannot show", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const socket = await sdkSocket(bob);
  for (const text of ["one", "two", "three"]) await alice.text(bob, text);
  await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.[0]?.seq === 3);
  const { msg } = alice.api;
  const at = (seq: number) => ({ conversation_id: chat, seq });
  await msg.edit({ ...at(1), content: { text: "one, edited" } });
  await msg.recall({ conversation_id: chat, seqs: [2] });
  await bob.api.msg.react({ ...at(1), emoji: "👍", on: true });
  await msg.pin({ ...at(3), on: true });
  await bob.api.msg.delete({ conversation_id: chat, seqs: [3] });
  refused(await alice.rest.post("/msg/edit", { ...at(1), content: { text: "x", image: 5 } }), 1001);
  // Everything before this push has arrived with it.
  const { seq } = await alice.text(bob, "four");
  await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.some((message) => message.seq === seq) ?? false);
  const range = { conversation_id: chat, begin_seq: 0, end_seq: 0, limit: 0 };
  for (const kind of [1002, 1005]) {
    const { messages } = ok(await socket.request<Pulled>(kind, range));
    for (const message of messages) decodeAsV2(message);
    expect(messages.map((message) => [message.seq, message.content])).toEqual([
      [1, { text: "one, edited" }],
      [2, {}],
      [4, { text: "four" }],
    ]);
  }
  const [entry] = ok(await bob.rest.get<{ last_message: Message }[]>("/conversation/list", {}));
  if (entry) decodeAsV2(entry.last_message);
  const kinds = new Set(
    socket.log.filter(({ msg_incr }) => msg_incr === "").map(({ req_identifier }) => req_identifier),
  );
  expect([...kinds].filter((kind) => kind !== 2001 && kind !== 2003)).toEqual([]);
});
