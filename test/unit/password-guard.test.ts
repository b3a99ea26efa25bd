import { describe, expect, test } from "vitest";
import { PasswordGuard } from "../../src/inbox/password-guard.ts";

const FREE = 9;

describe("PasswordGuard", () => {
  test("[LOGIN-8] makes an address wait ever longer, and no other", () => {
    const guard = new PasswordGuard();
    for (let time = 0; time < FREE; time++) guard.failed("attacker", 0);
    expect(() => guard.check("attacker", 0)).not.toThrow();
    const waits = Array.from({ length: 8 }, () => {
      guard.failed("attacker", 0);
      let wait = 0;
      try {
        guard.check("attacker", 0);
      } catch (error) {
        wait = (error as { retryAfter: number }).retryAfter;
      }
      return wait;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(() => guard.check("attacker", 59_999)).toThrow(expect.objectContaining({ code: 1006 }));
    expect(() => guard.check("attacker", 60_000)).not.toThrow();
    expect(() => guard.check("owner", 0)).not.toThrow();
  });

  test("[MEM-1] forgets the address that failed longest ago, not one that goes on", () => {
    const guard = new PasswordGuard();
    for (let time = 0; time < FREE; time++) guard.failed("attacker", 0);
    for (let other = 0; other < 999; other++) guard.failed(`other-${other}`, 0);
    guard.failed("attacker", 0);
    guard.failed("one more", 0);
    expect(() => guard.check("attacker", 0)).toThrow();
  });
});
