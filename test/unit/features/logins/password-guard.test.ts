import { describe, expect, test } from "vitest";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { PasswordGuard } from "../../../../src/features/logins/password-guard.ts";
import { GuessTable } from "../../../../src/features/logins/store.ts";
import { networkOf } from "../../../../src/middleware/network.ts";
import { memorySql } from "../../sql.ts";

const FREE = 9;
const FREE_TOGETHER = 49;
const DAY = 86_400_000;
const NOW = 10 * DAY;

function storage(): GuessTable {
  const store = new InboxStore(memorySql());
  store.migrator.migrate();
  return new GuessTable(store);
}

/** Seconds that a guess has to wait; 0 if it was accepted and counted. */
function guess(guard: PasswordGuard, network: string, now = NOW, isOwner = false): number {
  try {
    guard.admit(network, isOwner, now);
    return 0;
  } catch (error) {
    return (error as { retryAfter: number }).retryAfter;
  }
}

describe("PasswordGuard", () => {
  test("[LOGIN-8] makes a network wait longer and longer, counting guesses before they are checked, over a restart", () => {
    const store = storage();
    let now = NOW;
    for (let time = 0; time <= FREE; time++) expect(guess(new PasswordGuard(store), "attacker", now)).toBe(0);
    const waits = Array.from({ length: 8 }, () => {
      const wait = guess(new PasswordGuard(store), "attacker", now);
      expect(guess(new PasswordGuard(store), "attacker", now + wait * 1_000 - 1)).toBe(1);
      now += wait * 1_000;
      expect(guess(new PasswordGuard(store), "attacker", now)).toBe(0);
      return wait;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(guess(new PasswordGuard(store), "somebody else", now)).toBe(0);
    expect(guess(new PasswordGuard(store), "attacker", now + DAY)).toBe(0);
  });

  test("[LOGIN-8] guesses from many networks wait together; they do not delay the owner", () => {
    const guard = new PasswordGuard(storage());
    expect(guess(guard, "home")).toBe(0);
    guard.proven("home", NOW);
    for (let at = 0; at <= FREE_TOGETHER; at++) expect(guess(guard, `bot-${at}`)).toBe(0);
    expect(guess(guard, "one more bot")).toBe(1);
    expect(guess(guard, "one more bot", NOW + 1_000)).toBe(0);
    expect(guess(guard, "yet another bot", NOW + 1_000)).toBe(2);
    expect(guess(guard, "home", NOW + 1_000)).toBe(0);
    expect(guess(guard, "a hotel", NOW + 1_000, true)).toBe(0);
    expect(guess(guard, "a hotel", NOW + 1_000, false)).toBe(2);
  });

  test("[LOGIN-8] right passwords cost nothing, however often one or many networks sign in", () => {
    const guard = new PasswordGuard(storage());
    for (let at = 0; at < 3 * FREE_TOGETHER; at++) {
      expect(guess(guard, `place-${at}`)).toBe(0);
      guard.proven(`place-${at}`, NOW);
      expect(guess(guard, "home")).toBe(0);
      guard.proven("home", NOW);
    }
  });

  test("[LOGIN-8] a network that was right once and then guesses waits like any other", () => {
    const guard = new PasswordGuard(storage());
    expect(guess(guard, "home")).toBe(0);
    guard.proven("home", NOW);
    for (let time = 0; time <= FREE; time++) expect(guess(guard, "home")).toBe(0);
    expect(guess(guard, "home")).toBe(1);
    expect(guess(guard, "home", NOW, true)).toBe(1);
  });

  test("[MEM-1] [LOGIN-8] new networks displace the one that tried longest ago, and never one that was right", () => {
    const store = storage();
    const guard = new PasswordGuard(store);
    guard.admit("home", false, NOW);
    guard.proven("home", NOW);
    for (let at = 0; at <= 1_000; at++) {
      store.putGuesses(`bot-${at}`, { wrong: 20, until: NOW + DAY, tried_at: NOW + at, proven_at: 0 });
    }
    expect(store.guesses("bot-0")).toBeUndefined();
    expect(store.guesses("bot-1")).toBeDefined();
    expect(store.guesses("home")?.proven_at).toBe(NOW);
  });
});

describe("networkOf", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["unknown", "unknown"],
  ])("[LOGIN-8] the network of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
