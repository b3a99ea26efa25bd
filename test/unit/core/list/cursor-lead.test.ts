import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Update } from "../../../../src/core/delivery/update.ts";
import { type Change, ConversationList, LEAD } from "../../../../src/core/list/list.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { Code } from "../../../../src/protocol/codes.ts";
import { memorySql } from "../../sql.ts";
import { applied } from "./applied.ts";

const BEGIN = 1_000_000;

/** A store that can lose writes, as an object does that dies before they are stored. */
class LosingStore extends InboxStore {
  loses = false;

  override putEntry(...entry: Parameters<InboxStore["putEntry"]>): void {
    if (!this.loses) super.putEntry(...entry);
  }
}

function inbox() {
  const store = new LosingStore(memorySql());
  store.createOwner("ann", BEGIN);
  const list = new ConversationList(store, BEGIN);
  list.begin(BEGIN);
  return { store, list, restarted: () => new ConversationList(store, store.owner()?.first_cursor ?? 0) };
}

function message(conversation_id: string, seq: number): Update {
  const header = {
    ...{ conversation_id, seq, ver: 1, from: seq, min_seq: 1, read_seq: 0, peer_read_seq: 0, unread: seq },
    ...{ role: 1 as const, status: 1 as const, muted_until: 0, updated_at: seq, renamed: false },
  };
  return { header, preview: `{"seq":${seq}}`, lines: [`{"seq":${seq}}`] };
}

describe("[SYNC-1] a change is announced before it is stored", () => {
  test("except the first one after a start, which skips the numbers that clients may have seen", () => {
    const { store, list, restarted } = inbox();
    const storedAt = (from: ConversationList, seq: number) => {
      let stored: number | undefined;
      from.apply(message("sg_a", seq), 0, () => {
        stored = store.entries()[0]?.seq;
      });
      return stored;
    };
    expect(storedAt(list, 1)).toBeUndefined();
    expect(store.entries()[0]?.seq).toBe(1);

    const next = restarted();
    expect(storedAt(next, 2)).toBe(2);
    expect(next.cursor).toBe(BEGIN + 1 + LEAD + 1);
    expect(storedAt(next, 3)).toBe(2);
    expect(next.cursor).toBe(BEGIN + 1 + LEAD + 2);
  });

  test("a failed write after the announcement is an error", () => {
    const { store, list } = inbox();
    const announced: Change[] = [];
    store.putEntry = () => {
      throw new Error("the disk is full");
    };
    expect(() => list.apply(message("sg_a", 1), 0, (change) => announced.push(change))).toThrow("the disk is full");
    expect(announced).toHaveLength(1);
  });

  test("no number is given twice, however often the object dies between announcement and write", () => {
    const happening = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("sg_a", "sg_b", "si_ann:ben") },
      { weight: 1, arbitrary: fc.constantFrom("restart", "die") },
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const { store, list: first, restarted } = inbox();
        let list = first;
        let isUnchanged = false;
        let seq = 0;
        const given: number[] = [];
        const restart = () => {
          list = restarted();
          isUnchanged = true;
        };
        const change = (conversationId: string) => {
          const changed = applied(list, message(conversationId, ++seq));
          given.push(changed?.step.cursor ?? 0);
          isUnchanged = false;
        };
        for (const what of happenings) {
          if (what === "restart") restart();
          else if (what !== "die") change(what);
          // The first change after a start is stored before anybody hears of it, so it cannot be lost.
          else if (!isUnchanged) {
            store.loses = true;
            change("sg_a");
            store.loses = false;
            restart();
          }
        }
        expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
      }),
    );
  });
});

describe("[SYNC-2] a client that has seen a lost number", () => {
  test("gets a cursor past all lost numbers, and then the repeated change", () => {
    const { store, list, restarted } = inbox();
    applied(list, message("sg_a", 1));
    store.loses = true;
    const seen = applied(list, message("sg_b", 1))?.step.cursor ?? 0;
    store.loses = false;

    const next = restarted();
    expect(next.cursor).toBeLessThan(seen);
    const { cursor } = next.sync({ since: seen, page: "", limit: 10 });
    expect(cursor).toBeGreaterThan(seen + LEAD - 1);
    expect(restarted().cursor).toBe(cursor);
    applied(next, message("sg_b", 1));
    const repeated = next.sync({ since: cursor, page: "", limit: 10 });
    expect(repeated.entries.map(({ conversation_id }) => conversation_id)).toEqual(["sg_b"]);
  });

  test("gets the repeated change too if that came before it asked", () => {
    const { store, list, restarted } = inbox();
    applied(list, message("sg_a", 1));
    store.loses = true;
    const seen = applied(list, message("sg_b", 1))?.step.cursor ?? 0;
    store.loses = false;
    const next = restarted();
    applied(next, message("sg_b", 1));
    const { entries } = next.sync({ since: seen, page: "", limit: 10 });
    expect(entries.map(({ conversation_id }) => conversation_id)).toEqual(["sg_b"]);
  });

  test("of an inbox without conversations starts over", () => {
    const { store, list, restarted } = inbox();
    store.loses = true;
    const seen = applied(list, message("sg_a", 1))?.step.cursor ?? 0;
    store.loses = false;
    const next = restarted();
    expect(() => next.sync({ since: seen, page: "", limit: 10 })).toThrow(
      expect.objectContaining({ code: Code.TOKEN_MISMATCH }),
    );
    expect(next.sync({ since: 0, page: "", limit: 10 }).cursor).toBeGreaterThan(seen);
  });

  test("[SYNC-5] a number beyond those is one that this inbox never gave", () => {
    const { list, restarted } = inbox();
    applied(list, message("sg_a", 1));
    const next = restarted();
    const since = next.cursor + LEAD + 1;
    expect(() => next.sync({ since, page: "", limit: 10 })).toThrow(
      expect.objectContaining({ code: Code.TOKEN_MISMATCH }),
    );
    expect(next.cursor).toBe(restarted().cursor);
  });
});
