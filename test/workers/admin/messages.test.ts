import { describe, expect, test } from "vitest";
import type { Group, GroupMember } from "../../../src/protocol/group-model.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually, expectAgreement } from "../../helpers/workers/objects.ts";
import { makeGroup, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ SEND_BURST: 1, SEND_RATE_PER_SECOND: 1, STRANGERS_PER_HOUR: 1, NEW_GROUPS_PER_DAY: 1 });
const key = await makeKey("messages,groups");
let made = 0;
const text = (body: object, id = `m${++made}`) =>
  key.post<Message>("/admin/messages", { client_msg_id: id, msg_type: 1, content: { text: "hello" }, ...body });

describe("a message of the backend", () => {
  test("is one of its sender, pushed and listed like any other; a retry gets the first answer", async () => {
    const [alice, bob] = await people("alice", "bob");
    const socket = await bob.socket();
    const body = { sender_id: alice.id, recv_id: bob.id };
    const sent = ok(await text(body, "once"));
    expect(sent).toMatchObject({ seq: 1, sender_id: alice.id, recv_id: bob.id, client_msg_id: "once" });
    await socket.push(2001);
    expect(ok(await text(body, "once"))).toEqual(sent);
    const chat = alice.chatWith(bob);
    await eventually(() => expectAgreement(chat, [alice, bob]));
    expect((await alice.entry(chat))?.unread_count).toBe(0);
    expect((await bob.entry(chat))?.unread_count).toBe(1);
  });

  test("[RATE-1] takes nothing from the budgets of its sender", async () => {
    const [alice, bob] = await pair();
    for (let times = 0; times < 5; times++) ok(await text({ sender_id: alice.id, recv_id: bob.id }));
    const strangers = await people("s1", "s2", "s3");
    for (const { id } of strangers) ok(await text({ sender_id: alice.id, recv_id: id }));
  });

  test("[KEY-3] may come from system, in single chats and in groups, but not in dismissed ones", async () => {
    const [alice, bob] = await people("alice", "bob");
    const { group_id } = await makeGroup(alice, bob);
    expect(ok(await text({ sender_id: "system", recv_id: alice.id })).sender_id).toBe("system");
    const announced = ok(await text({ sender_id: "system", group_id }));
    expect(announced).toMatchObject({ sender_id: "system", group_id });
    await eventually(() => expectAgreement(`sg_${group_id}`, [alice, bob]));
    expect((await bob.entry(`sg_${group_id}`))?.unread_count).toBe(1);
    ok(await key.post(`/admin/groups/${group_id}/dismiss`));
    expect((await text({ sender_id: "system", group_id })).code).toBe(3002);
  });

  test.each<[string, (ids: { alice: string; group: string }) => object, number]>([
    ["an unknown sender", ({ alice }) => ({ sender_id: "nobody", recv_id: alice }), 2006],
    ["an unknown receiver", ({ alice }) => ({ sender_id: alice, recv_id: "nobody" }), 2006],
    ["no sender", ({ alice }) => ({ recv_id: alice }), 1001],
    ["oneself for a receiver", ({ alice }) => ({ sender_id: alice, recv_id: alice }), 1001],
    ["a notice", ({ alice }) => ({ sender_id: alice, recv_id: "system", msg_type: 1001 }), 1001],
    ["a content of another kind", ({ alice }) => ({ sender_id: alice, recv_id: "system", content: { a: 1 } }), 1001],
    ["an unknown group", ({ alice }) => ({ sender_id: alice, group_id: "nowhere" }), 3001],
    ["a group of others", ({ alice, group }) => ({ sender_id: alice, group_id: group }), 3003],
  ])("with %s is refused", async (_, body, code) => {
    const [alice, bob] = await people("alice", "bob");
    const { group_id: group } = await makeGroup(bob);
    expect((await text(body({ alice: alice.id, group }))).code).toBe(code);
  });
});

describe("a group of the backend", () => {
  test("is created with an owner, changed, and read, over the owner's limits", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const create = (group_id: string) =>
      key.post<Group>("/admin/groups", { group_id, owner_id: alice.id, name: "Team", member_ids: [bob.id] });
    for (const id of ["g-1", "g-2", "g-2"]) {
      expect(ok(await create(id))).toMatchObject({ id, owner_user_id: alice.id, member_count: 2 });
    }
    expect((await alice.list()).map(({ title }) => title)).toEqual(["Team", "Team"]);
    const in_ = (what: string, body: object = {}) => key.post(`/admin/groups/g-1/${what}`, body);
    expect(ok(await in_("add", { user_ids: [carol.id, "nobody", bob.id] }))).toEqual([
      { user_id: carol.id, code: 0 },
      { user_id: "nobody", code: 2006 },
      { user_id: bob.id, code: 3005 },
    ]);
    ok(await in_("role", { user_id: bob.id, role_level: 2 }));
    ok(await in_("mute", { user_id: carol.id, seconds: 60 }));
    expect((await carol.send({ group_id: "g-1" }, "hm")).code).toBe(3009);
    ok(await in_("transfer", { user_id: bob.id }));
    expect(ok(await in_("remove", { user_ids: [carol.id, bob.id] }))).toEqual([
      { user_id: carol.id, code: 0 },
      { user_id: bob.id, code: 3008 },
    ]);
    expect(ok(await key.put("/admin/groups/g-1", { name: "Crew" }))).toMatchObject({
      name: "Crew",
      owner_user_id: bob.id,
    });
    const members = await key.get<GroupMember[]>("/admin/groups/g-1/members", { limit: 1 });
    expect(ok(members).map(({ user_id, role_level }) => [user_id, role_level])).toEqual([[bob.id, 3]]);
    const rest = ok(await key.get<GroupMember[]>("/admin/groups/g-1/members", { cursor: members.meta?.next_cursor }));
    expect(rest.map(({ user_id }) => user_id)).toEqual([alice.id]);
    await eventually(() => expectAgreement("sg_g-1", [alice, bob]));
  });

  test("of somebody else cannot be taken over, and an unknown one is not found", async () => {
    const [alice, bob] = await people("alice", "bob");
    const { group_id: id } = await makeGroup(alice);
    expect((await key.post("/admin/groups", { group_id: id, owner_id: bob.id, name: "Mine" })).code).toBe(1007);
    expect((await key.post("/admin/groups", { owner_id: "nobody", name: "Mine" })).code).toBe(2006);
    expect((await key.post("/admin/groups", { owner_id: bob.id, name: "Mine", member_ids: ["nobody"] })).code).toBe(
      2006,
    );
    for (const answer of [
      key.get("/admin/groups/nowhere"),
      key.get("/admin/groups/nowhere/members"),
      key.put("/admin/groups/nowhere", { name: "N" }),
      key.post("/admin/groups/nowhere/add", { user_ids: [alice.id] }),
      key.post("/admin/groups/nowhere/dismiss"),
    ]) {
      expect((await answer).code).toBe(3001);
    }
  });
});
