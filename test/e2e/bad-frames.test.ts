import { request } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { type Fields, field, spoilt } from "../helpers/node/bad-values.ts";
import { ok, refused } from "../helpers/node/checks.ts";
import { type Person, talkingPair } from "../helpers/node/people.ts";
import type { Socket } from "../helpers/node/socket.ts";
import { useServer } from "../helpers/node/suite.ts";
import { outgoing, type Sent } from "../helpers/node/wire.ts";

const suite = useServer({ REQUEST_RATE_PER_SECOND: "1000", REQUEST_BURST: "1000" });
let alice: Person;
let bob: Person;
let sockets: Record<string, Socket>;
beforeAll(async () => {
  [alice, bob] = await talkingPair(suite.rest);
  sockets = {
    "the user's socket": await alice.socket(),
    "the user's socket in base64": await alice.socket({ v2: true }),
    "a conversation's socket": await alice.socketOf(alice.chatWith(bob)),
  };
});

const chat = { conversation_id: "si_a:b" };
const pull = {
  conversation_id: field.conversationId,
  begin_seq: field.optionalSeq,
  end_seq: field.optionalSeq,
  limit: field.limit,
};

const requests: { kind: number; good: Record<string, unknown>; fields: Fields }[] = [
  { kind: 1002, good: chat, fields: { ...pull, seq_list: field.seqs } },
  {
    kind: 1003,
    good: { client_msg_id: "c", recv_id: "somebody", session_type: 1, msg_type: 1, content: { text: "x" } },
    fields: {
      client_msg_id: field.clientMsgId,
      recv_id: field.id,
      session_type: field.sessionType,
      msg_type: field.messageType,
      content: field.content,
    },
  },
  { kind: 1005, good: chat, fields: { ...pull, order: field.order } },
  { kind: 1006, good: chat, fields: { conversation_id: field.conversationId } },
  {
    kind: 1007,
    good: { ...chat, read_seq: 1 },
    fields: { conversation_id: field.conversationId, read_seq: field.seq },
  },
];

const places = ["the user's socket", "the user's socket in base64", "a conversation's socket"];

describe.each(places)("on %s", (place) => {
  const socket = () => sockets[place] as Socket;

  describe.each(requests)("request $kind", ({ kind, good, fields }) => {
    test.each(spoilt(good, fields))("is 1001 and names %s if that is %s", async (name, wrong, data) => {
      const msg = refused(await socket().request(kind, data), 1001);
      expect(msg, `${name}: ${wrong}`).toContain(name);
    });

    test.each([[7], [true], [[1]], [[[[]]]]])("is 1001 if data is %j", async (data) => {
      refused(await socket().request(kind, undefined, { data }), 1001);
    });
  });

  test.each(["operation_id", "send_id"])(
    "a frame whose %s is a number is 1001 and names it, its msg_incr echoed",
    async (name) => {
      expect(refused(await socket().request(1001, {}, { [name]: 7 }), 1001)).toContain(name);
    },
  );

  test("a frame whose msg_incr is a number is 1001 and names it", async () => {
    socket().send('{"req_identifier":1001,"msg_incr":7,"data":{}}');
    const answer = await socket().nextPush(1001);
    expect(refused(answer, 1001)).toContain("msg_incr");
  });

  test.each([0, -1, 999, 1004, 2001, 2 ** 31])("req_identifier %i is 5003, echoed", async (kind) => {
    const answer = await socket().request(kind, {});
    refused(answer, 5003);
    expect(answer.req_identifier).toBe(kind);
  });

  test("texts come back byte for byte", async () => {
    const content = { text: "👩‍🚀 שלום \u202e\u00e9e\u0301", "clé 🔑": ["ä"] };
    const { seq } = ok(await socket().request<Sent>(1003, outgoing({ user: bob.id }, content)));
    const { messages } = await bob.pull(alice.chatWith(bob), { begin_seq: seq, end_seq: seq });
    expect(messages[0]?.content).toEqual(content);
  });
});

test("msg_incr and operation_id of any text are echoed unchanged", async () => {
  const socket = await alice.socket();
  for (const odd of ["", "0", "שלום", 'quote " and \\', "x".repeat(500)]) {
    const frame = { req_identifier: 1001, msg_incr: `${odd}!`, operation_id: odd, data: {} };
    socket.send(JSON.stringify(frame));
    expect((await socket.answer(frame.msg_incr)).operation_id).toBe(odd);
  }
});

/** Sends a text frame of any bytes by hand, which no WebSocket class can do, and closes the connection. */
async function sendBytes(token: string, payload: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const upgrading = request(new URL(`/ws?token=${token}`, suite.url), {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16, 1).toString("base64"),
    },
  });
  upgrading.once("upgrade", (_, socket) => {
    // FIN and text. The mask is zero, which leaves the bytes unchanged.
    const head = Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
    socket.write(Buffer.concat([head, payload]));
    socket.once("data", () => {
      socket.destroy();
      resolve();
    });
  });
  upgrading.once("error", reject);
  upgrading.end();
  await promise;
}

test("invalid UTF-8 in a text frame arrives as U+FFFD, which the runtime puts in its place", async () => {
  const text = "? and enough beside it that the frame's length takes two bytes, as this one's does";
  const frame = { req_identifier: 1003, msg_incr: "1", data: outgoing({ user: bob.id }, { text }) };
  const bytes = Buffer.from(JSON.stringify(frame)).map((byte) => (byte === 0x3f ? 0xff : byte));
  await sendBytes(alice.token, Buffer.from(bytes));
  const { messages } = await alice.pull(alice.chatWith(bob), { order: "desc", limit: 1 });
  expect(messages[0]?.content).toEqual({ text: text.replace("?", "\ufffd") });
});
