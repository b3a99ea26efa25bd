import { expect, test } from "vitest";
import type { UpdateHeader } from "../../../../src/core/delivery/update.ts";
import { ConversationList } from "../../../../src/core/list/list.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { memorySql } from "../../sql.ts";
import { applied } from "./applied.ts";

/** Two releases talk to each other while a deploy rolls out: here a conversation of the one before operations. */

function fresh(): ConversationList {
  const store = new InboxStore(memorySql());
  store.createOwner("ann", 1_000);
  const list = new ConversationList(store, 1_000);
  list.begin(1_000);
  return list;
}

/** An update without the fields that came with operations on messages. */
function old(seq: number, ver: number, changes: Partial<UpdateHeader> = {}) {
  const header: UpdateHeader = {
    ...{ conversation_id: "sg_a", seq, ver, from: seq, min_seq: 1, read_seq: 0, peer_read_seq: 0, unread: seq },
    ...{ role: 1 as const, status: 1 as const, muted_until: 0, updated_at: seq, renamed: false },
    ...changes,
  };
  return { header, preview: `{"seq":${seq}}`, lines: [`{"seq":${seq}}`] };
}

test("[TELL-2] an update of a release without revs is taken as before, and the entry keeps its rev", () => {
  const list = fresh();
  expect(applied(list, old(1, 1))?.news).toMatchObject({ amended: false, firstNewLine: 0 });
  expect(list.get("sg_a")).toMatchObject({ seq: 1, rev: 0, mention_count: 0, mention_seq: 0 });
  applied(list, old(2, 1, { rev: 5, mention_count: 1, mention_seq: 2, unread: 1 }));
  expect(list.get("sg_a")).toMatchObject({ seq: 2, rev: 5, mention_count: 1, unread: 1 });
  // The deploy was rolled back: the conversation is of the release before again.
  expect(applied(list, old(3, 1))?.news).toMatchObject({ amended: false });
  expect(list.get("sg_a")).toMatchObject({ seq: 3, rev: 5, unread: 3 });
  expect(applied(list, old(3, 1))).toBeNull();
});
