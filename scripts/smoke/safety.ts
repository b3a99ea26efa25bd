import { setTimeout } from "node:timers/promises";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { groupConversationId, outgoing } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

/** Blocks, privacy, invitations that wait, reports. */
export async function safety(smoke: Smoke): Promise<void> {
  const [ann, ben, cleo] = await smoke.cast("ann", "ben", "cleo");
  const say = (to: { id: string }, text: string) => outgoing({ user: to.id }, { text });
  const groupOf = (member_ids: string[]) => ({ name: "Choir", member_ids });

  await smoke.step("a blocked user's messages and invitations are 3011, on both sockets and over HTTP", async () => {
    const sent = await ben.text(ann, "before the block");
    const [own, room] = [await smoke.keep(ben.socket()), await smoke.keep(ben.socketOf(sent.conversation_id))];
    equal(await ann.api.user.block(ben.id), null, "the answer");
    equal(
      (await ann.api.user.blocks()).items.map(({ user_id }) => user_id),
      [ben.id],
      "the blocked users",
    );
    refused(await ben.rest.post("/msg/send", say(ann, "again")), 3011);
    refused(await own.request(1003, say(ann, "again")), 3011);
    refused(await room.request(1003, say(ann, "again")), 3011);
    refused(await ben.rest.post("/group/create", groupOf([ann.id])), 3011);
    equal((await ann.pull(sent.conversation_id)).max_seq, 1, "the newest seq");
  });

  await smoke.step("after unblocking, messages arrive again", async () => {
    await ann.api.user.unblock(ben.id);
    equal((await ben.text(ann, "hello again")).seq, 2, "the seq");
  });

  await smoke.step("privacy: strangers are refused, and those written to are not", async () => {
    const privacy = await cleo.api.user.setPrivacy({ messages_from: "known", invites_from: "ask" });
    equal(privacy, { messages_from: "known", invites_from: "ask", findable: false, last_seen: "all" }, "the privacy");
    equal(await cleo.api.user.privacy(), privacy, "the privacy, read again");
    refused(await ben.rest.post("/msg/send", say(cleo, "hello")), 3011);
    await cleo.text(ben, "hello");
    ok(await ben.rest.post("/msg/send", say(cleo, "hello to you")));
  });

  await smoke.step("an invitation that waits shows the group's name only, until it is accepted", async () => {
    const group = await ann.api.group.create(groupOf([ben.id]));
    await ann.textGroup(group, "for members");
    const invited = await ann.api.group.invite({ group_id: group.id, user_ids: [cleo.id] });
    equal(invited, [{ user_id: cleo.id, code: 3012 }], "the invitation");
    const { my_status, title, last_message } = await cleo.api.conversation.info(groupConversationId(group.id));
    equal([my_status, title, last_message], [4, "Choir", null], "what cleo's list shows");
    equal((await cleo.pull(groupConversationId(group.id))).messages, [], "what cleo sees");
    refused(await cleo.rest.get("/group/members", { group_id: group.id }), 3003);
    equal(await cleo.api.group.answerInvite(group.id, true), null, "the answer");
    equal(
      (await cleo.pull(groupConversationId(group.id))).messages.map(({ msg_type }) => msg_type),
      [1001],
      "the types",
    );
  });

  await smoke.step("a message can be reported by a user who sees it", async () => {
    const { conversation_id, seq } = await ben.text(ann, "buy now");
    const report = { conversation_id, seq, reason: "spam" as const };
    const { report_id } = await ann.api.user.report(report);
    that(report_id !== "", "the report has an id", report_id);
    equal((await ann.api.user.report({ ...report, text: "twice" })).report_id, report_id, "the id of the repeat");
    refused(await cleo.rest.post("/user/report", report), 1007);
  });

  await smoke.step("small data reaches the user's other devices, and is deleted", async () => {
    const { rev } = await ben.api.data.put("draft", "half a sen");
    equal((await ben.api.data.since(rev - 1)).items, [{ key: "draft", value: "half a sen", rev }], "what changed");
    await ben.api.data.put("draft", "");
    equal((await ben.api.data.since()).items, [], "all of it");
  });

  await smoke.step("search finds words of any script, and only what the user sees", async () => {
    const { conversation_id, seq } = await ann.text(ben, "明天去北京 Ｌｕｎｃｈ");
    const found = await ben.api.msg.search({ conversation_id, q: "北京 LUNCH" });
    equal(
      found.messages.map((message) => message.seq),
      [seq],
      "the seqs found",
    );
    equal(found.next, "", "where to go on");
    refused(await cleo.rest.get("/msg/search", { conversation_id, q: "北京" }), 1007);
  });

  await smoke.step("search over all chats, among members, and for users who let themselves be found", async () => {
    const { conversation_id, seq } = await ann.text(ben, "the word is quokka");
    const all = await ben.api.msg.searchAll({ q: "quokka" });
    equal(
      all.items.map((found) => [found.conversation_id, found.messages.map((message) => message.seq)]),
      [[conversation_id, [seq]]],
      "what is found in all chats",
    );
    const group = await ann.api.group.create(groupOf([ben.id]));
    const members = await ann.api.group.members({ group_id: group.id, q: ben.id });
    equal(
      members.items.map(({ user_id }) => user_id),
      [ben.id],
      "the members found",
    );
    const others = await ben.api.user.search(cleo.id);
    equal(others, [], "a user who does not let themselves be found");
    await cleo.api.user.setPrivacy({ findable: true });
    equal(
      (await ben.api.user.search(cleo.id)).map(({ user_id }) => user_id),
      [cleo.id],
      "the users found",
    );
  });

  await smoke.step("a user sees their logins and ends one of them", async () => {
    const [first] = await ann.api.auth.sessions();
    that(first?.is_current === true, "the login that asks is listed", first);
    refused(await ann.rest.post("/auth/sessions/end", { platform_id: 10 }), 1005);
  });

  await smoke.step("an export has a line for each message that the user sees", async () => {
    let made = await ann.api.user.export();
    for (const deadline = Date.now() + 20_000; !made.is_ready; made = await ann.api.user.export()) {
      that(Date.now() < deadline, "the export is ready within 20 s", made);
      await setTimeout(200);
    }
    const { raw, status } = await ann.rest.get(new URL(made.url).pathname);
    equal(status, 200, "the status of the download");
    const lines = raw
      .trimEnd()
      .split("\n")
      .map((line): { type: string } => JSON.parse(line));
    equal([lines[0]?.type, lines.at(-1)?.type], ["export", "end"], "the first and the last line");
    that(
      lines.some(({ type }) => type === "message"),
      "there are messages in it",
      lines.length,
    );
  });

  await smoke.step("an erased account ends at once, and leaves its groups and no messages", async () => {
    const group = await ben.api.group.create(groupOf([ann.id]));
    const { seq, conversation_id } = await ben.text(ann, "soon gone");
    refused(await ben.rest.post("/auth/erase", { password: "not the password" }), 2008);
    equal(await ben.api.auth.erase({ password: ben.password }), null, "the answer");
    refused(await ben.rest.get("/user/info"), 2001);
    for (const deadline = Date.now() + 20_000; ; await setTimeout(200)) {
      const [message] = (await ann.pull(conversation_id, { begin_seq: seq })).messages;
      const { nickname } = await ann.api.user.profile(ben.id);
      const { owner_user_id } = await ann.api.group.info(group.id);
      if (nickname === "" && owner_user_id === ann.id && message?.amended) break;
      that(Date.now() < deadline, "ben is gone within 20 s", { nickname, owner_user_id, message });
    }
    refused(await ann.rest.post("/msg/send", say(ben, "are you there?")), 2006);
    refused(await ann.rest.post("/auth/login", { user_id: ben.id, password: ben.password }), 2009);
  });
}
