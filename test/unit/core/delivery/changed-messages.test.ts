import { expect, test } from "vitest";
import type { Change } from "../../../../src/core/log/amendments.ts";
import { plan } from "../../../../src/features/groups/operations.ts";
import { NoticeType } from "../../../../src/protocol/model.ts";
import { Group, settled } from "./group.ts";

/** Recalls a message of ann. */
function recall(group: Group, seq: number): Change | null | undefined {
  const { room } = group;
  const [message] = room.messages.bySeq([seq]);
  if (!message) throw new Error(`no message ${seq}`);
  const { change } = room.amend({ user_id: "ann", allowance: 1, retry_after: 0 }, 1, (amendments) =>
    amendments.recall(message, "ann"),
  );
  group.fanOut.changed();
  return change;
}

const changedFor = (group: Group, to: string) =>
  group.tells.filter((tell) => tell.to === to).at(-1)?.tell.header.changed;
const seqsOf = (lines: readonly string[] = []) => lines.map((line) => JSON.parse(line).seq);

test("[OPS-3] [TELL-2] an inbox that knows more than its stored mark is told of a recall past that mark", async () => {
  const group = new Group(["bob"]);
  await group.ring();
  group.send("ann");
  group.send("ann");
  await settled();
  expect(group.marks.get("bob")).toMatchObject({ seq: 2 });
  // The mark was not stored: after a restart, bob counts as knowing no message.
  group.start();
  group.tells.length = 0;
  recall(group, 1);
  await settled();
  const [told] = group.tells.filter(({ to }) => to === "bob");
  expect(told?.tell.header.from).toBe(1);
  expect(told?.tell.header.changed).toMatchObject({ since_rev: 0, deleted: [] });
  expect(seqsOf(told?.tell.header.changed?.lines)).toEqual([1]);
});

test("[OPS-3] [OPS-6] a former member who is told late asks for what was recalled", async () => {
  const group = new Group(["bob"]);
  group.send("ann");
  await settled();
  group.moods.set("bob", "throws");
  const { room } = group;
  const { departed } = room.carryOut(plan({ type: "quit" }, room.room.view(), "bob", group.now), "bob");
  group.fanOut.changed(departed);
  recall(group, 1);
  group.moods.delete("bob");
  for (let rings = 0; rings < 3; rings++) await group.ring();
  expect(room.messages.newest?.msg_type).toBe(NoticeType.QUIT);
  // All that is pushed with a since_rev must be complete; so this one begins where it ends.
  expect(changedFor(group, "bob")).toMatchObject({ since_rev: 1, lines: [] });
});
