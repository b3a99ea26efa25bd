import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AppendCall } from "../../../../src/core/calls.ts";
import { ConversationState } from "../../../../src/core/log/state.ts";
import { ConversationStore } from "../../../../src/core/log/store.ts";
import { plan } from "../../../../src/features/groups/operations.ts";
import { NexoError } from "../../../../src/protocol/codes.ts";
import { type MemorySql, memorySql } from "../../sql.ts";

interface Facts {
  now: number;
  isFull: boolean;
}

/** A conversation over a storage with real transactions. */
function room(
  conversationId: string,
  sql: MemorySql,
  facts: Facts = { now: 1_000_000, isFull: false },
): ConversationState {
  return new ConversationState(new ConversationStore(sql), {
    conversationId,
    maxMembers: 500,
    largeGroup: 500,
    named: () => [],
    now: () => facts.now,
    transaction: (work) => {
      sql.exec("BEGIN");
      try {
        const result = work();
        sql.exec("COMMIT");
        return result;
      } catch (error) {
        sql.exec("ROLLBACK");
        throw error;
      }
    },
    isFull: () => facts.isFull,
  });
}

const call = (user_id: string, ids: readonly string[], changes: Partial<AppendCall> = {}): AppendCall => ({
  user_id,
  mark: null,
  sends: ids.map((client_msg_id) => ({ client_msg_id, msg_type: 1, content: '{"text":"x"}' })),
  allowance: ids.length,
  founding: true,
  ...changes,
});

describe("ConversationState.append", () => {
  test("[SEND-2] [READ-2] gives seqs, and moves the sender's mark", () => {
    const chat = room("si_ann:bob", memorySql());
    chat.append([call("ann", ["a", "b"]), call("bob", ["c"])]);
    expect(chat.version.seq).toBe(3);
    expect([chat.member("ann")?.read_seq, chat.member("bob")?.read_seq]).toEqual([2, 3]);
  });

  test("[SEND-3] a retry gets the first answer, also in the same batch, over the allowance and after a restart", () => {
    const sql = memorySql();
    const chat = room("si_ann:bob", sql);
    const [first, again] = chat.append([call("ann", ["a", "a"]), call("ann", ["a"], { allowance: 0 })]);
    expect(first).toMatchObject({
      spent: 1,
      outcomes: [
        { ok: true, seq: 1 },
        { ok: true, seq: 1 },
      ],
    });
    expect(again).toMatchObject({ spent: 0, outcomes: [first?.outcomes[0]] });
    const [later] = room("si_ann:bob", sql).append([call("ann", ["a"])]);
    expect(later?.outcomes[0]).toEqual(first?.outcomes[0]);
  });

  test("the same client_msg_id of another sender is another message", () => {
    const chat = room("si_ann:bob", memorySql());
    const replies = chat.append([call("ann", ["a"]), call("bob", ["a"])]);
    expect(replies.map((reply) => reply.outcomes[0])).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  });

  test.each([
    ["the rate is spent", { allowance: 0 }],
    ["it must not be created", { founding: false }],
  ])("[SEND-7] a first message leaves nothing stored when %s", (_why, changes) => {
    const sql = memorySql();
    const [reply] = room("si_ann:bob", sql).append([call("ann", ["a"], changes)]);
    expect(reply).toMatchObject({ founded: false, spent: 0, outcomes: [{ ok: false, code: 1006 }] });
    expect(sql.disk.isBlank).toBe(true);
  });

  test("[SEND-8] a full conversation refuses sends, answers retries and still works", () => {
    const facts = { now: 1_000_000, isFull: false };
    const sql = memorySql();
    room("si_ann:bob", sql, facts).append([call("ann", ["a"])]);
    facts.isFull = true;
    const chat = room("si_ann:bob", sql, facts);
    const [reply] = chat.append([call("ann", ["a", "b"])]);
    expect(reply?.outcomes).toMatchObject([
      { ok: true, seq: 1 },
      { ok: false, code: 1009 },
    ]);
    expect(chat.version.seq).toBe(1);
  });

  test("[SEND-8] a conversation notices that it is full within 64 KB", () => {
    const facts = { now: 1_000_000, isFull: false };
    const chat = room("si_ann:bob", memorySql(), facts);
    const long = (id: string) => ({
      client_msg_id: id,
      msg_type: 1,
      content: JSON.stringify({ text: "x".repeat(20_000) }),
    });
    for (const id of ["a", "b"]) chat.append([call("ann", [id])]);
    facts.isFull = true;
    const replies = ["c", "d", "e", "f"].map((id) =>
      chat.append([call("ann", [], { sends: [long(id)], allowance: 1 })]),
    );
    expect(replies.map(([reply]) => reply?.outcomes[0]?.ok)).toEqual([true, true, false, false]);
  });

  test("[SEND-6] send_at and server_msg_id never decrease, even if the clock goes back", () => {
    const facts = { now: 2_000_000_000_000, isFull: false };
    const chat = room("si_ann:bob", memorySql(), facts);
    const [first] = chat.append([call("ann", ["a"])]);
    facts.now -= 3_600_000;
    const [second] = chat.append([call("ann", ["b"])]);
    const [one, two] = [first?.outcomes[0], second?.outcomes[0]];
    if (!one?.ok || !two?.ok) throw new Error("both are accepted");
    expect(two.send_at).toBe(one.send_at);
    expect(two.server_msg_id).toBeGreaterThan(one.server_msg_id);
  });

  test("[SEND-1] after a failed transaction memory matches storage", () => {
    const sql = memorySql();
    const chat = room("si_ann:bob", sql);
    chat.append([call("ann", ["a"])]);
    sql.exec(
      "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.client_msg_id = 'c' BEGIN SELECT raise(FAIL, 'no'); END;",
    );
    expect(() => chat.append([call("ann", ["b", "c"])])).toThrow();
    expect(chat.version.seq).toBe(1);
    const [reply] = chat.append([call("ann", ["b"])]);
    expect(reply?.outcomes).toMatchObject([{ ok: true, seq: 2 }]);
  });
});

describe("ConversationState.markRead and carryOut", () => {
  const mark = (chat: ConversationState, user_id: string, read_seq: number) =>
    chat.markRead(user_id, read_seq).read_seq;

  test("[READ-1] a mark only moves forward, and not past the newest message", () => {
    const chat = room("si_ann:bob", memorySql());
    chat.append([call("ann", ["a", "b", "c"])]);
    expect([mark(chat, "bob", 2), mark(chat, "bob", 1), mark(chat, "bob", 99), mark(chat, "bob", 0)]).toEqual([
      2, 2, 3, 3,
    ]);
  });

  test("[READ-2] the leaders of a group have the marks that their sends have moved, which are not stored yet", () => {
    const group = room("sg_g", memorySql());
    group.create("ann", ["bob"]);
    group.append([call("ann", ["a", "b"])]);
    expect(group.room.view().leaders()).toEqual([group.member("ann")]);
    expect(group.member("ann")?.read_seq).toBe(2);
  });

  test("[TELL-1] ver never decreases over a restart, even if the member who raised it has left", () => {
    const sql = memorySql();
    const group = room("sg_g", sql);
    group.create("ann", ["bob"]);
    group.append([call("ann", ["a", "b"])]);
    group.carryOut(plan({ type: "quit" }, group.room.view(), "bob", 1), "bob");
    mark(group, "bob", 2);
    const again = room("sg_g", sql);
    expect(again.version).toEqual(group.version);
    const bob = again.member("bob");
    expect(bob && again.target(bob).ver).toBeLessThanOrEqual(again.version.ver);
  });
});

/** What a user may do to a group, and its marks being stored. */
type Step = { by: string; to: string; does: "send" | "mark" | "join" | "quit" | "kick" | "mute" | "told" };
const PEOPLE = ["ann", "bob", "cyd"] as const;
const steps = fc.array(
  fc.record<Step>({
    by: fc.constantFrom(...PEOPLE),
    to: fc.constantFrom(...PEOPLE),
    does: fc.constantFrom("send", "send", "mark", "join", "quit", "kick", "mute", "told"),
  }),
  { maxLength: 40 },
);

describe("the sender's mark", () => {
  const rows = (sql: MemorySql) => sql.exec("SELECT user_id, read_seq FROM members ORDER BY user_id").toArray();

  test("[OPS-3] of former members 100 are told of a recall, first those who deleted messages, then who left last", () => {
    const group = room("sg_g", memorySql());
    const names = Array.from({ length: 150 }, (_, index) => `m${String(index).padStart(3, "0")}`);
    group.create("ann", names);
    group.append([call("ann", ["a", "b"])]);
    const first = group.member("m000");
    if (!first) throw new Error("no member");
    group.amend({ ...call("m000", []), retry_after: 0, allowance: 1 }, 1, (changes) => changes.deleteFor(first, [1]));
    for (const name of names) group.carryOut(plan({ type: "quit" }, group.room.view(), name, 1), name);
    const [message] = group.messages.bySeq([2]);
    if (!message) throw new Error("no message");
    const { departed } = group.amend({ user_id: "ann", allowance: 1, retry_after: 0 }, 1, (changes) =>
      changes.recall(message, "ann"),
    );
    expect(departed).toEqual(["m000", ...names.slice(51).toReversed()]);
  });

  test("[READ-2] [TELL-4] is stored with the mark of the inboxes, one row for each sender, and not with the message", () => {
    const sql = memorySql();
    const chat = room("si_ann:bob", sql);
    chat.append([call("ann", ["a", "b"]), call("bob", ["c"])]);
    expect(rows(sql)).toEqual([
      { user_id: "ann", read_seq: 0 },
      { user_id: "bob", read_seq: 0 },
    ]);
    chat.writeTold({ seq: 1, ver: 1, rev: 0 });
    expect(rows(sql)).toEqual([
      { user_id: "ann", read_seq: 2 },
      { user_id: "bob", read_seq: 3 },
    ]);
    expect(chat.unwrittenReads).toEqual([]);
  });

  test("[READ-1] [READ-2] [RATE-5] after a restart at any moment every member is as before it", () => {
    fc.assert(
      fc.property(steps, (history) => {
        const sql = memorySql();
        const facts = { now: 1_000_000, isFull: false };
        const live = room("sg_g", sql, facts);
        live.create("ann", ["bob"]);
        for (const [at, step] of history.entries()) {
          facts.now++;
          act(live, step, at);
          const restarted = room("sg_g", sql, facts);
          for (const id of PEOPLE) expect(restarted.member(id)).toEqual(live.member(id));
        }
      }),
      { numRuns: 200 },
    );
  });
});

function act(group: ConversationState, { by, to, does }: Step, at: number): void {
  const operations = {
    join: { type: "join", inviter_id: "" },
    quit: { type: "quit" },
    kick: { type: "kick", user_ids: [to] },
    mute: { type: "mute", user_id: null, seconds: 0 },
  } as const;
  try {
    if (does === "send") group.append([call(by, [String(at)])]);
    else if (does === "mark") group.markRead(by, at);
    else if (does === "told")
      group.writeTold({ seq: Math.max(0, group.version.seq - 1), ver: group.version.ver, rev: 0 });
    else group.carryOut(plan(operations[does], group.room.view(), by, at), by);
  } catch (error) {
    // Refusals change nothing.
    if (!(error instanceof NexoError)) throw error;
  }
}
