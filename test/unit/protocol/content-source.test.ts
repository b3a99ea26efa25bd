import { describe, expect, test } from "vitest";
import { checkContent } from "../../../src/protocol/content.ts";

const TEXT = 1;
const CUSTOM = 100;

/** A content as it is sent in a body, and as it is stored. */
function stored(json: string, type = CUSTOM): string {
  const body = `{"content":${json}}`;
  return checkContent(type, JSON.parse(body).content, { json: body, under: "top" });
}

describe("checkContent", () => {
  test.each([
    "12345678901234567890",
    "0.12345678901234567",
    "12345678.123456789012",
    "1.7e308",
    "1e-999",
    "[1.50e-7,-0.0e5]",
    '{"__proto__":{"a":1},"é":"\\ud800"}',
  ])("[SEND-4] keeps every digit of %s", (data) => {
    const json = `{"custom_type":"t","custom_data":${data}}`;
    expect(stored(json)).toBe(json);
  });

  test.each(["1e999", "-1e400", `1${"0".repeat(400)}`, '{"deep":[1e999]}'])(
    "[WIRE-3] %s is refused: it is beyond the range of a double, and decoders fail on it",
    (data) => {
      expect(() => stored(`{"custom_type":"t","custom_data":${data}}`)).toThrow(
        expect.objectContaining({ code: 1001, message: expect.stringContaining("content") }),
      );
    },
  );

  test("[SEND-4] stores what it checked: a content next to the data of a frame is not used", () => {
    const frame = '{"content":[1,"unchecked"],"pad":1234567890123456,"data":{"content":{"text":"checked"}}}';
    const content = JSON.parse(frame).data.content;
    expect(checkContent(TEXT, content, { json: frame, under: "data" })).toBe('{"text":"checked"}');
  });

  test("[ERR-1] JSON that nests too deeply is refused, in the content and next to it", () => {
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    const body = `{"deep":${deep},"content":{"text":"x","id":12345678901234567890}}`;
    const check = (json: string) => () => checkContent(TEXT, JSON.parse(json).content, { json, under: "top" });
    expect(check(body)).toThrow(expect.objectContaining({ code: 1001, message: expect.stringContaining("deep") }));
    const inside = `{"content":{"text":"x","deep":${deep}}}`;
    expect(check(inside)).toThrow(expect.objectContaining({ code: 1001, message: expect.stringContaining("content") }));
  });
});
