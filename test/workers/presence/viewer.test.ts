import { expect, test, vi } from "vitest";
import { Conversation } from "../../../src/conversation/conversation.ts";
import { Inbox } from "../../../src/inbox/inbox.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people } from "../../helpers/workers/people.ts";

type Items = { items: { user_id: string; status: number }[] };

// A budget does not refill unless a test lets time pass.
const clock = standingClock();
const asked = vi.spyOn(Inbox.prototype, "presenceFor");
const conversationsAsked = [
  vi.spyOn(Conversation.prototype, "membersAmong"),
  vi.spyOn(Conversation.prototype, "everMembersAmong"),
];
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
  vi.clearAllMocks();
  ok(await viewer.post("/group/quit", { group_id: group.group_id }));
  for (const socket of sockets) await socket.push<Items>(2005, ({ items }) => items[0]?.status === 0);
  // That user, and the two groups that are so new that some inboxes may not know them.
  expect(conversationsAsked.reduce((sum, spy) => sum + spy.mock.calls.length, 0)).toBeLessThanOrEqual(3);
  expect(asked).toHaveBeenCalledTimes(1);
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
  vi.clearAllMocks();
  ok(await owner.post("/group/kick", { group_id: first.group_id, user_ids: [viewer.id] }));
  await socket.push<Items>(2005, ({ items }) => items.length === 3 && items.every(({ status }) => status === 0));
  expect(asked).not.toHaveBeenCalled();
  // Users who join do not cost more than what is left, either.
  ok(await owner.post("/group/invite", { group_id: first.group_id, user_ids: [viewer.id] }));
  await eventually(async () => expect(await viewer.entry(first.conversation_id)).toMatchObject({ my_status: 1 }));
  expect(asked).not.toHaveBeenCalled();
  clock.now += 10_000;
  expect(await watch()).toEqual([1, 1, 1]);
  // A change within the budget causes a request, which finds the other group.
  ok(await owner.post("/group/kick", { group_id: first.group_id, user_ids: [viewer.id] }));
  await socket.push<Items>(2005, ({ items }) => items.length === 3 && items.every(({ status }) => status === 1));
  expect(await viewer.entry(second.conversation_id)).toMatchObject({ my_status: 1 });
});
