import { describe, expect, test } from "vitest";
import type { Update } from "../../../../src/core/delivery/update.ts";
import { ConversationList } from "../../../../src/core/list/list.ts";
import { recentPeers } from "../../../../src/core/list/queries.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { Disk } from "../../../simulation/platform/disk.ts";
import { applied } from "./applied.ts";

const FIRST = 1_000;
const LIMITS = { listed: 3, gone: 2 };
const ALL = { since: 0, page: "", limit: 100 };

function storage(): InboxStore {
  const disk = new Disk();
  return new InboxStore({
    exec: <T>(query: string, ...bindings: (string | number | null)[]) => {
      const rows = disk.run<T>(query, bindings);
      return { toArray: () => rows };
    },
  });
}

function made(store: InboxStore): ConversationList {
  store.createOwner("me", FIRST);
  return started(store);
}

const started = (store: InboxStore) => new ConversationList(store, store.owner()?.first_cursor ?? 0, LIMITS);

/** A message with this seq in the conversation with a peer. @param sent_bytes the bytes that the user wrote there */
function message(name: string, seq: number, at: number, sent_bytes = 0): Update {
  const header = {
    conversation_id: `si_me:${name}`,
    seq,
    ver: 1,
    from: seq,
    min_seq: 1,
    read_seq: 0,
    peer_read_seq: 0,
    unread: seq,
    role: 1,
    status: 1,
    muted_until: 0,
    updated_at: at,
    sent_bytes,
    renamed: false,
  } as const;
  return { header, preview: "null", lines: ["{}"] };
}

/** A dismissed group that the user has left. */
function over(name: string, seq: number, at: number): Update {
  const tell = message(name, seq, at);
  return { ...tell, header: { ...tell.header, status: 2, dismissed: true } };
}

const names = (list: ConversationList) =>
  list.page("", 100).entries.map(({ conversation_id }) => conversation_id.slice("si_me:".length));
const changes = (list: ConversationList, since: number) =>
  list.sync({ ...ALL, since }).entries.map(({ conversation_id, gone }) => [conversation_id.at(-1), gone]);

test("[TELL-8] of many large groups, those with the newest messages are the ones that are attended", () => {
  const list = made(storage());
  const large = (name: string, seq: number, at: number, status: 1 | 2 = 1): Update => {
    const { header, ...rest } = message(name, seq, at);
    return { ...rest, header: { ...header, large: true, status } };
  };
  for (const [at, name] of ["t", "u", "v"].entries()) applied(list, large(name, 1, at), 0);
  const attended = (most: number) =>
    ["t", "u", "v"].filter((name) => {
      const entry = list.get(`si_me:${name}`);
      return entry && list.isAmongLarge(entry, most);
    });
  expect([attended(3), attended(2)]).toEqual([
    ["t", "u", "v"],
    ["u", "v"],
  ]);
  applied(list, large("t", 2, 10), 0);
  expect(attended(2)).toEqual(["t", "v"]);
  applied(list, large("v", 2, 11, 2), 0);
  expect([attended(2), attended(3)]).toEqual([
    ["t", "u"],
    ["t", "u"],
  ]);
});

test("[LIST-3] [MEM-1] the peers of the most recently changed chats, up to the given number, without chats that left the list", () => {
  const list = made(storage());
  for (const [at, name] of ["t", "u", "v"].entries()) applied(list, message(name, 1, at), 0);
  applied(list, over("x", 1, 10), 0);
  applied(list, message("t", 2, 11), 0);
  expect(recentPeers(list, "me", 2)).toEqual(["t", "v"]);
  expect(recentPeers(list, "me", 100)).toEqual(["t", "v", "u"]);
  expect([list.touch("si_me:x"), list.touch("si_me:nobody")]).toEqual([null, null]);
  const { cursor } = list;
  expect(list.touch("si_me:u")).toEqual({ prev: cursor, cursor: cursor + 1 });
});

describe("a full list", () => {
  test("[MEM-1] [SYNC-2] the oldest leaves the list as gone, stays gone over a restart, and comes back with a message", () => {
    const store = storage();
    const list = made(store);
    for (const [at, name] of ["t", "u", "v"].entries()) applied(list, message(name, 1, at), 0);
    const { cursor } = list;
    applied(list, message("w", 1, 10), 0);
    for (const one of [list, started(store)]) {
      expect(names(one)).toEqual(["w", "v", "u"]);
      expect(changes(one, cursor)).toEqual([
        ["w", false],
        ["t", true],
      ]);
      expect(one.cursor).toBe(cursor + 2);
      expect(one.sync(ALL).entries).toHaveLength(3);
    }
    const again = list.cursor;
    applied(list, message("t", 2, 20), 0);
    expect(names(list)).toEqual(["t", "w", "v"]);
    expect(changes(list, again)).toEqual([
      ["t", false],
      ["u", true],
    ]);
  });

  test("[SYNC-2] [WIRE-6] the pages of a whole list join, even if it has older changes than sync can report", () => {
    const store = storage();
    const list = made(store);
    // The first stays in the list, since its message is the newest. Those after it leave and are forgotten.
    applied(list, message("a", 1, 1_000), 0);
    for (const [at, name] of ["o", "p", "q", "r", "s", "t"].entries()) applied(list, message(name, 1, at), 0);
    const seen: (string | undefined)[] = [];
    let page = "";
    do {
      const answer = list.sync({ since: 0, page, limit: 1 });
      seen.push(...answer.entries.map(({ conversation_id }) => conversation_id.at(-1)));
      page = answer.next;
    } while (page !== "");
    expect(seen).toEqual(["t", "s", "a"]);
  });

  test("[GROUP-4] [MEM-1] a dismissed group leaves the list permanently, and the number remembered has the same bound as others", () => {
    const store = storage();
    const list = made(store);
    for (const [at, name] of ["o", "p", "q"].entries()) {
      applied(list, message(name, 1, at), 0);
      applied(list, over(name, 2, at), 0);
    }
    for (const one of [list, started(store)]) {
      expect(names(one)).toEqual([]);
      expect(changes(one, one.cursor - 1)).toEqual([["q", true]]);
      expect(() => one.sync({ ...ALL, since: FIRST })).toThrow(expect.objectContaining({ code: 2004 }));
    }
    list.configure("si_me:q", { is_pinned: true });
    applied(list, over("o", 3, 9), 0);
    expect(names(list)).toEqual([]);
  });

  test("[LIST-2] conversations in which the user never wrote leave first, however new they are; then the oldest", () => {
    const store = storage();
    const list = made(store);
    for (const [at, name] of ["t", "u", "v"].entries()) applied(list, message(name, 1, at, 5), 0);
    applied(list, message("invented", 1, 10), 0);
    applied(list, message("invented", 2, 11), 0);
    for (const one of [list, started(store)]) expect(names(one)).toEqual(["v", "u", "t"]);
    applied(list, message("w", 1, 20, 5), 0);
    expect(names(list)).toEqual(["w", "v", "u"]);
    list.configure("si_me:invented", { is_pinned: true });
    applied(list, message("x", 1, 30), 0);
    for (const one of [list, started(store)]) expect(names(one)).toEqual(["invented", "w", "v"]);
  });

  test("[ERASE-2] a conversation in which the user has written is remembered by its id when its entry is forgotten", () => {
    const store = storage();
    const list = made(store);
    for (let at = 1; at <= 8; at++) applied(list, message(`p${at}`, 1, FIRST + at, at === 2 ? 10 : 0));
    for (let at = 9; at <= 16; at++) applied(list, message(`p${at}`, 1, FIRST + at, 10));
    for (const { forgotten } of [store, new InboxStore(store.sql)].map((one) => ({ forgotten: one.forgotten() }))) {
      expect(forgotten).toContain("si_me:p2");
      // Nothing of the user is in these.
      for (const at of [1, 3, 4, 5, 6, 7, 8]) expect(forgotten).not.toContain(`si_me:p${at}`);
    }
  });

  test("[MEM-1] [SYNC-5] the oldest gone entries are forgotten, and cursors from before them must sync from 0", () => {
    const store = storage();
    const list = made(store);
    for (const [at, name] of ["o", "p", "q", "r", "s", "t"].entries()) applied(list, message(name, 1, at), 0);
    for (const one of [list, started(store)]) {
      expect(names(one)).toEqual(["t", "s", "r"]);
      expect(() => one.sync({ ...ALL, since: FIRST })).toThrow(expect.objectContaining({ code: 2004 }));
      expect(one.sync({ ...ALL, since: one.cursor }).entries).toEqual([]);
    }
  });
});
