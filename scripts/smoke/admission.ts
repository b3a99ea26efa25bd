import { equal, ok, refused } from "../../test/helpers/node/checks.ts";
import { groupConversationId, outgoing } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

/** How users come into a group, what keeps them out, and what its switches allow. */
export async function admission(smoke: Smoke): Promise<void> {
  const [owner, member, guest] = await smoke.cast("owner", "member", "guest");
  const body = { name: "Guests", member_ids: [member.id] };
  const group = await smoke.step("the owner creates a group of two", () => owner.api.group.create(body));
  const query = { group_id: group.id };
  const chat = groupConversationId(group.id);
  const say = () => member.rest.post("/msg/send", outgoing({ group: group.id }, { text: "…" }));

  await smoke.step("join by approval: 3012, an application, an answer, notice 1012", async () => {
    const updated = await owner.api.group.update({ ...query, join_mode: 2, announcement: "Be kind", extra: "x" });
    equal([updated.join_mode, updated.announcement, updated.extra], [2, "Be kind", "x"], "the group");
    refused(await guest.rest.post("/group/join", query), 3012);
    const { items } = await owner.api.group.applications(query);
    equal(
      items.map(({ user_id }) => user_id),
      [guest.id],
      "those who wait",
    );
    equal((await owner.api.conversation.info(chat)).application_count, 1, "the number of those who wait");
    await owner.api.group.answerApplication(group.id, guest.id, true);
    const { messages } = await guest.pull(chat);
    equal(
      messages.map(({ msg_type }) => msg_type),
      [1012],
      "what the guest sees",
    );
  });

  await smoke.step("ban and unban: 3014 on every way in", async () => {
    await owner.api.group.ban({ ...query, user_id: guest.id });
    refused(await guest.rest.post("/group/join", query), 3014);
    equal((await owner.api.group.bans(query)).items.length, 1, "the bans");
    await owner.api.group.unban(group.id, guest.id);
  });

  await smoke.step("an invite link: the card, one use, then 3013", async () => {
    const { code } = await owner.api.group.makeLink({ ...query, max_uses: 1, expires_in: 3_600 });
    equal((await guest.api.group.card(code)).name, body.name, "the name on the card");
    equal(await guest.api.group.join({ code }), null, "the answer");
    refused(await guest.rest.post("/group/join", { code }), 3013);
    equal(await owner.api.group.links(group.id), [], "the live links");
    await owner.api.group.revokeLink(group.id);
  });

  await smoke.step("switches: announcements only, slow mode", async () => {
    await owner.api.group.update({ ...query, announcement_only: true });
    refused(await say(), 3015);
    await owner.api.group.update({ ...query, announcement_only: false, slow_mode: 60 });
    ok(await say());
    refused(await say(), 3015);
  });
}
