import { describe, expect, test } from "vitest";
import { isAnswer, isPush } from "../../../../src/client/connection/frame-fields.ts";
import { FRAME_ANSWERS, frameNumbers, PUSHES, pushNumbers } from "../../../../src/protocol/frame-answers.ts";

const read = { conversation_id: "sg_g", user_id: "ann", read_seq: 1, prev: 1, cursor: 2 };
const state = { max_seq: 1, read_seq: 1, unread_count: 0 };

/** The fields of a schema, if it is an object's. */
const fieldsOf = (schema: object): string[] => ("shape" in schema ? Object.keys(schema.shape as object) : []);

describe("what the SDK accepts as an answer or a push", () => {
  test.each([
    ["all fields", state, true],
    ["additional fields of a later release", { ...state, reactions: 1 }, true],
    ["a field too few", { max_seq: 1, read_seq: 1 }, false],
    ["null", null, false],
    ["a text", "{}", false],
  ])("an answer with %s", (_, data, isRight) => {
    expect(isAnswer(1006, data)).toBe(isRight);
  });

  test.each([
    ["all fields", 2003, read, true],
    ["a field too few", 2003, { conversation_id: "sg_g", user_id: "ann" }, false],
    ["nothing", 2003, null, false],
    ["a number of a later release", 2099, read, false],
    ["no data, if none is needed", 3001, null, true],
  ])("a push with %s", (_, req_identifier, data, isRight) => {
    expect(isPush({ req_identifier, data })).toBe(isRight);
  });

  test("every answer and push of the tables has the fields that the SDK asks for", () => {
    for (const number of frameNumbers()) {
      const data = Object.fromEntries(fieldsOf(FRAME_ANSWERS[number].answer).map((field) => [field, 0]));
      expect(isAnswer(number, data), `answer ${number}`).toBe(true);
    }
    for (const number of pushNumbers()) {
      const data = Object.fromEntries(fieldsOf(PUSHES[number].data).map((field) => [field, 0]));
      expect(isPush({ req_identifier: number, data }), `push ${number}`).toBe(true);
    }
  });
});
