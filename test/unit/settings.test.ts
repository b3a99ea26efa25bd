import { expect, test } from "vitest";
import { type Env, settingsOf } from "../../src/env.ts";

const JWT_SECRET = "for tests only, at least 32 bytes";
const strangers = (vars: Partial<Env> & { STRANGERS_PER_HOUR?: string }) =>
  settingsOf({ JWT_SECRET, ...vars } as unknown as Env).STRANGERS_PER_HOUR;

test("[RATE-2] the former name of STRANGERS_PER_HOUR is used if the new one is not set", () => {
  expect(strangers({})).toBe(60);
  expect(strangers({ NEW_CHATS_PER_HOUR: "7" })).toBe(7);
  expect(strangers({ NEW_CHATS_PER_HOUR: "7", STRANGERS_PER_HOUR: "8" })).toBe(8);
});
