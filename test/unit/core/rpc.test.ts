import { expect, test } from "vitest";
import { declareCall } from "../../../src/core/call.ts";
import { byName, handle, named } from "../../../src/core/rpc.ts";

test("a call that only another release knows is answered 1008, and two calls cannot share a name", () => {
  const greet = handle(declareCall<string, string>("features.greet"), (name) => `hello ${name}`);
  const handlers = byName([greet]);
  expect(named(handlers, "features.greet").run("ann")).toBe("hello ann");
  expect(() => named(handlers, "features.part")).toThrow(expect.objectContaining({ code: 1008 }));
  expect(() => byName([greet, greet])).toThrow("features.greet");
});
