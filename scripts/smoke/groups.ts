import type { Message } from "../../src/client/index.ts";
import { contains, equal, refused, shaped, that } from "../../test/helpers/node/checks.ts";
import { type Person, uniqueId } from "../../test/helpers/node/people.ts";
import { groupConversationId, groupShape, memberShape, outgoing, type Pushed } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

const notice = { joined: 1001, invited: 1002, quit: 1003, kicked: 1004 } as const;

/** Joining, being a member, leaving: which messages of a group each user sees. */
export async function groups(smoke: Smoke): Promise<void> {
  const [owner, bob, carol, dave] = await smoke.cast("owner", "bob", "carol", "dave");

  const group = await smoke.step("create: the creator is owner, first members see from 1, no notice", async () => {
    const body = { name: "Hikers ⛰️", member_ids: [bob.id] };
    const made = shaped(await owner.api.group.create(body), groupShape, "group");
    const by = { creator_user_id: owner.id, owner_user_id: owner.id };
    contains(made, { name: body.name, status: 1, ...by, member_count: 2 }, "the group");
    equal(
      await bob.pull(groupConversationId(made.id)),
      { messages: [], max_seq: 0, rev: 0, mine: {}, deleted: [] },
      "bob's pull",
    );
    return made;
  });

  const chat = groupConversationId(group.id);
  const query = { group_id: group.id };
  const seen = async (who: Person) => (await who.pull(chat)).messages.map(({ seq }) => seq);
  const last = async (who: Person) => (await who.pull(chat, { order: "desc", limit: 1 })).messages[0] as Message;
  const isNotice = (message: Message, type: number, by: Person, about: Person) => {
    equal([message.msg_type, message.sender_id], [type, by.id], "type and sender of the notice");
    contains(message.content, { operator_id: by.id, user_ids: [about.id] }, "the notice's content");
  };

  await smoke.step("an unknown first member is 2006, and no group is created", async () => {
    const listed = async () => (await owner.api.conversation.list()).items.length;
    const before = await listed();
    const body = { name: "Nobody's", member_ids: [bob.id, uniqueId("nobody")] };
    refused(await owner.rest.post("/group/create", body), 2006);
    equal(await listed(), before, "rows in the list");
  });

  await smoke.step("a message goes to every member's socket", async () => {
    const socket = await smoke.keep(bob.socket());
    const sent = await owner.textGroup(group, "hello all");
    equal([sent.seq, sent.conversation_id, sent.group_id, sent.recv_id], [1, chat, group.id, ""], "the message");
    const { data } = await socket.nextPush<Pushed>(2001, ({ msgs }) => chat in msgs);
    equal(data.msgs[chat], [sent], "the push");
  });

  await smoke.step("outsiders read the group's info, not its members, and cannot send", async () => {
    equal((await carol.api.group.info(group.id)).name, group.name, "the name");
    refused(await carol.rest.get("/group/members", query), 3003);
    refused(await carol.rest.post("/msg/send", outgoing({ group: group.id }, { text: "?" })), 3003);
    refused(await carol.rest.get("/msg/pull", { conversation_id: chat }), 1007);
  });

  await smoke.step("join: messages from the join notice on are visible, none before", async () => {
    equal(await carol.api.group.join(query), null, "the answer");
    isNotice(await last(carol), notice.joined, carol, carol);
    equal(await seen(carol), [2], "what carol sees");
    equal(await seen(bob), [1, 2], "what bob sees");
    refused(await carol.rest.post("/group/join", query), 3005);
  });

  await smoke.step("invite: any member may invite; each user gets a code", async () => {
    const user_ids = [dave.id, bob.id, uniqueId("nobody")];
    const codes = (await carol.api.group.invite({ ...query, user_ids })).map(({ code }) => code);
    equal(codes, [0, 3005, 2006], "the codes");
    isNotice(await last(dave), notice.invited, carol, dave);
    equal(await seen(dave), [3], "what dave sees");
  });

  await smoke.step("members: the owner first, then by joining", async () => {
    const { items } = await bob.api.group.members(query);
    for (const member of items) shaped(member, memberShape, "member");
    const roles = items.map(({ user_id, role_level }) => [user_id, role_level]);
    equal(
      roles,
      [owner, bob, carol, dave].map(({ id }) => [id, id === owner.id ? 3 : 1]),
      "the order, and the roles",
    );
    equal(items[3]?.inviter_user_id, carol.id, "dave's inviter");
  });

  await smoke.step("notices do not count as unread", async () => {
    equal(await bob.api.conversation.unreadCount(chat), { unread_count: 1 }, "bob's unread count");
  });

  const parting = outgoing({ group: group.id }, { text: "I was here" });

  await smoke.step(
    "quit: messages from the membership stay readable, no new ones arrive; the owner cannot quit",
    async () => {
      refused(await owner.rest.post("/group/quit", query), 3008);
      const sent = await carol.rest.post("/msg/send", parting);
      equal(await carol.api.group.quit(group.id), null, "the answer");
      isNotice(await last(carol), notice.quit, carol, carol);
      await owner.textGroup(group, "carol is no longer a member");
      equal(await seen(carol), [2, 3, 4, 5], "what carol sees");
      equal(await carol.api.msg.maxSeq(chat), { max_seq: 5 }, "her max_seq");
      refused(await carol.rest.post("/msg/send", outgoing({ group: group.id }, { text: "?" })), 3003);
      refused(await carol.rest.get("/msg/read_by", { conversation_id: chat, seq: 2 }), 1007);
      equal((await carol.rest.post("/msg/send", parting)).raw, sent.raw, "a retry after leaving");
    },
  );

  await smoke.step("a member who returns sees messages from the new notice on", async () => {
    await carol.api.group.join(query);
    equal(await seen(carol), [7], "what carol sees");
  });

  await smoke.step("kick: has the effect of quitting, and only an invitation brings the user back", async () => {
    refused(await dave.rest.post("/group/kick", { ...query, user_ids: [bob.id] }), 3007);
    const results = await owner.api.group.kick({ ...query, user_ids: [dave.id, uniqueId("nobody")] });
    equal([results[0]?.code, results.length], [0, 2], "the codes");
    isNotice(await last(dave), notice.kicked, owner, dave);
    equal(await seen(dave), [3, 4, 5, 6, 7, 8], "what dave sees");
    refused(await dave.rest.post("/group/join", query), 3004);
    const back = await bob.api.group.invite({ ...query, user_ids: [dave.id] });
    equal(back, [{ user_id: dave.id, code: 0 }], "the invitation");
    that((await seen(dave)).includes(9), "dave sees the notice of his return");
  });
}
