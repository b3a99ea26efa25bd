import { expect, test } from "vitest";
import type { Group } from "../../../src/protocol/group-model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { makeGroup, type Person, people } from "../../helpers/workers/people.ts";

test("[VIS-5] an announcement is for the members: not for outsiders, the invited, the banned and those who left", async () => {
  const [owner, ann, left, kicked, banned, invited, outsider] = await people(
    ...["owner", "ann", "left", "kicked", "banned", "invited", "outsider"],
  );
  const { group_id } = await makeGroup(owner, ann, left, kicked, banned);
  ok(await left.post("/group/quit", { group_id }));
  ok(await owner.post("/group/kick", { group_id, user_ids: [kicked.id] }));
  ok(await owner.post("/group/ban", { group_id, user_id: banned.id }));
  ok(await invited.put("/user/privacy", { invites_from: "ask" }));
  ok(await owner.post("/group/invite", { group_id, user_ids: [invited.id] }));
  const texts = { announcement: "We meet at nine", extra: "public" };
  const changed = ok(await owner.put<Group>("/group/update", { group_id, ...texts }));
  expect(changed).toMatchObject(texts);

  const seen = async (who: Person) => ok(await who.get<Group>("/group/info", { group_id }));
  for (const who of [owner, ann]) expect(await seen(who)).toMatchObject(texts);
  for (const who of [left, kicked, banned, invited, outsider]) {
    expect(await seen(who), who.id).toMatchObject({ announcement: "", extra: "public", name: changed.name });
  }
  const key = await makeKey("groups");
  expect(ok(await key.get<Group>(`/admin/groups/${group_id}`))).toMatchObject(texts);
  ok(await invited.post("/group/answer_invite", { group_id, accept: true }));
  expect(await seen(invited)).toMatchObject(texts);
  // Those who are in a dismissed group still see what was said to them.
  ok(await owner.post("/group/dismiss", { group_id }));
  expect((await seen(ann)).announcement).toBe(texts.announcement);
});
