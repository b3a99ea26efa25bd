import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { inboxOf, tablesOf } from "../../helpers/workers/objects.ts";
import { type Person, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ REQUEST_BURST: 1_000_000 });

interface OwnData {
  items: { key: string; value: string; rev: number }[];
  rev: number;
  reset: boolean;
}
const put = (who: Person, key: string, value: string) => who.put<{ rev: number }>("/user/data", { key, value });
const read = async (who: Person, since?: number) => ok(await who.get<OwnData>("/user/data", { since }));

test("[DATA-1] what one device stores reaches the others, by push and by since", async () => {
  const [ann, ben] = await people("ann", "ben");
  const phone = await ann.on(2);
  const [seat, other] = [await phone.socket(), await ben.socket()];
  expect(await read(ann)).toEqual({ items: [], rev: 0, reset: false });
  expect(ok(await put(ann, "draft si_ann:ben", "你好 🎉"))).toEqual({ rev: 1 });
  const item = { key: "draft si_ann:ben", value: "你好 🎉", rev: 1 };
  await seat.push(2011, (data) => JSON.stringify(data) === JSON.stringify({ items: [item], since_rev: 0, rev: 1 }));
  ok(await put(ann, "b", "2"));
  expect(ok(await put(ann, "b", "2"))).toEqual({ rev: 2 });
  ok(await put(phone, "draft si_ann:ben", ""));
  expect(await read(phone, 1)).toEqual({
    items: [
      { key: "b", value: "2", rev: 2 },
      { key: "draft si_ann:ben", value: "", rev: 3 },
    ],
    rev: 3,
    reset: false,
  });
  expect(await read(ann)).toEqual({ items: [{ key: "b", value: "2", rev: 2 }], rev: 3, reset: false });
  expect(await read(ann, 99)).toEqual({ items: [{ key: "b", value: "2", rev: 2 }], rev: 3, reset: true });
  await evictAllDurableObjects();
  expect(await read(ann, 2)).toMatchObject({ items: [{ value: "" }], rev: 3 });
  // Nobody else has any of it, and a user without data has no table.
  expect(await read(ben)).toEqual({ items: [], rev: 0, reset: false });
  expect(other.log.filter(({ req_identifier }) => req_identifier === 2011)).toEqual([]);
  expect(await tablesOf(inboxOf(ben))).not.toContain("own_data");
});

test("[DATA-1] at most 500 keys of 4,096 bytes; deletions make room, and old ones are forgotten", async () => {
  const [ann] = await people("ann");
  const full = "字".repeat(1_365);
  for (let at = 0; at < 500; at++) ok(await put(ann, `k${at}`, at === 0 ? full : "x"));
  expect((await put(ann, "one more", "x")).code).toBe(4010);
  ok(await put(ann, "k0", "changed"));
  ok(await put(ann, "k1", ""));
  ok(await put(ann, "one more", "x"));
  for (let turn = 0; turn < 501; turn++) {
    ok(await put(ann, "k2", ""));
    ok(await put(ann, `d${turn}`, "x"));
    ok(await put(ann, `d${turn}`, ""));
  }
  const { rev, items } = await read(ann);
  expect(items).toHaveLength(499);
  const old = await read(ann, 10);
  expect([old.reset, old.items.length, old.rev]).toEqual([true, 499, rev]);
  expect(await read(ann, rev - 1)).toMatchObject({ reset: false, items: [{ key: "d500", value: "" }] });
});

test.each([
  { key: "", value: "x" },
  { key: "k".repeat(257), value: "x" },
  { key: "a\u0000", value: "x" },
  { key: "k", value: "x".repeat(4_097) },
  { key: "k", value: "\ud800" },
  { key: "k", value: 1 },
  { key: "k" },
  { value: "x" },
])("[DATA-1] %j is invalid", async (body) => {
  const [ann] = await people("ann");
  expect((await ann.put("/user/data", body)).code).toBe(1001);
  expect((await ann.get("/user/data", { since: -1 })).code).toBe(1001);
});
