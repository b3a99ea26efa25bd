import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { memoryStorage, type StorageFactory, type WebStorage, webStorage } from "../../../../src/client/index.ts";
import { indexedDbStorage } from "../../../../src/client/storage/indexeddb.ts";

/** The part of a browser's localStorage that is used. */
function browserStorage(): WebStorage {
  const entries = new Map<string, string>([["somebody else's", "untouched"]]);
  return {
    get length() {
      return entries.size;
    },
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}

const local = browserStorage();
const kinds: [string, () => StorageFactory][] = [
  ["memory", memoryStorage],
  ["localStorage", () => webStorage(local)],
  ["IndexedDB", indexedDbStorage],
];

describe.each(kinds)("storage in %s", (kind, make) => {
  test("returns what was set and not deleted", async () => {
    const store = make()("a user");
    await store.set("1", "one");
    await store.set("2", "two");
    await store.set("1", "uno");
    await store.delete("2");
    await store.delete("never set");
    expect([...(await store.entries())]).toEqual([["1", "uno"]]);
  });

  test("keeps names apart", async () => {
    const open = make();
    await open("ann").set("1", "ann's");
    expect([...(await open("ben").entries())]).toEqual([]);
    expect([...(await open("ann").entries())]).toEqual([["1", "ann's"]]);
  });

  test("has the name under which tabs share it, different for each user; one in memory belongs to one tab [TAB-1]", () => {
    const open = make();
    const [ann, ben] = [open("ann").sharedAs, open("ben").sharedAs];
    expect(new Set([ann, ben]).size).toBe(kind === "memory" ? 1 : 2);
    expect([typeof ann, typeof ben]).not.toContain(kind === "memory" ? "string" : "undefined");
    expect(make()("ann").sharedAs).toBe(ann);
  });

  test.skipIf(kind === "memory")("is still there when it is opened again", async () => {
    await make()("reload").set("1", "kept");
    expect([...(await make()("reload").entries())]).toEqual([["1", "kept"]]);
  });
});

test("other entries of localStorage are not changed", () => {
  expect(local.getItem("somebody else's")).toBe("untouched");
});
