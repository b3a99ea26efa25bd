import { expect, test } from "vitest";
import { keyCommand } from "../../scripts/admin-key-steps.ts";

test("[KEY-1] a key is printed once, and only its hash goes into the statement", () => {
  const { sql, say } = keyCommand({ scope: "users, audit", note: "Bob's; DROP TABLE users" }, 5);
  const key = say([]).split("\n")[0] ?? "";
  expect(key).toMatch(/^nxk_[a-z0-9]{12}_[\w-]{43}$/);
  expect(sql).not.toContain(key.slice(17));
  expect(sql).toContain("'users,audit', 'Bob''s; DROP TABLE users', 5)");
});

test.each([undefined, "", "root", "users,root"])("[KEY-2] a key is not made with the scope %s", (scope) => {
  expect(() => keyCommand({ scope }, 0)).toThrow("--scope");
});

test("[KEY-1] only a key_id is revoked, and the answer says whether there was one", () => {
  expect(() => keyCommand({ revoke: "' OR 1=1 --" }, 0)).toThrow("--revoke");
  const { sql, say } = keyCommand({ revoke: "abcdefghijkl" }, 7);
  expect(sql).toContain("revoked_at = 7 WHERE key_id = 'abcdefghijkl'");
  expect([say([{}]), say([])]).toEqual([expect.stringContaining("Revoked"), expect.stringContaining("no valid key")]);
});

test("keys are listed without secrets", () => {
  const row = { key_id: "abcdefghijkl", scopes: "all", note: "n", created_at: 0, revoked_at: 0 };
  expect(keyCommand({ list: true }, 0).say([row, { ...row, revoked_at: 1 }])).toBe(
    "abcdefghijkl  all  1970-01-01T00:00:00.000Z  valid  n\nabcdefghijkl  all  1970-01-01T00:00:00.000Z  revoked 1970-01-01T00:00:00.001Z  n",
  );
});
