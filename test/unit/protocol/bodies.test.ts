import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  groupNicknameBody,
  listQuery,
  loginBody,
  markReadBody,
  pullListData,
  pullQuery,
  pullRangeData,
  registerBody,
  sendBody,
  syncData,
  syncQuery,
  userUpdateBody,
} from "../../../src/protocol/bodies.ts";
import { answerFrame, decodeBase64, encodeBase64, errorFrame, pushFrame } from "../../../src/protocol/frames.ts";
import { groupConversationId, parseConversationId, peerOf, singleConversationId } from "../../../src/protocol/ids.ts";
import { FrameError, parseData, parseRequest } from "../../../src/protocol/parse.ts";
import { readSend } from "../../../src/protocol/send.ts";
import { bytes, characters, idSchema, name, optional } from "../../../src/protocol/text.ts";

const ids = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/);

describe("ids", () => {
  test("a single chat has one id for both users, which parses into the two users", () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        fc.pre(a !== b);
        const id = singleConversationId(a, b);
        expect(id).toBe(singleConversationId(b, a));
        const ref = parseConversationId(id);
        expect(ref).toEqual({ type: 1, users: [a, b].sort((x, y) => (x < y ? -1 : 1)) });
        expect(ref && peerOf(ref, a)).toBe(b);
      }),
    );
  });

  test("a group's id parses into the group; it has no peer", () => {
    const ref = parseConversationId(groupConversationId("g.1"));
    expect(ref).toEqual({ type: 2, group_id: "g.1" });
    expect(ref && peerOf(ref, "g.1")).toBe("");
  });

  test.each([
    "",
    "si_",
    "sg_",
    "si_a",
    "si_a:a",
    "si_b:a",
    "si_a:b:c",
    "sg_a b",
    "sg_a:b",
    "xx_a",
    "si_:b",
    `sg_${"a".repeat(65)}`,
  ])("%o is not a conversation_id", (id) => {
    expect(parseConversationId(id)).toBeNull();
  });

  test("ids are sorted by code unit: Z is before a", () => {
    expect(singleConversationId("a", "Z")).toBe("si_Z:a");
  });
});

describe("texts", () => {
  const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
    schema.safeParse(value).success;

  test.each(["a", "A-Z_0.9", "x".repeat(64)])("%o is an id", (id) => expect(takes(idSchema, id)).toBe(true));
  test.each(["", "x".repeat(65), "a:b", "a/b", "a b", "é", "a\n", 1, null])("%o is not an id", (id) =>
    expect(takes(idSchema, id)).toBe(false),
  );

  test("characters are code points: an emoji is one", () => {
    expect(takes(characters(1, 3), "👍👍👍")).toBe(true);
    expect(takes(characters(1, 3), "👍👍👍a")).toBe(false);
    expect(takes(characters(2, 3), "👍")).toBe(false);
  });

  test("bytes are those of UTF-8", () => {
    expect(takes(bytes(1, 4), "👍")).toBe(true);
    expect(takes(bytes(1, 4), "ééé")).toBe(false);
    expect(takes(bytes(1, 4), "")).toBe(false);
  });

  test("a text that storage would change is refused", () => {
    for (const text of ["\ud800", "a\udc00b", "a\0b"]) expect(takes(bytes(0, 100), text)).toBe(false);
  });

  test("null counts as absent", () => {
    expect(optional(bytes(0, 9)).parse(null)).toBeUndefined();
  });
});

describe("frames", () => {
  test("[SOCK-1] parseRequest throws only for a frame that can be answered", () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ req_identifier: fc.anything(), msg_incr: fc.anything(), data: fc.anything() })
        .map((frame) => JSON.stringify(frame)),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          const frame = parseRequest(text);
          if (frame) expect(Number.isSafeInteger(frame.req_identifier)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });

  test.each([
    "",
    "ping?",
    "null",
    "[]",
    "1",
    '"x"',
    "{}",
    '{"req_identifier":"1003"}',
    '{"req_identifier":1.5}',
    '{"req_identifier":1e300}',
  ])("[SOCK-1] %s is not a frame", (text) => expect(parseRequest(text)).toBeNull());

  test("an answer echoes the readable fields, even if another is invalid", () => {
    const read = () => parseRequest('{"req_identifier":1003,"msg_incr":7,"operation_id":"op","data":{}}');
    const echo = { req_identifier: 1003, msg_incr: "", operation_id: "op" };
    expect(read).toThrow(expect.objectContaining({ code: 1001, echo, message: expect.stringContaining("msg_incr") }));
  });

  test("[SOCK-6] data may be base64 of its JSON, or an empty string", () => {
    const request = (data: unknown) => parseRequest(JSON.stringify({ req_identifier: 1001, data }));
    expect(request(encodeBase64('{"a":"é👍"}'))).toMatchObject({ base64: true, data: { a: "é👍" } });
    expect(request("")).toMatchObject({ base64: true, data: {} });
    expect(request({ a: 1 })).toMatchObject({ base64: false, data: { a: 1 } });
    expect(request(undefined)).toMatchObject({ base64: false, data: {} });
    for (const data of ["%%%", "e3", encodeBase64("no json")]) expect(() => request(data)).toThrow(FrameError);
  });

  test("[SOCK-6] base64 preserves any text, however long", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => decodeBase64(encodeBase64(text)) === text));
    const long = "é👍".repeat(20_000);
    expect(decodeBase64(encodeBase64(long))).toBe(long);
    expect(encodeBase64(long)).toBe(Buffer.from(long).toString("base64"));
  });

  test("frames are JSON, whatever the client put into the echoed fields", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (msg_incr, operation_id) => {
        const echo = { req_identifier: 1003, msg_incr, operation_id };
        expect(JSON.parse(answerFrame(echo, '{"a":1}', false))).toEqual({
          ...echo,
          err_code: 0,
          err_msg: "",
          data: { a: 1 },
        });
        expect(JSON.parse(errorFrame(echo, 1001, operation_id))).toEqual({
          ...echo,
          err_code: 1001,
          err_msg: operation_id,
          data: null,
        });
      }),
    );
    expect(JSON.parse(pushFrame(2001, '{"a":1}', true)).data).toBe(encodeBase64('{"a":1}'));
  });
});

describe("[ERR-1] an invalid input's message names the field", () => {
  const send = { client_msg_id: "c", recv_id: "bob", session_type: 1, msg_type: 1, content: { text: "x" } };
  test.each([
    ["client_msg_id", { ...send, client_msg_id: "" }],
    ["client_msg_id", { ...send, client_msg_id: "é".repeat(33) }],
    ["recv_id", { ...send, recv_id: "a b" }],
    ["recv_id", { ...send, recv_id: "" }],
    ["group_id", { ...send, session_type: 2 }],
    ["session_type", { ...send, session_type: 3 }],
    ["msg_type", { ...send, msg_type: "1" }],
    ["content", { ...send, content: [] }],
    ["content", { ...send, content: "x" }],
    ["data", "no object"],
  ])("%s of a send", (field, body) => {
    expect(() => parseData(sendBody, body)).toThrow(
      expect.objectContaining({ code: 1001, message: expect.stringMatching(`^${field}: `) }),
    );
  });

  test.each([
    ["read_seq", markReadBody, { conversation_id: "sg_g", read_seq: -1 }],
    ["read_seq", markReadBody, { conversation_id: "sg_g", read_seq: 1.5 }],
    ["read_seq", markReadBody, { conversation_id: "sg_g", read_seq: 2 ** 60 }],
    ["conversation_id", markReadBody, { conversation_id: "si_b:a", read_seq: 1 }],
    ["limit", pullQuery, { conversation_id: "sg_g", limit: "-1" }],
    ["limit", pullListData, { conversation_id: "sg_g", limit: -1 }],
    ["user_id", registerBody, { user_id: ".", nickname: "n", password: "secret" }],
    ["user_id", registerBody, { user_id: "..", nickname: "n", password: "secret" }],
    ["platform_id", loginBody, { user_id: "u", password: "p", platform_id: 11 }],
    ["session_type", sendBody, { ...send, session_type: 0, group_id: "g" }],
    ["since", syncQuery, { since: "" }],
    ["begin_seq", pullQuery, { conversation_id: "sg_g", begin_seq: "x" }],
    ["seq_list", pullListData, { conversation_id: "sg_g", seq_list: Array(101).fill(1) }],
    ["since", syncData, { since: "0" }],
    ["nickname", registerBody, { nickname: "", password: "secret" }],
    ["password", registerBody, { nickname: "n", password: "short" }],
  ])("%s", (field, schema, body) => {
    expect(() => parseData(schema, body)).toThrow(
      expect.objectContaining({ code: 1001, message: expect.stringContaining(field) }),
    );
  });

  test("a pull's limit is 100 if absent or larger", () => {
    const limit = (given?: string) => pullQuery.parse({ conversation_id: "sg_g", limit: given }).range.limit;
    expect([limit(), limit("7"), limit("100"), limit("5000")]).toEqual([100, 7, 100, 100]);
    expect([limit("0"), limit("")]).toEqual([100, 100]);
  });
});

describe("[WIRE-2] zero values of the original's structs count as absent", () => {
  test("in a query string, in a body, in a frame", () => {
    const usual = { begin_seq: 0, end_seq: 0, limit: 100, order: "asc" };
    const empty = { conversation_id: "sg_g", begin_seq: "", end_seq: "", limit: "", order: "" };
    expect(parseData(pullQuery, empty).range).toEqual(usual);
    expect(parseData(pullRangeData, { conversation_id: "sg_g", begin_seq: 0, end_seq: 0, limit: 0 }).range).toEqual(
      usual,
    );
    for (const query of [{}, { limit: "" }, { limit: "0" }]) {
      expect(parseData(listQuery, query).limit).toBeUndefined();
      expect(parseData(syncQuery, { since: "1", ...query }).limit).toBe(100);
    }
    expect(parseData(syncData, { since: 1, limit: 0 }).limit).toBe(100);
    for (const nickname of ["", null, undefined]) {
      expect(parseData(userUpdateBody, { nickname }).nickname).toBeUndefined();
    }
    for (const platform_id of [0, null, undefined]) {
      expect(parseData(loginBody, { user_id: "u", password: "p", platform_id }).platform_id).toBe(5);
    }
  });

  test.each([0, null, undefined])("a send's session_type %o follows from recv_id or group_id", (session_type) => {
    const body = { client_msg_id: "c", msg_type: 1, content: { text: "x" }, session_type };
    expect(readSend({ ...body, recv_id: "bob", group_id: "" })).toMatchObject({ recv_id: "bob", session_type: 1 });
    expect(readSend({ ...body, recv_id: "", group_id: "g" })).toMatchObject({ group_id: "g", session_type: 2 });
    expect(() => readSend(body)).toThrow(/^recv_id: /);
  });
});

describe("[WIRE-1] a name", () => {
  const takes = (text: string) => name(1, 64).safeParse(text).success;

  test.each(["A", "אבג", "👩‍🚀", "é", "e\u0301", "1", "_", "ᄀ", "a\u200db", "  x  "])("may be %o", (text) => {
    expect(takes(text)).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["spaces", "   "],
    ["wide and narrow spaces", "\u3000\u00a0\u2003\t\n"],
    ["zero width spaces", "\u200b\u200c\u200d\u2060\ufeff"],
    ["Hangul fillers", "\u3164\u115f\u1160\uffa0"],
    ["empty braille and a null notehead", "\u2800\u{1d159}"],
    ["variation selectors and tags", "\ufe0f\u{e0020}\u{e0100}"],
    ["marks alone", "\u0301\u034f"],
    ["controls", "\u0001\u0085"],
    ["soft hyphens", "\u00ad"],
  ])("cannot be %s", (_, text) => {
    expect(takes(text)).toBe(false);
  });

  test("has no control that reverses the text around it", () => {
    const controls = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
    for (const control of controls) expect(takes(`a${control}b`)).toBe(false);
  });

  test("in a group may be empty, but not invisible", () => {
    const nickname = (group_nickname: string) => groupNicknameBody.safeParse({ group_id: "g", group_nickname }).success;
    expect(["", "x", " ", "\u3164", "\u202e"].map(nickname)).toEqual([true, true, false, false, false]);
  });
});
