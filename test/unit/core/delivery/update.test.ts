import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeUpdate, encodeUpdate, type Update, type UpdateHeader } from "../../../../src/core/delivery/update.ts";
import { applyUpdate, type ListEntry } from "../../../../src/core/list/entry.ts";

const header: UpdateHeader = {
  conversation_id: "sg_g",
  seq: 0,
  ver: 1,
  from: 1,
  min_seq: 1,
  read_seq: 0,
  peer_read_seq: 0,
  unread: 0,
  role: 1,
  status: 1,
  muted_until: 0,
  updated_at: 5,
  renamed: false,
};

/** An update with the messages from one seq to another. */
function tell(from: number, to: number, changes: Partial<UpdateHeader> = {}): Update {
  const lines = Array.from({ length: to - from + 1 }, (_, index) => `{"seq":${from + index}}`);
  return { header: { ...header, from, seq: to, ...changes }, preview: lines.at(-1) ?? "null", lines };
}

/** The entry after some updates, one after another. */
function entryAfter(...tells: readonly Update[]): ListEntry | undefined {
  return tells.reduce<ListEntry | undefined>((known, next) => applyUpdate(known, next)?.entry ?? known, undefined);
}

describe("encodeUpdate", () => {
  test("decodes what was encoded, including line feeds in texts", () => {
    const lines = [JSON.stringify({ text: "a\nb\u2028" }), "{}"];
    const full = { header, preview: JSON.stringify({ text: "\n" }), lines };
    expect(decodeUpdate(encodeUpdate(full))).toEqual(full);
    expect(decodeUpdate(encodeUpdate({ ...full, lines: [] }))).toEqual({ ...full, lines: [] });
  });

  test("accepts fields of a newer release, but not an incomplete update", () => {
    const text = encodeUpdate({ header, preview: "null", lines: [] }).replace("{", '{"newer":1,');
    expect(decodeUpdate(text).header).toMatchObject(header);
    expect(() => decodeUpdate("{}")).toThrow();
  });
});

describe("[TELL-2] applyUpdate", () => {
  test("takes what is new, once", () => {
    const news = applyUpdate(undefined, tell(1, 3));
    expect(news).toMatchObject({ firstNewLine: 0, member: false, entry: { seq: 3, ver: 1 } });
    expect(applyUpdate(news?.entry, tell(1, 3))).toBeNull();
  });

  test("drops a snapshot that is older by either number", () => {
    const known = entryAfter(tell(1, 3, { ver: 5 }));
    expect(applyUpdate(known, tell(1, 2, { ver: 5 }))).toBeNull();
    expect(applyUpdate(known, tell(1, 3, { ver: 4 }))).toBeNull();
    expect(applyUpdate(known, tell(1, 2, { ver: 4 }))).toBeNull();
  });

  test("takes the new part of partly known messages", () => {
    const known = entryAfter(tell(1, 3));
    expect(applyUpdate(known, tell(2, 5))).toMatchObject({ firstNewLine: 2, entry: { seq: 5 } });
    // Beyond the size of an update there is a gap, which clients pull.
    expect(applyUpdate(known, tell(10, 12))).toMatchObject({ firstNewLine: 0, entry: { seq: 12 } });
  });

  test("a mark is new if its ver is; a send moves it without a notification", () => {
    const known = entryAfter(tell(1, 3));
    expect(applyUpdate(known, tell(4, 3, { ver: 2, read_seq: 2 }))).toMatchObject({
      read: true,
      entry: { read_seq: 2 },
    });
    expect(applyUpdate(known, tell(4, 4, { read_seq: 4 }))).toMatchObject({ read: false, entry: { read_seq: 4 } });
    expect(applyUpdate(known, tell(4, 3, { ver: 2, peer_read_seq: 3 }))).toMatchObject({ peerRead: true });
  });

  test.each([{ role: 2 as const }, { status: 3 as const }, { min_seq: 3 }, { muted_until: 9 }, { renamed: true }])(
    "%o is a change of the conversation",
    (change) => {
      expect(applyUpdate(entryAfter(tell(1, 3)), tell(4, 3, { ver: 2, ...change }))?.member).toBe(true);
    },
  );

  test("keeps what the user has set", () => {
    const known = {
      ...(entryAfter(tell(1, 3)) as ListEntry),
      is_pinned: true,
      recv_msg_opt: 2,
      founded_at: 7,
      change: 9,
    };
    expect(applyUpdate(known, tell(4, 4))?.entry).toMatchObject({
      is_pinned: true,
      recv_msg_opt: 2,
      founded_at: 7,
      change: 9,
    });
  });

  test("if updates arrive twice, late or out of order, the entry is that of the newest", () => {
    const history = Array.from({ length: 8 }, (_, index) =>
      tell(1, index + 1, { ver: 1 + (index >> 1), read_seq: index >> 1 }),
    );
    const orders = fc.array(fc.nat({ max: 7 }), { maxLength: 30 });
    fc.assert(
      fc.property(orders, (order) => {
        let known: ListEntry | undefined;
        const lines: string[] = [];
        for (const index of [...order, 7]) {
          const next = history[index] as Update;
          const news = applyUpdate(known, next);
          if (news) lines.push(...next.lines.slice(news.firstNewLine));
          known = news?.entry ?? known;
        }
        expect(known).toMatchObject({ seq: 8, ver: 4, read_seq: 3 });
        expect(lines).toEqual(history[7]?.lines);
      }),
    );
  });
});
