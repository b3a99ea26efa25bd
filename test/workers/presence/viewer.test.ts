import { expect, test } from "vitest";
import { everMembersAmong, membersAmong, presenceFor } from "../../../src/features/presence/calls.ts";
import { ok } from "../../helpers/workers/api.ts";
import { inputsOf } from "../../helpers/workers/calls.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people } from "../../helpers/workers/people.ts";

type Items = { items: { user_id: string; status: number }[] };

// A budget does not refill unless a test lets time pass.
const clock = standingClock();
const asked = inputsOf("inboxes", presenceFor);
const conversationsAsked = [inputsOf("conversations", membersAmong), inputsOf("conversations", everMembersAmong)];
const forget = () => {
  for (const inputs of [asked, ...conversationsAsked]) inputs.length = 0;
};
const nobodies = (prefix: string, count = 100) => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

/** Asks about enough users to spend the budget. */
async function spend(who: Person): Promise<void> {
  const user_ids = nobodies("nobody");
  for (let code = 0; code === 0; ) code = (await who.post("/user/get_users_online_status", { user_ids })).code;
  const rest = async (user_id: string) =>
    (await who.post("/user/get_users_online_status", { user_ids: [user_id] })).code;
  for (let code = 0; code === 0; ) code = await rest("nobody");
}

test("[PRES-3] after leaving a group, only watched users who were in it are asked about", async () => {
  const [owner, viewer, bob, friend] = await people("owner", "viewer", "bob", "friend");
  await viewer.text(friend);
  // Another group, through which each watched user might be visible.
  await makeGroup(owner, viewer);
  const group = await makeGroup(owner, viewer, bob);
  await bob.socket();
  const sockets = await Promise.all(Array.from({ length: 3 }, () => viewer.socket()));
  for (const [at, socket] of sockets.entries()) {
    await socket.request(1010, { user_ids: [bob.id, friend.id, ...nobodies(`of-${at}`, 98)] });
  }
  forget();
  ok(await viewer.post("/group/quit", { group_id: group.group_id }));
  for (const socket of sockets) await socket.push<Items>(2005, ({ items }) => items[0]?.status === 0);
  // That one, and the two groups that are so new that not all may have heard of them.
  expect(conversationsAsked.flat().length).toBeLessThanOrEqual(3);
  expect(asked).toHaveLength(1);
});

test("[PRES-3] asking again spends the budget; users beyond it are offline until asked for", async () => {
  const [owner, viewer, ...members] = await people("owner", "viewer", "bob", "carol", "dave");
  const [first, second] = [await makeGroup(owner, viewer, ...members), await makeGroup(owner, viewer, ...members)];
  await Promise.all(members.map((member) => member.socket()));
  await eventually(async () => expect(await viewer.list()).toHaveLength(2));
  clock.now += 120_000;
  const socket = await viewer.socket();
  const user_ids = members.map(({ id }) => id);
  const watch = async () => (await socket.request<Items>(1010, { user_ids })).data.items.map(({ status }) => status);
  expect(await watch()).toEqual([1, 1, 1]);
  await spend(viewer);
  forget();
  ok(await owner.post("/group/kick", { group_id: first.group_id, user_ids: [viewer.id] }));
  await socket.push<Items>(2005, ({ items }) => items.length === 3 && items.every(({ status }) => status === 0));
  expect(asked).toEqual([]);
  // Nor do those who come in cost more than is left.
  ok(await owner.post("/group/invite", { group_id: first.group_id, user_ids: [viewer.id] }));
  await eventually(async () => expect(await viewer.entry(first.conversation_id)).toMatchObject({ my_status: 1 }));
  expect(asked).toEqual([]);
  clock.now += 10_000;
  expect(await watch()).toEqual([1, 1, 1]);
  // A change within the budget causes a request, which finds the other group.
  ok(await owner.post("/group/kick", { group_id: first.group_id, user_ids: [viewer.id] }));
  await socket.push<Items>(2005, ({ items }) => items.length === 3 && items.every(({ status }) => status === 1));
  expect(await viewer.entry(second.conversation_id)).toMatchObject({ my_status: 1 });
});
