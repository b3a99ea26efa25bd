import { expect, test } from "vitest";
import type { GroupLink } from "../../../src/protocol/group-model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { erase, erasureStep } from "../../helpers/workers/erasure.ts";
import { conversationFails } from "../../helpers/workers/faults.ts";
import { roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";

let isAway = false;
conversationFails("operate", () => isAway);

const makeLink = async (who: Person, { group_id }: TestGroup) =>
  ok(await who.post<GroupLink>("/group/link", { group_id })).code;
const enter = async (who: Person, code: string) => (await who.post("/group/join", { code })).code;
const card = async (who: Person, code: string) => (await who.get("/group/link", { code })).code;
const listed = async (who: Person, { group_id }: TestGroup) =>
  ok(await who.get<GroupLink[]>("/group/links", { group_id })).map(({ code }) => code);
const setRole = async (owner: Person, { group_id }: TestGroup, user: Person, role_level: number) =>
  ok(await owner.post("/group/set_role", { group_id, user_id: user.id, role_level }));

/** A group with an admin, and a link of the owner and one of the admin. */
async function withAdmin() {
  const [owner, admin, guest] = await people("owner", "admin", "guest");
  const group = await makeGroup(owner, admin);
  await setRole(owner, group, admin, 2);
  const kept = await makeLink(owner, group);
  return { owner, admin, guest, group, kept, code: await makeLink(admin, group) };
}

const ENDS: readonly { how: string; end: (scene: Awaited<ReturnType<typeof withAdmin>>) => Promise<unknown> }[] = [
  { how: "is demoted", end: ({ owner, admin, group }) => setRole(owner, group, admin, 1) },
  {
    how: "is kicked",
    end: ({ owner, admin, group: { group_id } }) => owner.post("/group/kick", { group_id, user_ids: [admin.id] }),
  },
  {
    how: "is banned",
    end: ({ owner, admin, group: { group_id } }) => owner.post("/group/ban", { group_id, user_id: admin.id }),
  },
  { how: "quits", end: ({ admin, group: { group_id } }) => admin.post("/group/quit", { group_id }) },
];

for (const { how, end } of ENDS) {
  test(`[JOIN-2] the links of an admin who ${how} let nobody in, and those of others do`, async () => {
    const scene = await withAdmin();
    const { owner, guest, group, kept, code } = scene;
    expect(await card(guest, code)).toBe(0);
    await end(scene);
    expect([await card(guest, code), await enter(guest, code)]).toEqual([3013, 3013]);
    expect(await listed(owner, group)).toEqual([kept]);
    expect(await enter(guest, kept)).toBe(0);
  });
}

test("[JOIN-2] a link that ended with its maker's right does not come back with it", async () => {
  const { owner, admin, guest, group, kept, code } = await withAdmin();
  await setRole(owner, group, admin, 1);
  await setRole(owner, group, admin, 2);
  expect(await enter(guest, code)).toBe(3013);
  expect(await listed(admin, group)).toEqual([kept]);
});

test("[JOIN-2] whoever gets a group by a transfer gets the owner's links, and can end them", async () => {
  const { owner, admin, guest, group, kept, code } = await withAdmin();
  const { group_id } = group;
  ok(await owner.post("/group/transfer", { group_id, user_id: admin.id }));
  const links = ok(await admin.get<GroupLink[]>("/group/links", { group_id }));
  expect(links.map((link) => [link.code, link.creator_user_id]).sort()).toEqual(
    [kept, code].sort().map((each) => [each, admin.id]),
  );
  expect(await enter(guest, kept)).toBe(0);
  const [late] = await people("late");
  ok(await admin.post("/group/link/revoke", { group_id, code: kept }));
  expect(await enter(late, kept)).toBe(3013);
});

test("[JOIN-2] the links of an erased owner end as they leave the group, before anything else of theirs goes", async () => {
  const { owner, admin, guest, group, kept, code } = await withAdmin();
  isAway = true;
  await erase(owner);
  await erasureStep(owner);
  // They are still in the group, which cannot be reached for operations.
  expect(await card(guest, kept)).toBe(0);
  isAway = false;
  await expect
    .poll(async () => {
      await erasureStep(owner);
      return await listed(admin, group);
    })
    .toEqual([code]);
  expect([await card(guest, kept), await enter(guest, kept)]).toEqual([3013, 3013]);
  // The row goes with the next link that is made.
  await makeLink(admin, group);
  expect(await rows(roomOf(group.conversation_id), `SELECT code FROM group_links WHERE code = '${kept}'`)).toEqual([]);
});
