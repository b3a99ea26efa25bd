import { abortAllDurableObjects } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import type { GroupApplication } from "../../../src/protocol/group-model.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { ok } from "../../helpers/workers/api.ts";
import { erase, erased, erasureStep, isErased } from "../../helpers/workers/erasure.ts";
import { conversationFails } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, inside, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";

let isAway = false;
let isLost = false;
conversationFails(
  "operate",
  () => isAway,
  () => isLost,
);
afterEach(() => {
  isAway = false;
  isLost = false;
});

const join = async (who: Person, { group_id }: TestGroup) => (await who.post("/group/join", { group_id })).code;
const waiting = async (who: Person, { group_id }: TestGroup) =>
  ok(await who.get<GroupApplication[]>("/group/applications", { group_id })).map(({ user_id }) => user_id);
const counted = async (who: Person, { conversation_id }: TestGroup) =>
  (await who.entry(conversation_id))?.application_count;
const known = (who: Person) => rows(inboxOf(who), "SELECT conversation_id FROM own_applications");

async function askedFirst(owner: Person, ...members: Person[]): Promise<TestGroup> {
  const group = await makeGroup(owner, ...members);
  ok(await owner.put("/group/update", { group_id: group.group_id, join_mode: 2 }));
  return group;
}

test("[ERASE-2] the applications of an erased user are taken back, and the owner sees one less", async () => {
  const [owner, zoe, ann] = await people("owner", "zoe", "ann");
  const groups = [await askedFirst(owner), await askedFirst(owner)] as const;
  for (const group of groups) for (const who of [zoe, ann]) expect(await join(who, group)).toBe(3012);
  await erase(zoe);
  await erased(zoe);
  for (const group of groups) {
    expect(await waiting(owner, group)).toEqual([ann.id]);
    await expect.poll(() => counted(owner, group)).toBe(1);
  }
});

test("[ERASE-2] also when objects die at each step, the group is away, and the answer of the application was lost", async () => {
  const [owner, zoe] = await people("owner", "zoe");
  const group = await askedFirst(owner);
  // The group has the application, and the user's inbox never learns of it.
  isLost = true;
  expect(await join(zoe, group)).not.toBe(3012);
  isLost = false;
  expect(await waiting(owner, group)).toEqual([zoe.id]);
  await abortAllDurableObjects();
  await erase(zoe);
  isAway = true;
  await erasureStep(zoe);
  expect(await isErased(zoe)).toBe(false);
  await eventually(async () => {
    isAway = !isAway;
    await abortAllDurableObjects();
    await erasureStep(zoe);
    expect(await isErased(zoe)).toBe(true);
  }, 20_000);
  isAway = false;
  expect(await waiting(owner, group)).toEqual([]);
  await expect.poll(() => counted(owner, group)).toBe(0);
});

test("[MEM-1] only the groups in which a user may wait are remembered, and they wait in at most 500", async () => {
  const [owner, zoe] = await people("owner", "zoe");
  const [open, kicking, asking] = [await makeGroup(owner), await makeGroup(owner, zoe), await askedFirst(owner)];
  ok(await owner.post("/group/kick", { group_id: kicking.group_id, user_ids: [zoe.id] }));
  expect([await join(zoe, open), await join(zoe, kicking), await join(zoe, asking)]).toEqual([0, 3004, 3012]);
  expect(await known(zoe)).toEqual([{ conversation_id: asking.conversation_id }]);
  await inside(inboxOf(zoe), (_, { storage }) => {
    for (let at = 1; at < LIMITS.ownApplications; at++) {
      const query = "INSERT INTO own_applications (conversation_id, at) VALUES (?, ?)";
      storage.sql.exec(query, `sg_${at}`, Date.now() - 1_000);
    }
  });
  const next = await askedFirst(owner);
  expect([await join(zoe, next), await join(zoe, asking)]).toEqual([4010, 3012]);
  expect(await waiting(owner, next)).toEqual([]);
  // After 30 days they have ended.
  await inside(inboxOf(zoe), (_, { storage }) => {
    storage.sql.exec("UPDATE own_applications SET at = ?", Date.now() - 30 * 86_400_000);
  });
  expect(await join(zoe, next)).toBe(3012);
  expect(await known(zoe)).toHaveLength(1);
  ok(await owner.post("/group/applications/answer", { group_id: next.group_id, user_id: zoe.id, accept: true }));
  await expect.poll(() => known(zoe)).toEqual([]);
});
