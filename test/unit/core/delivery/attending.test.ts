import { describe, expect, test } from "vitest";
import { plan } from "../../../../src/features/groups/operations.ts";
import { Group, settled } from "./group.ts";

/** A large group of ann, bob, cyd and dan; bob and cyd have sockets. */
async function large(): Promise<Group> {
  const group = new Group(["bob", "cyd", "dan"], 2, ["bob", "cyd"]);
  await settled();
  group.tells.length = 0;
  return group;
}

const tells = (group: Group) => group.tells.map(({ to, tell }) => `${to}: ${tell.header.from}-${tell.header.seq}`);
const behind = (group: Group) => group.sql.exec("SELECT user_id, seq FROM behind ORDER BY user_id").toArray();

describe("[TELL-7] AttendingPolicy", () => {
  test("tells everybody once that the group is large, then relays to those who attend", async () => {
    const group = new Group(["bob", "cyd", "dan"], 2, ["bob"]);
    await settled();
    expect(group.tells.map(({ tell }) => tell.header.large)).toEqual([true, true, true, true]);
    group.send("ann");
    await settled();
    expect(group.tells).toHaveLength(4);
    expect(group.relays).toEqual(["bob: 1-1"]);
    expect(group.watermark()).toBe(1);
  });

  test("a message that names members is told to them, even if they are away or a crash comes in between", async () => {
    const group = await large();
    group.send("ann", null, "hello @dan");
    await settled();
    expect(tells(group)).toEqual(["dan: 1-1"]);
    group.moods.set("dan", "throws");
    group.send("ann", null, "are you there, @dan?");
    await settled();
    group.start();
    group.moods.set("dan", "answers");
    group.now += 600_000;
    await group.ring();
    await group.ring();
    expect(group.marks.get("dan")).toMatchObject({ seq: 2 });
    expect(behind(group)).toEqual([]);
  });

  test("[TELL-4] a crash before the first call: the messages after the mark are relayed and looked through", async () => {
    const group = await large();
    const { seq } = group.room.version;
    group.room.append([
      {
        user_id: "ann",
        mark: null,
        sends: [{ client_msg_id: "lost", msg_type: 1, content: JSON.stringify({ text: "@dan" }) }],
        allowance: 1,
        founding: false,
      },
    ]);
    group.start();
    await group.fanOut.alarm();
    await settled();
    expect(group.room.version.seq).toBe(seq + 1);
    expect(tells(group)).toEqual(["dan: 1-1"]);
    expect(group.relays.toSorted()).toEqual(["bob: 1-1", "cyd: 1-1"]);
    expect(group.watermark()).toBe(1);
  });

  test("[TELL-4] nothing is told again after a rest", async () => {
    const group = await large();
    group.send("bob", { seq: 0, ver: group.room.version.ver, rev: 0 });
    await settled();
    const before = [group.tells.length, group.relays.length];
    group.start();
    await group.ring();
    expect([group.tells.length, group.relays.length]).toEqual(before);
  });

  test("[TELL-8] an inbox without a socket attends no longer, and is not called again", async () => {
    const group = await large();
    group.online.delete("cyd");
    for (let count = 0; count < 3; count++) {
      group.send("ann");
      await settled();
    }
    expect(group.relays).toEqual(["bob: 1-1", "bob: 2-2", "bob: 3-3"]);
    expect([...group.room.large.attending]).toEqual(["bob"]);
  });

  test("[TELL-8] a stored mark that an inbox names does not lower what its sockets got", async () => {
    const group = await large();
    for (let count = 0; count < 3; count++) {
      group.send("ann");
      await settled();
    }
    const mark = { seq: 0, ver: group.room.version.ver, rev: 0 };
    group.fanOut.confirm("bob", mark);
    expect(group.fanOut.linesFrom("bob", mark)).toBe(4);
    group.send("ann");
    await settled();
    expect(group.relays.filter((relay) => relay.startsWith("bob"))).toEqual([
      "bob: 1-1",
      "bob: 2-2",
      "bob: 3-3",
      "bob: 4-4",
    ]);
    // A catch-up whose answer got lost is repeated from what the inbox knows that its sockets have.
    expect(group.fanOut.catchUp("bob", mark, true, 2)).toBe(3);
  });

  test("[VIS-3] a member who is kicked gets the notice and nothing after it", async () => {
    const group = await large();
    const kick = plan({ type: "kick", user_ids: ["bob"] }, group.room.room.view(), "ann", 1);
    const { departed } = group.room.carryOut(kick, "ann");
    group.fanOut.changed(departed);
    group.send("ann");
    await settled();
    expect(tells(group)).toEqual(["bob: 1-1"]);
    expect(group.relays.filter((relay) => relay.startsWith("bob"))).toEqual([]);
    expect([...group.room.large.attending]).toEqual(["cyd"]);
  });

  test("[TELL-1] a waking object finds members whose row is newer than the mark without loading the others", async () => {
    const group = await large();
    group.moods.set("dan", "hangs");
    const promote = plan({ type: "set_role", user_id: "dan", role: 2 }, group.room.room.view(), "ann", 1);
    group.room.carryOut(promote, "ann");
    group.start();
    // ann wrote the notice.
    expect([...group.room.activeMembers.keys()].toSorted()).toEqual(["ann", "bob", "cyd"]);
    group.moods.set("dan", "answers");
    await group.fanOut.alarm();
    await settled();
    expect(group.tells.findLast(({ to }) => to === "dan")?.tell.header).toMatchObject({ role: 2 });
  });

  test("[MEM-1] under load each inbox is called every 200 ms with everything new; a lone text waits for nothing", async () => {
    const members = Array.from({ length: 299 }, (_, at) => `of-${at}`);
    const group = new Group(members, 2, members);
    await settled();
    group.now += 1_000;
    for (let count = 0; count < 5; count++) group.send("ann");
    // The first went to everybody at once.
    expect(group.relays).toHaveLength(members.length);
    await settled();
    await settled();
    expect(group.relays.slice(members.length).every((relay) => relay.endsWith(": 2-5"))).toBe(true);
    expect(group.relays).toHaveLength(2 * members.length);
    expect(group.watermark()).toBe(5);
  });
});
