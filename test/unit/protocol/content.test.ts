import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkContent } from "../../../src/protocol/content.ts";
import { isCountable } from "../../../src/protocol/model.ts";

describe("[SEND-4] content comes back as it was sent", () => {
  test("unknown keys, emoji, right-to-left text, lone surrogates", () => {
    const text = "a👍\u202eשלום\ud800\n\u2028";
    const content = { text, more: [1, null, { deep: true }] };
    expect(JSON.parse(checkContent(1, content))).toEqual(content);
    // Stored as JSON with escapes, which UTF-8 can hold.
    expect(checkContent(1, content).isWellFormed()).toBe(true);
  });

  test("any JSON in a custom message", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const content = { custom_type: "t", custom_data: value };
        expect(checkContent(100, content)).toBe(JSON.stringify(content));
      }),
    );
  });

  test("__proto__ is treated like any other key", () => {
    const json = '{"text":"x","__proto__":{"polluted":1}}';
    expect(checkContent(1, JSON.parse(json))).toBe(json);
  });
});

describe("types and their keys", () => {
  test.each([
    [1, { text: "" }],
    [2, { image_url: "u", image_width: 1 }],
    [2, { image: "u" }],
    [3, { video_url: "u", thumbnail_url: "t" }],
    [3, { video: "u" }],
    [4, { audio_url: "u", audio_duration: 1.5 }],
    [4, { audio: "u" }],
    [5, { file_url: "u", file_name: "n" }],
    [5, { file: "u" }],
    [100, { custom_type: 7, custom_data: null }],
    [100, { custom: "x" }],
    [100, { custom_type: "t", custom_data: { text: 5, image: [] } }],
  ])("%i takes %o", (type, content) => {
    expect(checkContent(type, content)).toBe(JSON.stringify(content));
  });

  test.each([
    [1, {}, "content.text"],
    [1, { text: 1 }, "content.text"],
    [2, { image: 5 }, "content.image"],
    [100, { custom: { a: 1 } }, "content.custom"],
    [2, { image_url: 1 }, "content.image_url"],
    [2, { image_url: "u", image_size: -1 }, "content.image_size"],
    [3, { image: "u" }, "content.video_url"],
    [5, { file_url: "u" }, "content.file_name"],
    [100, { custom_type: "t" }, "content.custom_data"],
    [0, { text: "x" }, "msg_type"],
    [6, { text: "x" }, "msg_type"],
    [1.5, { text: "x" }, "msg_type"],
  ])("[ERR-1] %o refuses %o and names %s", (type, content, field) => {
    expect(() => checkContent(type, content)).toThrow(
      expect.objectContaining({ code: 1001, message: expect.stringContaining(field) }),
    );
  });

  test("[WIRE-3] a key that the original's clients decode into a string must be one, in every type", () => {
    const others = ["text", "image", "video", "audio", "file", "custom", "Image", "FILE", "cu\u017ftom"];
    for (const key of others) {
      for (const value of [5, null, true, [], { a: 1 }]) {
        const content = { custom_type: "t", custom_data: 1, [key]: value };
        expect(() => checkContent(100, content), key).toThrow(
          expect.objectContaining({ code: 1001, message: `content.${key}: must be a string` }),
        );
      }
      expect(() => checkContent(100, { custom_type: "t", custom_data: 1, [key]: "x" })).not.toThrow();
    }
    expect(() => checkContent(1, { text: "hi", image: 5 })).toThrow(/content\.image/);
  });

  test("[GROUP-3] a client cannot send a notice, and notices do not count", () => {
    for (let type = 1001; type <= 1009; type++) {
      expect(() => checkContent(type, { operator_id: "a", user_ids: [] })).toThrow(
        expect.objectContaining({ code: 1001 }),
      );
      expect(isCountable(type)).toBe(false);
    }
    for (const type of [1, 2, 3, 4, 5, 100]) expect(isCountable(type)).toBe(true);
  });

  test("32 KB of JSON in UTF-8 and no byte more", () => {
    const envelope = '{"text":""}'.length;
    expect(checkContent(1, { text: "x".repeat(32_768 - envelope) })).toHaveLength(32_768);
    expect(() => checkContent(1, { text: "x".repeat(32_769 - envelope) })).toThrow(/content/);
    expect(() => checkContent(1, { text: "é".repeat(16_379) })).toThrow(/content/);
  });

  test("nests to 64 levels and no deeper", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
    expect(() => checkContent(100, { custom_type: 1, custom_data: nested(63) })).not.toThrow();
    expect(() => checkContent(100, { custom_type: 1, custom_data: nested(64) })).toThrow(/content/);
  });
});
