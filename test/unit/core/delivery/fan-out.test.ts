import { describe, expect, test } from "vitest";
import { plan } from "../../../../src/features/groups/operations.ts";
import { Group, settled } from "./group.ts";

describe("FanOut", () => {
  test("[TELL-1] all inboxes get all changes, in the turn of the change", async () => {
    const group = new Group(["bob", "cyd"]);
    await settled();
    group.send("ann");
    await settled();
    for (const id of ["ann", "bob", "cyd"]) expect(group.told(id)).toEqual(["1-0", "1-1"]);
  });

  test("[TELL-3] one call at a time for each inbox, the next with everything new; nothing waits for it", async () => {
    const group = new Group(["bob"]);
    await settled();
    group.moods.set("bob", "hangs");
    for (let count = 0; count < 3; count++) {
      group.send("ann");
      await settled();
    }
    expect(group.told("bob")).toEqual(["1-0", "1-1"]);
    expect(group.told("ann")).toEqual(["1-0", "1-1", "2-2", "3-3"]);
    group.moods.set("bob", "answers");
    group.tells.findLast(({ to }) => to === "bob")?.answer();
    await settled();
    expect(group.told("bob")).toEqual(["1-0", "1-1", "2-3"]);
  });

  test("[TELL-3] an unreachable inbox is retried with growing pauses, without a new message", async () => {
    const group = new Group(["bob"]);
    await settled();
    group.moods.set("bob", "throws");
    group.send("ann");
    await settled();
    const pauses: number[] = [];
    for (let count = 0; count < 12; count++) {
      const before = group.now;
      const calls = group.told("bob").length;
      while (group.told("bob").length === calls) await group.ring();
      pauses.push(group.now - before);
    }
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect([pauses[0], pauses.at(-1)]).toEqual([1_000, 300_000]);
    group.moods.set("bob", "answers");
    await group.ring();
    expect(group.marks.get("bob")).toMatchObject({ seq: 1 });
  });

  test("[TELL-4] one row records that all inboxes are updated, and only inboxes that are behind have a row", async () => {
    const group = new Group([..."bcdefgh"]);
    group.moods.set("b", "throws");
    group.send("ann");
    await settled();
    await group.ring();
    expect(group.behind()).toEqual([{ user_id: "b", seq: 0 }]);
    expect(group.watermark()).toBe(1);
    group.moods.set("b", "answers");
    while (group.behind().length > 0) await group.ring();
    expect(group.marks.get("b")).toMatchObject({ seq: 1 });
  });

  test("[TELL-4] the mark for all is at most that of the slowest inbox without a row", async () => {
    const group = new Group(["bob"]);
    await settled();
    group.moods.set("bob", "hangs");
    group.send("ann");
    await group.ring();
    expect([group.watermark(), group.behind()]).toEqual([0, []]);
    expect(group.alarm).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test("[TELL-5] armed exactly while an inbox is behind", async () => {
    const group = new Group(["bob"]);
    expect(group.alarm).toBe(group.now + 5_000);
    await settled();
    await group.ring();
    expect(group.alarm).toBe(Number.POSITIVE_INFINITY);
    group.moods.set("bob", "throws");
    group.send("ann");
    for (let count = 0; count < 5; count++) {
      await group.ring();
      expect(group.alarm).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  test("[TELL-5] an alarm rings when there is work to do: its time is in whole milliseconds", async () => {
    const group = new Group(["bob"]);
    group.random = 0.123_456_789;
    group.moods.set("bob", "throws");
    group.send("ann");
    await settled();
    for (let count = 0; count < 10; count++) {
      expect(Number.isInteger(group.alarm)).toBe(true);
      await group.ring();
    }
  });

  test("[TELL-1] after a crash updates without a stored mark are repeated", async () => {
    const group = new Group(["bob"]);
    group.moods.set("bob", "hangs");
    group.send("ann");
    await settled();
    group.start();
    group.moods.set("bob", "answers");
    await group.ring();
    expect(group.told("bob").at(-1)).toBe("1-1");
    expect(group.marks.get("bob")).toMatchObject({ seq: 1 });
  });

  test("[TELL-1] a member who left gets the update even after a crash, and is then forgotten", async () => {
    const group = new Group(["bob"]);
    await settled();
    await group.ring();
    group.moods.set("bob", "throws");
    const kick = plan({ type: "kick", user_ids: ["bob"] }, group.room.room.view(), "ann", 1);
    const { departed } = group.room.carryOut(kick, "ann");
    expect(departed).toEqual(["bob"]);
    group.fanOut.changed(departed);
    group.start();
    await group.ring();
    group.moods.set("bob", "answers");
    for (let count = 0; count < 5 && group.alarm < Number.POSITIVE_INFINITY; count++) await group.ring();
    expect(group.tells.findLast(({ to }) => to === "bob")?.tell.header).toMatchObject({ seq: 1, status: 3 });
    expect(group.behind()).toEqual([]);
    group.send("ann");
    await settled();
    expect(group.marks.get("bob")).toMatchObject({ seq: 1 });
  });

  test("[TELL-1] an answer in flight is no proof: the alarm delivers its content", async () => {
    const group = new Group(["bob"]);
    await settled();
    group.fanOut.confirm("ann", { seq: 0, ver: 1 });
    const sends = [{ client_msg_id: "x", msg_type: 1, content: "{}" }];
    group.room.append([{ user_id: "ann", mark: { seq: 0, ver: 1 }, sends, allowance: 1, founding: false }]);
    group.fanOut.assume("ann");
    group.fanOut.changed();
    await settled();
    expect(group.told("ann")).toEqual(["1-0"]);
    await group.ring();
    expect(group.told("ann")).toEqual(["1-0", "1-1"]);
  });

  test("[TELL-1] an inbox that lost its state is updated from there, but not in a tight loop", async () => {
    const group = new Group(["bob"]);
    group.send("ann");
    group.send("ann");
    await settled();
    group.fanOut.confirm("bob", { seq: 0, ver: 0 });
    await group.fanOut.reach("bob");
    expect(group.told("bob").at(-1)).toBe("1-2");
    const calls = group.told("bob").length;
    await settled();
    expect(group.told("bob")).toHaveLength(calls);
  });

  test("[READ-3] reach waits until the inbox is updated, with a limit for one that throws", async () => {
    const group = new Group(["bob"]);
    group.moods.set("bob", "hangs");
    group.send("ann");
    let reached = false;
    const reaching = group.fanOut.reach("bob").then(() => {
      reached = true;
    });
    await settled();
    expect(reached).toBe(false);
    group.moods.set("bob", "throws");
    for (const { to, answer } of group.tells) if (to === "bob") answer();
    await reaching;
    expect(reached).toBe(true);
  });

  test("[READ-3] reach ends with the changes before its call, even if others keep writing", async () => {
    const group = new Group(["bob"]);
    await settled();
    group.moods.set("bob", "hangs");
    group.send("ann");
    let isReached = false;
    void group.fanOut.reach("bob").then(() => {
      isReached = true;
    });
    // Each time bob's inbox has answered there is a new message.
    for (let round = 0; round < 3 && !isReached; round++) {
      group.send("ann");
      group.tells.findLast(({ to }) => to === "bob")?.answer();
      await settled();
    }
    expect(isReached).toBe(true);
    expect(group.marks.get("bob")?.seq).toBeLessThan(group.room.version.seq);
  });

  test("[MEM-1] long messages go to as many inboxes at a time as memory allows, then to the others", async () => {
    const members = Array.from({ length: 299 }, (_, index) => `of-${index}`);
    const group = new Group([...members]);
    await settled();
    const everyone = ["ann", ...members];
    for (const id of everyone) group.moods.set(id, "hangs");
    const toldBefore = group.tells.length;
    group.send("ann", null, "x".repeat(200_000));
    await settled();
    const first = group.tells.slice(toldBefore);
    const room = (8 * 1_048_576) / 200_000;
    expect(first.length).toBeGreaterThan(room - 1);
    expect(first.length).toBeLessThan(room + 1);
    // An inbox that a caller waits for is updated first.
    const last = everyone.at(-1) ?? "";
    void group.fanOut.reach(last);
    expect(group.told(last)).toHaveLength(2);
    for (const { answer } of group.tells.slice(toldBefore)) answer();
    for (const id of everyone) group.moods.set(id, "answers");
    await settled();
    for (const id of everyone) expect(group.marks.get(id), id).toMatchObject({ seq: 1 });
    expect(group.tells.length - toldBefore).toBe(everyone.length);
  });

  test("[MEM-1] under a constant stream of messages each inbox gets its turn", async () => {
    const { group, members, waiting, answer } = await crowd();
    // Each inbox that answers is behind again at once.
    for (const _ of members) {
      answer();
      group.send("ann", null, LONG);
      await settled();
    }
    for (const id of waiting) expect(group.told(id).length, id).toBeGreaterThan(1);
  });

  test("[READ-3] reach also waits for messages sent during a call, however much is in flight", async () => {
    const { group, answer } = await crowd();
    const busy = group.tells.at(-1)?.to ?? "";
    group.send("ann", null, "news");
    let isReached = false;
    const reaching = group.fanOut.reach(busy).then(() => {
      isReached = true;
    });
    answer(busy);
    await settled();
    expect(isReached).toBe(false);
    answer(busy);
    await reaching;
    expect(group.marks.get(busy)).toMatchObject({ seq: group.room.version.seq });
  });
});

const LONG = "x".repeat(200_000);

/** A group with more new messages than may be in flight at once. Answers come when the test says so. */
async function crowd() {
  const members = Array.from({ length: 119 }, (_, index) => `of-${index}`);
  const group = new Group([...members]);
  await settled();
  for (const id of members) group.moods.set(id, "hangs");
  const answered = new Set(group.tells);
  group.send("ann", null, LONG);
  await settled();
  const waiting = members.filter((id) => group.told(id).length === 1);
  expect(waiting.length).toBeGreaterThan(30);
  /** Answers the oldest open call, or the one to a given inbox. */
  const answer = (to?: string) => {
    const call = group.tells.find((tell) => !answered.has(tell) && (to === undefined || tell.to === to));
    if (!call) throw new Error("no call is open");
    answered.add(call);
    call.answer();
  };
  return { group, members, waiting, answer };
}
