import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sendBody } from "../../../src/protocol/bodies.ts";
import { checkContent } from "../../../src/protocol/content.ts";
import { parseRequest } from "../../../src/protocol/parse.ts";
import { plainSend } from "../../../src/protocol/send.ts";

/**
 * The hot path checks the usual form by hand and leaves the rest to the schemas. The schema must accept everything that
 * the hot path accepts, with the same result. [ERR-1]
 */

const id = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
  fc.constantFrom("", "a b", "ä", "a\n", "x".repeat(65), null, undefined, 1, ["a"], {}),
);
const clientId = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ maxLength: 70, unit: "binary" }),
  fc.constantFrom("", "a\0", "\ud800", "é".repeat(32), "a\n", null, undefined, 7, ["a"]),
);
const number = fc.oneof(
  fc.constantFrom(1, 2, 100, 1001, 0, -0, 1.5, -1, 2 ** 53, Number.MAX_SAFE_INTEGER, null, "1", undefined),
  fc.double(),
);
const content = fc.oneof(fc.object(), fc.constant({ text: "x" }), fc.constantFrom(null, [], ["x"], "x", 1, undefined));

const send = fc.record(
  {
    client_msg_id: clientId,
    recv_id: id,
    group_id: id,
    session_type: number,
    msg_type: number,
    content,
    extra: content,
  },
  { requiredKeys: [] },
);
const goodId = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/);
const likely = fc.record({
  client_msg_id: fc.stringMatching(/^[!-~]{1,64}$/),
  recv_id: fc.oneof(goodId, fc.constant(undefined)),
  group_id: fc.oneof(goodId, fc.constant(undefined)),
  session_type: fc.constantFrom(1, 2),
  msg_type: fc.oneof(fc.integer(), number),
  content: fc.oneof(fc.object(), content),
});

/** As received from the wire: values that JSON cannot express are absent. */
const json = <T>(value: T): unknown => JSON.parse(JSON.stringify(value) ?? "null");

describe("[ERR-1] the check by hand agrees with the schema", () => {
  test("sends", () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(send, likely, fc.anything()), (value) => {
        const data = json(value);
        const mine = plainSend(data);
        if (mine === undefined) return;
        plain++;
        expect(mine).toEqual(sendBody.parse(data));
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test("frames are refused for the same fields", () => {
    const field = fc.constantFrom("text", "", null, undefined, 0, 1, true, [], {}, ["a"]);
    const frame = fc.record(
      { req_identifier: fc.constant(1003), msg_incr: field, operation_id: field, send_id: field },
      { requiredKeys: ["req_identifier"] },
    );
    fc.assert(
      fc.property(frame, (value) => {
        const right = [value.msg_incr, value.operation_id, value.send_id].every(
          (each) => each === undefined || each === null || typeof each === "string",
        );
        const read = () => parseRequest(JSON.stringify(value));
        if (!right) {
          expect(read).toThrow(/^(msg_incr|operation_id|send_id): /);
          return;
        }
        expect(read()).toMatchObject({
          msg_incr: value.msg_incr ?? "",
          operation_id: value.operation_id ?? "",
          send_id: value.send_id ?? "",
        });
      }),
    );
  });

  test("texts come back as they were sent, alone or with other keys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.object({ maxDepth: 2 }), (text, more) => {
        const alone = { text };
        expect(JSON.parse(checkContent(1, alone))).toEqual(json(alone));
        const both = json({ ...more, text }) as Record<string, unknown>;
        const source = { json: JSON.stringify({ content: both }), under: "top" } as const;
        expect(JSON.parse(checkContent(1, both, source))).toEqual(both);
      }),
    );
    for (const text of [1, null, undefined, ["a"]]) expect(() => checkContent(1, { text })).toThrow("content.text");
  });
});
