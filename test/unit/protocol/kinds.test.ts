import { expect, test } from "vitest";
import { KINDS } from "../../../src/protocol/kinds.ts";
import { isCountable, MessageType, NoticeType } from "../../../src/protocol/model.ts";

test("each kind has its row, and SDKs tell from its number whether it counts", () => {
  const types = [...Object.values(MessageType), ...Object.values(NoticeType)];
  expect([...KINDS.keys()].sort((a, b) => a - b)).toEqual(types.sort((a, b) => a - b));
  for (const [type, kind] of KINDS) expect([type, kind.isCountable]).toEqual([type, isCountable(type)]);
});

test("users send what has a content; notices are the server's", () => {
  const sendable = [...KINDS].filter(([, { content }]) => content !== null).map(([type]) => type);
  expect(sendable).toEqual(Object.values(MessageType));
});
