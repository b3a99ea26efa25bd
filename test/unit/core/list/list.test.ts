import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Update, UpdateHeader } from "../../../../src/core/delivery/update.ts";
import { ConversationList, dayOf } from "../../../../src/core/list/list.ts";
import { foundings, totals } from "../../../../src/core/list/queries.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { memorySql } from "../../sql.ts";
import { applied } from "./applied.ts";

const BEGIN = 1_000;

/** The empty list of a new inbox, and how it would be after a restart. */
function fresh(): { list: ConversationList; restarted: () => ConversationList } {
  const sql = memorySql();
  const store = new InboxStore(sql);
  store.createOwner("ann", BEGIN);
  const list = new ConversationList(store, BEGIN);
  list.begin(BEGIN);
  return {
    list,
    restarted: () => new ConversationList(new InboxStore(sql), BEGIN),
  };
}

function tell(conversation_id: string, seq: number, changes: Partial<UpdateHeader> = {}): Update {
  const header = {
    ...{ conversation_id, seq, ver: 1, from: seq, min_seq: 1, read_seq: 0, peer_read_seq: 0, unread: seq },
    ...{ role: 1 as const, status: 1 as const, muted_until: 0, updated_at: seq * 10, renamed: false },
    ...changes,
  };
  const line = `{"seq":${seq}}`;
  return { header, preview: line, lines: header.from > seq ? [] : [line] };
}

const ids = ({ entries }: { entries: readonly { conversation_id: string }[] }) =>
  entries.map((entry) => entry.conversation_id);
const everything = { since: 0, page: "", limit: 100 };

test("[PRIV-1] a first message that was refused founds nothing, also if the peer has begun the chat meanwhile", () => {
  const { list } = fresh();
  applied(list, tell("si_ann:bob", 1, { sent_bytes: 0 }), 77);
  applied(list, tell("si_ann:cyd", 1, { sent_bytes: 9 }), 77);
  applied(list, tell("sg_a", 0, { sent_bytes: 0 }), 77);
  expect(["si_ann:bob", "si_ann:cyd", "sg_a"].map((id) => list.get(id)?.founded_at)).toEqual([0, 77, 77]);
});

describe("[SYNC-1] the change number", () => {
  test("rises by one with each change, and not with updates that change nothing", () => {
    const { list } = fresh();
    expect(list.cursor).toBe(BEGIN);
    expect(applied(list, tell("sg_a", 1), 0)?.step).toEqual({ prev: BEGIN, cursor: BEGIN + 1 });
    expect(applied(list, tell("sg_a", 1), 0)).toBeNull();
    expect(applied(list, tell("sg_a", 1, { ver: 2, from: 2 }), 0)).toBeNull();
    expect(list.configure("sg_a", { is_pinned: true })).toEqual({ prev: BEGIN + 1, cursor: BEGIN + 2 });
    expect(list.configure("sg_a", { is_pinned: true })).toBeNull();
    expect(list.cursor).toBe(BEGIN + 2);
  });

  test.each([
    ["a read mark", { read_seq: 1 }],
    ["the peer's read mark", { peer_read_seq: 1 }],
    ["a role", { role: 2 as const }],
    ["a mute", { muted_until: 9 }],
  ])("rises with %s", (_what, change) => {
    const { list } = fresh();
    applied(list, tell("sg_a", 1), 0);
    const changed = applied(list, tell("sg_a", 1, { ver: 2, from: 2, ...change }), 0);
    expect(changed?.step).toEqual({ prev: BEGIN + 1, cursor: BEGIN + 2 });
  });

  test("survives a restart, with everything else", () => {
    const { list, restarted } = fresh();
    applied(list, tell("sg_a", 3), 77);
    applied(list, tell("sg_b", 1), 0);
    list.configure("sg_a", { recv_msg_opt: 1 });
    const again = restarted();
    expect(again.cursor).toBe(list.cursor);
    expect(again.sync(everything)).toEqual(list.sync(everything));
    expect(again.get("sg_a")).toMatchObject({ seq: 3, recv_msg_opt: 1, founded_at: 77 });
  });
});

describe("[LIST-1] the list", () => {
  test("pinned first, then newest first, then by id", () => {
    const { list } = fresh();
    for (const [id, seq] of [
      ["sg_c", 5],
      ["sg_b", 9],
      ["sg_a", 5],
      ["sg_d", 1],
    ] as const)
      applied(list, tell(id, seq), 0);
    list.configure("sg_d", { is_pinned: true });
    expect(ids(list.page("", 10))).toEqual(["sg_d", "sg_b", "sg_a", "sg_c"]);
  });

  test("pages join without holes or duplicates, whatever their size", () => {
    const { list } = fresh();
    for (let at = 0; at < 25; at++) applied(list, tell(`sg_${at}`, 1 + (at % 4)), 0);
    for (let at = 0; at < 25; at += 6) list.configure(`sg_${at}`, { is_pinned: true });
    const whole = ids(list.page("", 100));
    for (const limit of [1, 3, 24, 25]) {
      const joined: string[] = [];
      for (let cursor = ""; ; ) {
        const page = list.page(cursor, limit);
        joined.push(...ids(page));
        if (page.next === "") break;
        cursor = page.next;
      }
      expect(joined).toEqual(whole);
    }
  });

  test("[ERR-1] an invalid cursor is refused", () => {
    expect(() => fresh().list.page("x", 1)).toThrow(
      expect.objectContaining({ code: 1001, message: expect.stringContaining("cursor") }),
    );
  });

  test("totals: conversations that alert, those that do not, and refused ones in neither", () => {
    const { list } = fresh();
    for (const id of ["sg_a", "sg_b", "sg_c"]) applied(list, tell(id, 2), 0);
    list.configure("sg_b", { recv_msg_opt: 1 });
    list.configure("sg_c", { recv_msg_opt: 2 });
    expect(totals(list)).toEqual({ unread_count: 2, muted_unread_count: 2 });
  });

  test("[RATE-5] the bytes of a day count once, over repeated updates and a restart, and again after a return", () => {
    const { list, restarted } = fresh();
    const today = dayOf(Date.now());
    for (const _ of [1, 2]) applied(list, tell("sg_a", 1, { sent_bytes: 100 }), 0);
    applied(list, tell("sg_b", 1, { sent_bytes: 7 }), 0);
    applied(list, tell("sg_a", 2, { sent_bytes: 130 }), 0);
    expect([list.sentOn(today), restarted().sentOn(today)]).toEqual([137, 137]);
    applied(list, tell("sg_a", 3, { sent_bytes: 20 }), 0);
    applied(list, tell("sg_a", 4, { sent_bytes: 25 }), 0);
    expect([list.sentOn(today), restarted().sentOn(today), list.sentOn(today + 1)]).toEqual([162, 162, 0]);
  });

  test("[RATE-2] conversations that the user began count from their time on, by kind", () => {
    const { list } = fresh();
    applied(list, tell("si_a:b", 1, { sent_bytes: 1 }), 50);
    applied(list, tell("sg_g", 1), 60);
    applied(list, tell("si_a:c", 1), 0);
    expect([foundings(list, "si_", 49), foundings(list, "si_", 50), foundings(list, "sg_", 0)]).toEqual([
      [50],
      [],
      [60],
    ]);
  });
});

describe("[SYNC-2] sync", () => {
  test("since a cursor: later changes, oldest first; since 0: all, newest first", () => {
    const { list } = fresh();
    for (const id of ["sg_a", "sg_b", "sg_c"]) applied(list, tell(id, 1), 0);
    applied(list, tell("sg_a", 2), 0);
    expect(ids(list.sync({ since: BEGIN + 1, page: "", limit: 9 }))).toEqual(["sg_b", "sg_c", "sg_a"]);
    expect(ids(list.sync(everything))).toEqual(["sg_a", "sg_c", "sg_b"]);
    expect(list.sync({ since: BEGIN + 4, page: "", limit: 9 })).toMatchObject({
      entries: [],
      cursor: BEGIN + 4,
      next: "",
    });
  });

  test("[SYNC-5] a cursor that the inbox never gave is refused", () => {
    const { list } = fresh();
    for (const since of [1, BEGIN - 1, BEGIN + 1]) {
      expect(() => list.sync({ since, page: "", limit: 1 })).toThrow(expect.objectContaining({ code: 2004 }));
    }
  });

  test("[WIRE-6] a page that was never given is refused, and one that was given for another since", () => {
    const { list } = fresh();
    for (const id of ["sg_a", "sg_b", "sg_c", "sg_d"]) applied(list, tell(id, 1), 0);
    const now = list.cursor;
    const { next } = list.sync({ since: 0, page: "", limit: 2 });
    expect(list.sync({ since: 0, page: next, limit: 9 }).entries).toHaveLength(2);
    for (const page of [
      "x",
      "1.1",
      "0.0.0",
      `${now}.${now}`,
      `0.${now + 1}.${now}`,
      `0.${now}.${now + 1}`,
      `0.${now}.${BEGIN}`,
      `0.${now}.0`,
      `0.${now}.${now - 1}x`,
      `0.${now}.0${now - 1}`,
      `${BEGIN + 1}.${now}.${now}`,
      `0.9999999999999999.9999999999999999`,
    ]) {
      expect(() => list.sync({ since: 0, page, limit: 1 }), page).toThrow(expect.objectContaining({ code: 1001 }));
    }
    expect(() => list.sync({ since: BEGIN + 1, page: next, limit: 1 })).toThrow(
      expect.objectContaining({ code: 1001 }),
    );
  });

  test("loses nothing while the list changes between pages", () => {
    const moves = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 })), { maxLength: 60 });
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 5 }), fc.boolean(), (changes, limit, fromZero) => {
        const { list } = fresh();
        const newest = new Map<string, number>();
        const change = (at: number) => {
          const id = `sg_${at}`;
          newest.set(id, (newest.get(id) ?? 0) + 1);
          applied(list, tell(id, newest.get(id) ?? 0), 0);
        };
        for (let at = 0; at < 6; at++) change(at);
        const client = new Map<string, number>(fromZero ? [] : newest);
        let cursor = fromZero ? 0 : list.cursor;
        const rest = [...changes];
        for (let isDone = false; !isDone; ) {
          // A whole sync, with changes between its pages; then another, until nothing changes any more.
          isDone = rest.length === 0;
          let page = "";
          for (;;) {
            const answer = list.sync({ since: cursor, page, limit });
            for (const entry of answer.entries) client.set(entry.conversation_id, entry.seq);
            for (const [at] of rest.splice(0, rest[0]?.[1] ?? 0)) change(at);
            if (rest[0]?.[1] === 0) rest.shift();
            page = answer.next;
            if (page !== "") continue;
            cursor = answer.cursor;
            break;
          }
          if (cursor < list.cursor) isDone = false;
        }
        expect(client).toEqual(newest);
      }),
    );
  });
});
