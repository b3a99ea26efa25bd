import { expect, test } from "vitest";
import { type Operation, PERMISSIONS, type Standing } from "../../../src/core/permissions.ts";
import { type Answer, ok } from "../../helpers/workers/api.ts";
import { makeGroup, outgoing, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ SEND_BURST: 1_000_000, SEND_RATE_PER_SECOND: 1_000_000, NEW_GROUPS_PER_DAY: 1_000_000 });

const operations: Readonly<
  Record<
    Operation,
    (who: Person, group: TestGroup, target: Person, code: string) => Promise<Pick<Answer<unknown>, "code">>
  >
> = {
  send: (who, group) => who.send(group, "x"),
  read: (who, group) => who.get("/msg/pull", { conversation_id: group.conversation_id }),
  read_by: (who, group) => who.get("/msg/read_by", { conversation_id: group.conversation_id, seq: 1 }),
  typing: async (who, group) => {
    const socket = await who.socket();
    const data = { conversation_id: group.conversation_id, typing: true };
    return { code: (await socket.request<null>(1008, data)).err_code };
  },
  members: (who, { group_id }) => who.get("/group/members", { group_id }),
  mention_all: (who, group) => who.post("/msg/send", { ...outgoing(group, "x"), meta: { mention_all: true } }),
  join: (who, { group_id }) => who.post("/group/join", { group_id }),
  join_by_link: (who, _, __, code) => who.post("/group/join", { code }),
  quit: (who, { group_id }) => who.post("/group/quit", { group_id }),
  invite: (who, { group_id }, target) => who.post("/group/invite", { group_id, user_ids: [target.id] }),
  answer_invite: (who, { group_id }) => who.post("/group/answer_invite", { group_id, accept: false }),
  kick: (who, { group_id }, target) => who.post("/group/kick", { group_id, user_ids: [target.id] }),
  ban: (who, { group_id }, target) => who.post("/group/ban", { group_id, user_id: target.id }),
  unban: (who, { group_id }, target) => who.post("/group/unban", { group_id, user_id: target.id }),
  answer_application: (who, { group_id }) => who.get("/group/applications", { group_id }),
  link: (who, { group_id }) => who.post("/group/link", { group_id }),
  set_role: (who, { group_id }, target) => who.post("/group/set_role", { group_id, user_id: target.id, role_level: 2 }),
  transfer: (who, { group_id }, target) => who.post("/group/transfer", { group_id, user_id: target.id }),
  dismiss: (who, { group_id }) => who.post("/group/dismiss", { group_id }),
  mute: (who, { group_id }, target) => who.post("/group/mute", { group_id, user_id: target.id, seconds: 60 }),
  update: (who, { group_id }) => who.put("/group/update", { group_id, name: "another name" }),
  nickname: (who, { group_id }) => who.put("/group/nickname", { group_id, group_nickname: "nick" }),
  edit: (who, { conversation_id }) => who.post("/msg/edit", { conversation_id, seq: 2, content: { text: "edited" } }),
  recall: (who, { conversation_id }) => who.post("/msg/recall", { conversation_id, seqs: [1] }),
  react: (who, { conversation_id }) => who.post("/msg/react", { conversation_id, seq: 1, emoji: "👍", on: true }),
  pin: (who, { conversation_id }) => who.post("/msg/pin", { conversation_id, seq: 1, on: true }),
};
const names = Object.keys(operations) as Operation[];

const below = {
  mention_all: 3007,
  join: 3005,
  join_by_link: 3005,
  answer_invite: 3005,
  kick: 3007,
  ban: 3007,
  unban: 3007,
  answer_application: 3007,
  link: 3007,
};

/** The rules of the contract, written a second time: a mistake in the table must not become a rule. */
const expected: Record<Standing, Partial<Record<Operation, number>> & { rest: number }> = {
  owner: { rest: 0, join: 3005, join_by_link: 3005, answer_invite: 3005, quit: 3008 },
  admin: {
    rest: 0,
    join: 3005,
    join_by_link: 3005,
    answer_invite: 3005,
    set_role: 3006,
    transfer: 3006,
    dismiss: 3006,
  },
  member: {
    rest: 0,
    ...below,
    set_role: 3006,
    transfer: 3006,
    dismiss: 3006,
    mute: 3007,
    update: 3007,
    pin: 3007,
  },
  muted: {
    rest: 0,
    send: 3009,
    edit: 3009,
    react: 3009,
    pin: 3007,
    ...below,
    set_role: 3006,
    transfer: 3006,
    dismiss: 3006,
    mute: 3007,
    update: 3007,
  },
  outsider: { rest: 3003, read: 1007, read_by: 1007, typing: 1007, join: 0, join_by_link: 0 },
  quit: { rest: 3003, read: 0, read_by: 1007, typing: 1007, join: 0, join_by_link: 0 },
  kicked: { rest: 3003, read: 0, read_by: 1007, typing: 1007, join: 3004, join_by_link: 3004 },
  banned: { rest: 3003, read: 0, read_by: 1007, typing: 1007, join: 3014, join_by_link: 3014, answer_invite: 3014 },
  invited: { rest: 3003, read: 0, read_by: 1007, typing: 1007, join: 0, join_by_link: 0, answer_invite: 0 },
  dismissed: { rest: 3002, read: 0, read_by: 0, members: 0, quit: 0 },
};
const standings = Object.keys(expected) as Standing[];

test("[ROLE-1] the table matches the contract", () => {
  for (const standing of standings) {
    const { rest, ...others } = expected[standing];
    const column = Object.fromEntries(names.map((name) => [name, PERMISSIONS[name][standing]]));
    expect(column, standing).toEqual({ ...Object.fromEntries(names.map((name) => [name, rest])), ...others });
  }
});

test.each(standings)("[ROLE-1] [ROLE-2] %s: every operation gets the code of the table", async (standing) => {
  // A link of a dismissed group is like any other that lets nobody in. [JOIN-2]
  const table = (name: Operation) =>
    standing === "dismissed" && name === "join_by_link" ? 3013 : PERMISSIONS[name][standing];
  const met = await Promise.all(
    names.map(async (name) => {
      const { group, who, target, code } = await scene(standing);
      const answer = await operations[name](who, group, target, code);
      // Invite and kick answer for each user. If the caller may not do it, the envelope has the code.
      return [name, answer.code] as const;
    }),
  );
  expect(Object.fromEntries(met)).toEqual(Object.fromEntries(names.map((name) => [name, table(name)])));
});

/** A group in which a user has this standing, and another member as the target. */
async function scene(standing: Standing): Promise<{ group: TestGroup; who: Person; target: Person; code: string }> {
  const [owner, who, target] = await people("owner", "who", "target");
  if (standing === "invited") ok(await who.put("/user/privacy", { invites_from: "ask" }));
  const group = await makeGroup(owner, ...(standing === "outsider" ? [] : [who]), target);
  const { group_id } = group;
  await owner.text(group);
  if (standing !== "outsider" && standing !== "invited") await who.text(group);
  const about = { group_id, user_id: who.id };
  const { code } = ok(await owner.post<{ code: string }>("/group/link", { group_id }));
  if (standing === "owner") ok(await owner.post("/group/transfer", about));
  if (standing === "admin") ok(await owner.post("/group/set_role", { ...about, role_level: 2 }));
  if (standing === "muted") ok(await owner.post("/group/mute", { ...about, seconds: 60 }));
  if (standing === "quit") ok(await who.post("/group/quit", { group_id }));
  if (standing === "kicked") ok(await owner.post("/group/kick", { group_id, user_ids: [who.id] }));
  if (standing === "banned") ok(await owner.post("/group/ban", about));
  if (standing === "dismissed") ok(await owner.post("/group/dismiss", { group_id }));
  return { group, who, target, code };
}

test("[ROLE-2] errors come as token, shape, existence, membership, state, right, mute, rate", async () => {
  const [owner, member, outsider] = await people("owner", "member", "outsider");
  const group = await makeGroup(owner, member);
  const dismissed = await makeGroup(owner, member);
  ok(await owner.post("/group/dismiss", { group_id: dismissed.group_id }));
  ok(await owner.post("/group/mute", { group_id: group.group_id, user_id: member.id, seconds: 60 }));
  const dead = outsider.with(`${outsider.token.slice(0, -2)}AA`);
  const replaced = outsider;
  await outsider.on(5);
  const wrong = { ...outgoing(group, "x"), content: {} };
  const nowhere = { group_id: "nowhere" };

  expect((await dead.post("/msg/send", wrong)).code).toBe(2001);
  expect((await member.post("/msg/send", { ...wrong, group_id: "nowhere" })).code).toBe(1001);
  expect((await replaced.send(nowhere, "x")).code).toBe(2001);
  expect((await replaced.get("/msg/pull", { conversation_id: group.conversation_id })).code).toBe(2001);
  const fresh = await replaced.on(5);
  expect((await fresh.send(nowhere, "x")).code).toBe(3001);
  expect((await fresh.send(dismissed, "x")).code).toBe(3003);
  expect((await member.send(dismissed, "x")).code).toBe(3002);
  expect((await member.post("/group/mute", { group_id: dismissed.group_id, seconds: 1 })).code).toBe(3002);
  expect((await member.post("/group/dismiss", { group_id: group.group_id })).code).toBe(3006);
  expect((await member.send(group, "x")).code).toBe(3009);
  const kick = (who: Person, whom: Person) =>
    who.post<{ code: number }[]>("/group/kick", { group_id: group.group_id, user_ids: [whom.id] });
  ok(await owner.post("/group/set_role", { group_id: group.group_id, user_id: member.id, role_level: 2 }));
  expect(ok(await kick(member, owner))).toMatchObject([{ code: 3008 }]);
  expect(ok(await kick(member, member))).toMatchObject([{ code: 3006 }]);
  expect(ok(await kick(member, fresh))).toMatchObject([{ code: 3003 }]);
});

test("[ROLE-2] the token of an ended login is refused before anything is said about the conversation", async () => {
  const [owner, outsider] = await people("owner", "outsider");
  const group = await makeGroup(owner);
  await outsider.on(5);
  await expect(outsider.roomSocket(group.conversation_id)).rejects.toThrow("2001");
});
