import type { Message } from "../../src/client/index.ts";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { type Person, uniqueId } from "../../test/helpers/node/people.ts";
import { groupConversationId, outgoing } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

const notice = { role: 1005, owner: 1006, mute: 1007, updated: 1008, dismissed: 1009 } as const;

/** Which role may do what in a group, and the effects. */
export async function roles(smoke: Smoke): Promise<void> {
  const [owner, admin, member] = await smoke.cast("owner", "admin", "member");
  const body = { name: "Readers", member_ids: [admin.id, member.id] };
  const group = await smoke.step("the owner creates a group of three", () => owner.api.group.create(body));
  const query = { group_id: group.id };
  const chat = groupConversationId(group.id);
  const act = (who: Person, action: string, more: Record<string, unknown> = {}) =>
    who.rest.post(`/group/${action}`, { ...query, ...more });
  const say = (who: Person) => who.rest.post("/msg/send", outgoing({ group: group.id }, { text: "…" }));
  const noticed = async (type: number, by: Person) => {
    const { messages } = await member.pull(chat, { order: "desc", limit: 1 });
    const { msg_type, sender_id, content } = messages[0] as Message;
    equal([msg_type, sender_id, content.operator_id], [type, by.id, by.id], "the notice, its sender and operator");
  };

  await smoke.step("set_role: only the owner may", async () => {
    refused(await act(admin, "set_role", { user_id: admin.id, role_level: 2 }), 3006);
    equal(await owner.api.group.setRole({ ...query, user_id: admin.id, role_level: 2 }), null, "the answer");
    await noticed(notice.role, owner);
    refused(await act(owner, "set_role", { user_id: member.id, role_level: 3 }), 1001);
  });

  await smoke.step("mute one: 3009 until it is lifted; members may not, nobody may mute upwards", async () => {
    refused(await act(member, "mute", { user_id: admin.id, seconds: 60 }), 3007);
    await admin.api.group.mute({ ...query, user_id: member.id, seconds: 3_600 });
    await noticed(notice.mute, admin);
    refused(await say(member), 3009);
    await admin.api.group.mute({ ...query, user_id: member.id, seconds: 0 });
    ok(await say(member));
  });

  await smoke.step("a mute persists over leaving and returning", async () => {
    await admin.api.group.mute({ ...query, user_id: member.id, seconds: 3_600 });
    await member.api.group.quit(group.id);
    await member.api.group.join(query);
    refused(await say(member), 3009);
    await admin.api.group.mute({ ...query, user_id: member.id, seconds: 0 });
    ok(await say(member));
  });

  await smoke.step("mute all: everyone below admin", async () => {
    await admin.api.group.mute({ ...query, seconds: 3_600 });
    refused(await say(member), 3009);
    ok(await say(admin));
    await owner.api.group.mute({ ...query, seconds: 0 });
    ok(await say(member));
  });

  await smoke.step("update: name and the rest, by the owner and admins", async () => {
    refused(await member.rest.put("/group/update", { ...query, name: "Mine" }), 3007);
    const updated = await admin.api.group.update({ ...query, name: "Writers ✍️" });
    equal([updated.name, updated.introduction], ["Writers ✍️", group.introduction], "name and introduction");
    await noticed(notice.updated, admin);
    equal(await member.api.group.info(group.id), updated, "the group, read afterwards");
  });

  await smoke.step("a nickname for the group", async () => {
    await member.api.group.nickname({ ...query, group_nickname: "the quiet one" });
    const { items } = await owner.api.group.members(query);
    const mine = items.find(({ user_id }) => user_id === member.id);
    equal(mine?.group_nickname, "the quiet one", "group_nickname");
  });

  await smoke.step("kick: an admin cannot kick the owner", async () => {
    const results = await admin.api.group.kick({ ...query, user_ids: [owner.id] });
    equal(results, [{ user_id: owner.id, code: 3008 }], "the codes");
  });

  await smoke.step("transfer: the old owner becomes a member", async () => {
    refused(await act(admin, "transfer", { user_id: admin.id }), 3006);
    await owner.api.group.transfer({ ...query, user_id: admin.id });
    await noticed(notice.owner, owner);
    const { items } = await member.api.group.members(query);
    const levels = Object.fromEntries(items.map(({ user_id, role_level }) => [user_id, role_level]));
    equal(levels, { [admin.id]: 3, [owner.id]: 1, [member.id]: 1 }, "the roles");
    equal((await owner.api.group.info(group.id)).owner_user_id, admin.id, "owner_user_id");
  });

  await smoke.step("dismiss: only the owner may; history stays readable, sends are 3002", async () => {
    refused(await act(owner, "dismiss"), 3006);
    await admin.api.group.dismiss(group.id);
    await noticed(notice.dismissed, admin);
    equal((await owner.api.group.info(group.id)).status, 2, "status");
    refused(await say(member), 3002);
  });

  await smoke.step("everyone can leave a dismissed group, its owner too, and it leaves the list", async () => {
    for (const who of [admin, member]) {
      await who.api.group.quit(group.id);
      const { items } = await who.api.conversation.list();
      equal(items.filter(({ conversation_id }) => conversation_id === chat).length, 0, "its rows in the list");
      refused(await act(who, "quit"), 3003);
    }
    that((await member.pull(chat)).messages.length > 0, "the history stays readable");
  });

  await smoke.step("a group that does not exist is 3001", async () => {
    refused(await owner.rest.get("/group/info", { group_id: uniqueId("no-group") }), 3001);
  });
}
