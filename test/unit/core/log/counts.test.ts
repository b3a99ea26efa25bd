import fc from "fast-check";
import { expect, test } from "vitest";
import { metaText } from "../../../../src/core/log/amended.ts";
import type { StoredMessage } from "../../../../src/core/log/message.ts";
import { ConversationState } from "../../../../src/core/log/state.ts";
import { ConversationStore } from "../../../../src/core/log/store.ts";
import { isActive } from "../../../../src/core/member.ts";
import { plan } from "../../../../src/features/groups/operations.ts";
import { Code, NexoError } from "../../../../src/protocol/codes.ts";
import { isCountable, type MessageMeta } from "../../../../src/protocol/model.ts";
import { type MemorySql, memorySql } from "../../sql.ts";

const USERS = ["ann", "bob", "cyd", "dan"] as const;
type UserId = (typeof USERS)[number];

/** The state of a group over a storage. A new one over the same storage is the state after a restart. */
function stateOver(sql: MemorySql): ConversationState {
  return new ConversationState(new ConversationStore(sql), {
    conversationId: "sg_g",
    maxMembers: 500,
    largeGroup: 500,
    named: () => [],
    now: () => 1_000_000,
    transaction: (work) => work(),
    isFull: () => false,
  });
}

type Step =
  | { do: "send"; by: UserId; mentions: UserId[]; all: boolean }
  | { do: "edit"; seq: number; mentions: UserId[] }
  | { do: "recall"; seq: number; by: UserId }
  | { do: "delete" | "read"; seq: number; by: UserId }
  | { do: "leave" | "return"; by: UserId }
  | { do: "restart" };

const user = fc.constantFrom(...USERS);
const mentions = fc.subarray([...USERS]);
const seq = fc.integer({ min: 1, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), by: user, mentions, all: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("edit" as const), seq, mentions }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("recall" as const), seq, by: user }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "read" as const), seq, by: user }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave" as const, "return" as const), by: user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** Runs a step, if it is possible now. */
function play(room: ConversationState, one: Exclude<Step, { do: "restart" }>, made: number): void {
  const call = (user_id: string) => ({ user_id, allowance: 1, retry_after: 0 });
  switch (one.do) {
    case "send": {
      const meta = { mentions: one.mentions, mention_all: one.all && one.by === "ann" };
      const send = { client_msg_id: String(made), msg_type: 1, content: '{"text":"x"}', meta };
      room.append([{ user_id: one.by, mark: null, sends: [send], allowance: 1, founding: false }]);
      return;
    }
    case "edit": {
      const message = changeable(room, one.seq);
      const active = one.mentions.filter((id) => isActive(room.member(id)));
      if (!message) return;
      const to = { content: `{"text":"${made}"}`, meta: metaText({ mentions: active }) };
      room.amend(call(message.sender_id), 1, (amendments) => amendments.edit(message, to));
      return;
    }
    case "recall": {
      const message = changeable(room, one.seq);
      if (message) room.amend(call(one.by), 1, (amendments) => amendments.recall(message, one.by));
      return;
    }
    case "delete": {
      const member = room.member(one.by);
      const isSeen = member && one.seq >= member.min_seq && one.seq <= room.sight.max(member);
      if (!isSeen || room.sight.deleted(member, one.seq, one.seq).length > 0) return;
      room.amend(call(one.by), 1, (amendments) => amendments.deleteFor(member, [one.seq]));
      return;
    }
    case "read":
      if (room.member(one.by)) room.markRead(one.by, one.seq);
      return;
    default: {
      const operation = one.do === "leave" ? { type: "quit" as const } : { type: "join" as const, inviter_id: "" };
      try {
        room.carryOut(plan(operation, room.room.view(), one.by, 1_000_000), one.by);
      } catch (error) {
        // The owner cannot leave, and members cannot join.
        if (!(error instanceof NexoError) || error.code === Code.INTERNAL) throw error;
      }
    }
  }
}

function changeable(room: ConversationState, at: number): StoredMessage | undefined {
  const [message] = room.messages.bySeq([at]);
  const isRecalled = message?.amended && JSON.parse(message.amended).recalled_at > 0;
  return message && isCountable(message.msg_type) && !isRecalled ? message : undefined;
}

/** What one member's counts must be, from the rows alone. */
function recount(room: ConversationState, sql: MemorySql, userId: string) {
  const member = room.member(userId);
  if (!member) return null;
  const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'marks'").toArray();
  const deleted =
    tables.length === 0
      ? []
      : sql.exec<{ seq: number }>("SELECT seq FROM marks WHERE kind = 'deleted' AND user_id = ?", userId).toArray();
  const gone = new Set(deleted.map((row) => row.seq));
  const seen = sql
    .exec<StoredMessage>("SELECT * FROM messages ORDER BY seq")
    .toArray()
    .filter((message) => message.seq >= member.min_seq && message.seq <= (member.end_seq || Number.MAX_SAFE_INTEGER))
    .filter((message) => !gone.has(message.seq));
  const unread = seen.filter((message) => message.seq > member.read_seq);
  const isRecalled = ({ amended }: StoredMessage) => amended !== null && JSON.parse(amended).recalled_at > 0;
  const named = unread.filter(({ meta }) => {
    const said: MessageMeta | null = meta === null ? null : JSON.parse(meta);
    return said !== null && (said.mention_all || said.mentions.includes(userId));
  });
  return {
    unread: unread.filter((message) => isCountable(message.msg_type) && !isRecalled(message)).length,
    mentions: { count: named.length, first: named[0]?.seq ?? 0 },
    preview: seen.at(-1)?.seq ?? 0,
  };
}

test("[UNREAD-1] [OPS-5] [OPS-7] counts and previews equal a recount, whatever was sent, edited, recalled, deleted and read", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const sql = memorySql();
      let room = stateOver(sql);
      room.create("ann", ["bob", "cyd"]);
      for (const [made, one] of steps.entries()) {
        if (one.do === "restart") room = stateOver(sql);
        else play(room, one, made);
        for (const id of USERS) {
          const member = room.member(id);
          const is = member && {
            unread: room.sight.unread(member),
            mentions: room.sight.mentions(member),
            preview: room.sight.previewSeq(member),
          };
          expect(is ?? null, `${id} after ${JSON.stringify(one)}`).toEqual(recount(room, sql, id));
        }
      }
    }),
    { numRuns: 300 },
  );
});
