import { describe, expect, test } from "vitest";
import { judgeFrame, judgeReply } from "../helpers/contract.ts";

/** The checks that tests run on the server's answers must reject each wrong answer. [API-1] */

const reply = (status: number, body: object) => ({ status, text: JSON.stringify(body) });
const ok = (data: unknown, more: object = {}) => reply(200, { code: 0, msg: "success", data, ...more });
const refusal = (status: number, code: number) => reply(status, { code, msg: "why", message: "why", data: null });

describe("[API-1] a route's answer", () => {
  test.each([
    ["as it should be", "GET", "/msg/max_seq?conversation_id=sg_g", ok({ max_seq: 1 })],
    ["of a path with an id", "GET", "/user/profile/ann", refusal(404, 2006)],
    ["refused with a code of its route", "POST", "/group/quit", refusal(403, 3008)],
    ["that is a file", "GET", "/assets/none.js", { status: 404, text: "" }],
    ["of no route", "GET", "/nowhere", refusal(404, 1005)],
    ["to a method that the path does not have", "DELETE", "/msg/send", refusal(405, 1001)],
  ])("%s passes", (_, method, path, answer) => {
    expect(() => judgeReply(method, path, answer)).not.toThrow();
  });

  test.each([
    ["with an additional field", "GET", "/msg/max_seq", ok({ max_seq: 1, read_seq: 1 })],
    ["without its field", "GET", "/msg/max_seq", ok({})],
    ["with a field of another kind", "GET", "/msg/max_seq", ok({ max_seq: "1" })],
    ["of a list without meta", "GET", "/group/members", ok([])],
    [
      "without a list but with meta",
      "GET",
      "/msg/max_seq",
      ok({ max_seq: 1 }, { meta: { next_cursor: "", has_more: false } }),
    ],
    ["with an additional field in its envelope", "GET", "/msg/max_seq", ok({ max_seq: 1 }, { debug: true })],
    ["refused with a code of another route", "POST", "/group/quit", refusal(409, 3010)],
    ["that is not an envelope", "GET", "/msg/max_seq", { status: 404, text: "<html>" }],
    ["refused with another HTTP status", "POST", "/group/quit", refusal(200, 3008)],
  ])("%s does not", (_, method, path, answer) => {
    expect(() => judgeReply(method, path, answer)).toThrow();
  });
});

describe("[API-1] a frame", () => {
  const frame = (req_identifier: number, err_code: number, data: unknown) => {
    const sent = { req_identifier, msg_incr: "", operation_id: "", err_code, err_msg: "", data };
    return { ...sent, raw: JSON.stringify(sent) };
  };

  test.each([
    ["answered", frame(1001, 0, { seqs: { sg_g: 1 } })],
    ["refused with a code of its own", frame(1002, 1007, null)],
    ["of an unknown number", frame(4242, 5003, null)],
    ["pushed", frame(2006, 0, { conversation_id: "sg_g", user_id: "ann", typing: true })],
    ["that reports a data error", frame(3001, 5003, null)],
  ])("%s passes", (_, sent) => {
    expect(() => judgeFrame(sent)).not.toThrow();
  });

  test.each([
    ["answered with an additional field", frame(1001, 0, { seqs: {}, more: 1 })],
    ["refused with data", frame(1002, 1007, {})],
    ["refused with a code of another", frame(1001, 3009, null)],
    ["of an unknown number, answered", frame(4242, 0, {})],
    ["pushed without a field", frame(2006, 0, { conversation_id: "sg_g", user_id: "ann" })],
  ])("%s does not", (_, sent) => {
    expect(() => judgeFrame(sent)).toThrow();
  });
});
