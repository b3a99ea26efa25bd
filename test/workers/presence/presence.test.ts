import { describe, expect, test } from "vitest";
import { membersAmong, presenceFor } from "../../../src/features/presence/calls.ts";
import { ok } from "../../helpers/workers/api.ts";
import { aroundCall, inputsOf } from "../../helpers/workers/calls.ts";
import { hanging, tellFaults } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, inside, ring, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people, type TestGroup } from "../../helpers/workers/people.ts";
import type { TestSocket } from "../../helpers/workers/socket.ts";

type Item = { user_id: string; status: number };
type Items = { items: Item[] };

const faults = tellFaults();
let unreachable = 0;
aroundCall("inboxes", presenceFor, (_, answer) => {
  if (unreachable-- > 0) throw new Error("an inbox that a test has made unreachable");
  return answer();
});
const asked = inputsOf("inboxes", presenceFor);
const amongAsked = inputsOf("conversations", membersAmong);

/** Expects the presence of users as a watcher sees it from now on. */
async function watch(viewer: Person, ...watched: Person[]): Promise<{ socket: TestSocket; statuses: number[] }> {
  const socket = await viewer.socket();
  const answer = await socket.request<Items>(1010, { user_ids: watched.map(({ id }) => id) });
  return { socket, statuses: answer.data.items.map(({ status }) => status) };
}

/** The push that shows exactly these users, with this status. */
const shown = (socket: TestSocket, status: number, ...users: Person[]) => {
  const expected = users.map(({ id }) => `${id} ${status}`).sort();
  const fits = ({ items }: Items) =>
    `${items.map((item) => `${item.user_id} ${item.status}`).sort()}` === `${expected}`;
  return socket.push<Items>(2005, fits);
};
const shownOnline = (socket: TestSocket) =>
  socket.log
    .filter(({ req_identifier, msg_incr }) => req_identifier === 2005 && msg_incr === "")
    .flatMap(({ data }) => (data as Items).items)
    .filter(({ status }) => status === 1);
const watchersOf = async (user: Person) =>
  (await rows<{ user_id: string }>(inboxOf(user), "SELECT user_id FROM watchers")).map(({ user_id }) => user_id);

const kick = (who: Person, { group_id }: TestGroup, whom: Person) =>
  who.post("/group/kick", { group_id, user_ids: [whom.id] });
const invite = (who: Person, { group_id }: TestGroup, whom: Person) =>
  who.post("/group/invite", { group_id, user_ids: [whom.id] });
const quit = (who: Person, { group_id }: TestGroup) => who.post("/group/quit", { group_id });

/** Goes online and offline again, so that every watcher of this user has got a push. */
async function appearAndGo(user: Person, witness: TestSocket): Promise<void> {
  const socket = await user.socket();
  await shown(witness, 1, user);
  socket.close();
  await shown(witness, 0, user);
}

describe("[PRES-1] [PRES-2] a watched stranger is shown once a conversation is shared", () => {
  test("by the viewer's first message, or by theirs", async () => {
    for (const first of ["viewer", "watched"]) {
      const [alice, bob] = await people("alice", "bob");
      await bob.socket();
      const { socket, statuses } = await watch(alice, bob);
      expect(statuses).toEqual([0]);
      await (first === "viewer" ? alice.text(bob) : bob.text(alice));
      await shown(socket, 1, bob);
    }
  });

  test.each(["viewer", "watched"] as const)("in a single chat that the %s learns of late", async (late) => {
    const [alice, bob] = await people("alice", "bob");
    const his = await bob.socket();
    const { socket } = await watch(alice, bob);
    const [sender, other] = late === "viewer" ? [bob, alice] : [alice, bob];
    const { fault, release, held } = hanging();
    faults.set(other.id, fault);
    await sender.text(other);
    await eventually(() => expect(held()).toBe(1));
    if (late === "viewer") {
      expect(shownOnline(socket)).toEqual([]);
      release();
    }
    await shown(socket, 1, bob);
    release();
    await eventually(async () => expect(await other.list()).toHaveLength(1));
    his.close();
    await shown(socket, 0, bob);
  });

  test.each(["viewer", "watched"] as const)("in a new group that the %s learns of late", async (late) => {
    const [owner, alice, bob, stranger] = await people("owner", "alice", "bob", "stranger");
    const his = await bob.socket();
    await stranger.socket();
    const { socket } = await watch(alice, bob, stranger);
    const { fault, release, held } = hanging();
    const other = late === "viewer" ? alice : bob;
    faults.set(other.id, fault);
    asked.length = 0;
    const { conversation_id } = await makeGroup(owner, alice, bob);
    await eventually(() => expect(held()).toBe(1));
    if (late === "viewer") release();
    await shown(socket, 1, bob);
    // Only who is in the group is asked.
    expect(asked.map(({ vouched }) => vouched)).toEqual([conversation_id]);
    expect(shownOnline(socket).map(({ user_id }) => user_id)).toEqual([bob.id]);
    release();
    await eventually(async () => expect(await other.list()).toHaveLength(1));
    his.close();
    await shown(socket, 0, bob);
  });

  test("asked for before their inbox has learned of the group", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    await Promise.all([bob.socket(), carol.socket()]);
    const { fault, release } = hanging();
    faults.set(bob.id, fault);
    faults.set(carol.id, fault);
    const group = await makeGroup(alice, bob);
    expect((await watch(alice, bob)).statuses).toEqual([1]);
    ok(await invite(alice, group, carol));
    expect((await watch(alice, bob, carol)).statuses).toEqual([1, 1]);
    release();
  });

  test("when they join a group that the viewer is already in", async () => {
    const [alice, bob] = await people("alice", "bob");
    const group = await makeGroup(alice);
    await bob.socket();
    const { socket, statuses } = await watch(alice, bob);
    expect(statuses).toEqual([0]);
    ok(await invite(alice, group, bob));
    await shown(socket, 1, bob);
    ok(await quit(bob, group));
    await shown(socket, 0, bob);
    ok(await bob.post("/group/join", { group_id: group.group_id }));
    await shown(socket, 1, bob);
  });
});

describe("[PRES-1] users who no longer share a conversation are shown offline, and no more pushes follow", () => {
  test.each(["quit", "was kicked"] as const)("the watched one %s", async (how) => {
    const [owner, alice, bob, friend] = await people("owner", "alice", "bob", "friend");
    await bob.text(friend);
    const group = await makeGroup(owner, alice, bob);
    const his = await bob.socket();
    const { socket, statuses } = await watch(alice, bob);
    const witness = (await watch(friend, bob)).socket;
    expect(statuses).toEqual([1]);
    ok(await (how === "quit" ? quit(bob, group) : kick(owner, group, bob)));
    await shown(socket, 0, bob);
    his.close();
    await shown(witness, 0, bob);
    await appearAndGo(bob, witness);
    expect(shownOnline(socket)).toEqual([]);
    expect(await watchersOf(bob)).toEqual([friend.id]);
  });

  test("the viewer was kicked: also for users who are unreachable at that time", async () => {
    const [owner, alice, bob, carol, friend] = await people("owner", "alice", "bob", "carol", "friend");
    await Promise.all([bob.text(friend), carol.text(friend)]);
    const group = await makeGroup(owner, alice, bob, carol);
    const [his] = [await bob.socket(), await carol.socket()];
    const { socket, statuses } = await watch(alice, bob, carol);
    const witness = (await watch(friend, bob, carol)).socket;
    expect(statuses).toEqual([1, 1]);
    unreachable = 1;
    ok(await kick(owner, group, alice));
    await shown(socket, 0, bob, carol);
    his.close();
    await shown(witness, 0, bob);
    await appearAndGo(bob, witness);
    await eventually(async () => expect(await watchersOf(bob)).toEqual([friend.id]));
    expect(shownOnline(socket)).toEqual([]);
    expect((await watch(alice, bob, carol)).statuses).toEqual([0, 0]);
  });

  test("another shared conversation still shows them", async () => {
    const [owner, alice, bob] = await people("owner", "alice", "bob");
    const [first, second] = [await makeGroup(owner, alice, bob), await makeGroup(owner, alice, bob)];
    const his = await bob.socket();
    const { socket } = await watch(alice, bob);
    ok(await kick(owner, first, bob));
    ok(await kick(owner, second, alice));
    ok(await invite(owner, first, bob));
    await eventually(async () => {
      const vias = await rows(inboxOf(bob), "SELECT conversation_id FROM watchers");
      expect(vias).toEqual([{ conversation_id: first.conversation_id }]);
    });
    his.close();
    await shown(socket, 0, bob);
  });
});

test("[PRES-1] a stranger who watches never gets a push, and leaves no trace", async () => {
  const [mallory, crony, bob, friend] = await people("mallory", "crony", "bob", "friend");
  await bob.text(friend);
  const own = await makeGroup(mallory, crony);
  const { socket, statuses } = await watch(mallory, bob);
  const witness = (await watch(friend, bob)).socket;
  expect(statuses).toEqual([0]);
  await appearAndGo(bob, witness);
  // Changes in their own list do not concern bob.
  ok(await kick(mallory, own, crony));
  ok(await invite(mallory, own, crony));
  await mallory.text(crony);
  await makeGroup(mallory, crony);
  const forged = {
    custom_type: 1,
    custom_data: "",
    msg_type: 1001,
    user_ids: [bob.id],
    content: { user_ids: [bob.id] },
  };
  ok(await crony.post("/msg/send", { ...outgoing(own, ""), msg_type: 100, content: forged }));
  await appearAndGo(bob, witness);
  expect((await socket.request<Items>(1010, { user_ids: [bob.id] })).data.items).toMatchObject([{ status: 0 }]);
  expect(shownOnline(socket)).toEqual([]);
  expect(await watchersOf(bob)).toEqual([friend.id]);
});

test("[PRES-2] without watchers, beginnings and ends of conversations cause no calls", async () => {
  const [owner, alice, bob] = await people("owner", "alice", "bob");
  await Promise.all([owner, alice, bob].map((person) => person.socket()));
  asked.length = 0;
  amongAsked.length = 0;
  await alice.text(bob);
  const group = await makeGroup(owner, alice);
  ok(await invite(owner, group, bob));
  ok(await kick(owner, group, alice));
  await eventually(async () => expect(await alice.entry(group.conversation_id)).toMatchObject({ my_status: 3 }));
  expect(asked).toEqual([]);
  expect(amongAsked).toEqual([]);
});

test("[PRES-2] the alarm finds sockets that were lost without a close", async () => {
  const [alice, bob] = await pair();
  await bob.socket();
  const { socket } = await watch(alice, bob);
  await inside(inboxOf(bob), (_, state) => state.abort("a crash caused by a test")).catch(() => undefined);
  expect(await ring(inboxOf(bob))).toBe(true);
  await shown(socket, 0, bob);
});

test("requests for too many users at once are refused on both paths, without any call; sends still work", async () => {
  const [alice, bob] = await pair();
  const socket = await alice.socket();
  const ids = Array.from({ length: 100 }, (_, index) => `nobody-${index}`);
  for (let count = 0; count < 10; count++) ok(await alice.post("/user/get_users_online_status", { user_ids: ids }));
  asked.length = 0;
  const user_ids = [...ids.slice(1), bob.id];
  expect((await socket.request(1010, { user_ids })).err_code).toBe(1006);
  const refused = await alice.post("/user/get_users_online_status", { user_ids });
  expect([refused.code, refused.headers.get("Retry-After")]).toEqual([1006, "1"]);
  expect(asked).toEqual([]);
  ok(await alice.send(bob, "still here"));
});
