import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import type { Conversation } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { d1Faults } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { makeGroup, NEW_PASSWORD, PASSWORD, people } from "../../helpers/workers/people.ts";
import type { Moved } from "../../helpers/workers/socket.ts";

const faults = d1Faults();
const EVERYTHING = () => true;

type Changed = Moved & { conversation: Conversation };

/** Shortens the deadline of queries, so that a test need not wait for it. */
const { setTimeout } = globalThis;
vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, milliseconds = 0) =>
  setTimeout(work, milliseconds === 5_000 ? 100 : milliseconds)) as typeof setTimeout);

test("[TELL-6] a change of members queries D1 once, however many are online, and all get a push with its name", async () => {
  const names = Array.from({ length: 8 }, () => "member");
  const [owner, target, ...others] = await people("owner", "target", ...names);
  const { group_id, conversation_id } = await makeGroup(owner, target, ...others);
  const everyone = [owner, target, ...others];
  await eventually(async () => {
    for (const who of everyone) expect(await who.list()).toHaveLength(1);
  });
  // Nothing of the group is in memory any more.
  await abortAllDurableObjects();
  const sockets = await Promise.all(everyone.map((who) => who.socket()));
  const before = faults.queries;
  for (const seconds of [60, 0, 90]) ok(await owner.post("/group/mute", { group_id, seconds }));
  ok(await owner.post("/group/set_role", { group_id, user_id: target.id, role_level: 2 }));
  const fits = ({ conversation }: Changed) => conversation.conversation_id === conversation_id;
  for (const [at, socket] of sockets.entries()) {
    // Mutes of everyone do not apply to the owner.
    if (everyone[at] === owner) continue;
    const { conversation } = await socket.push<Changed>(2007, fits);
    expect(conversation).toMatchObject({ title: "the group", muted_until: expect.any(Number) });
  }
  expect(faults.queries - before).toBe(1);
  // A new name is returned by its write.
  ok(await owner.put("/group/update", { group_id, name: "renamed" }));
  for (const socket of sockets) {
    await socket.push<Changed>(2007, ({ conversation }) => conversation.title === "renamed");
  }
  // The write, and a query of the group for the answer.
  expect(faults.queries - before).toBe(1 + 2);
});

test("[TELL-6] when names change concurrently, only the last one is shown", async () => {
  const [owner, admin, member] = await people("owner", "admin", "member");
  const { group_id } = await makeGroup(owner, admin, member);
  ok(await owner.post("/group/set_role", { group_id, user_id: admin.id, role_level: 2 }));
  const names = Array.from({ length: 6 }, (_, at) => `name ${at}`);
  await Promise.all(
    names.map(async (name, at) => ok(await (at % 2 ? owner : admin).put("/group/update", { group_id, name }))),
  );
  const { name } = ok(await member.get<{ name: string }>("/group/info", { group_id }));
  const socket = await member.socket();
  ok(await owner.post("/group/mute", { group_id, user_id: member.id, seconds: 60 }));
  const { conversation } = await socket.push<Changed>(2007, (changed) => changed.conversation.muted_until > 0);
  expect(conversation.title).toBe(name);
});

test("[TELL-6] a new group is shown with its name without another query, and with the name of its first attempt", async () => {
  const [owner, member] = await people("owner", "member");
  const socket = await member.socket();
  const before = faults.queries;
  await makeGroup(owner, member);
  expect((await socket.push<Changed>(2007)).conversation.title).toBe("the group");
  // The members, the insert, and a query of the group for the answer.
  expect(faults.queries - before).toBe(3);
});

test("[STORE-2] D1 hangs: requests that need it are answered 1008, others still work, and changes reach all", async () => {
  const [owner, member, stranger] = await people("owner", "member", "stranger");
  const group = await makeGroup(owner, member);
  await eventually(async () => expect(await member.list()).toHaveLength(1));
  await abortAllDurableObjects();
  const socket = await member.socket();
  const { cursor } = await member.sync(0);
  faults.hangs = EVERYTHING;
  try {
    const { group_id, conversation_id } = group;
    const looks = [
      () => member.get("/conversation/list"),
      () => member.get("/sync", { since: 0 }),
      () => member.get("/conversation/info", { conversation_id }),
      () => member.get("/user/info"),
      () => member.get(`/user/profile/${owner.id}`),
      () => member.post("/user/batch_info", { user_ids: [owner.id] }),
      () => member.get("/group/info", { group_id }),
      () => member.get("/group/members", { group_id }),
      () => member.put("/user/update", { nickname: "new" }),
      () => member.post("/group/create", { name: "x", member_ids: [owner.id] }),
      () => owner.put("/group/update", { group_id, name: "x" }),
      () => owner.post("/group/invite", { group_id, user_ids: [stranger.id] }),
      () => member.send(stranger, "a first message"),
      () => member.post("/auth/password", { old_password: PASSWORD, new_password: NEW_PASSWORD }),
    ];
    const answers = await Promise.all(looks.map((look) => look()));
    expect(answers.map(({ code, status }) => `${code} ${status}`)).toEqual(looks.map(() => "1008 503"));
    // Without a name there is no push of the conversation. The cursor shows that something changed.
    ok(await owner.post("/group/mute", { group_id, user_id: member.id, seconds: 600 }));
    const notice = await socket.push<Moved>(2001);
    expect(notice.cursor).toBe(notice.prev);
    expect((await member.send(group, "x")).code).toBe(3009);
    ok(await owner.send(group, "x"));
  } finally {
    faults.hangs = () => false;
  }
  const { conversations } = await member.sync(cursor);
  expect(conversations).toMatchObject([{ title: "the group", muted_until: expect.any(Number) }]);
});

test("[STORE-2] [TELL-5] [LOGIN-7] an alarm waits for D1 with a deadline, and retries", async () => {
  const [alice] = await people("alice");
  faults.hangs = (query) => /^update "users"/i.test(query);
  const body = { old_password: PASSWORD, new_password: NEW_PASSWORD };
  expect((await alice.post("/auth/password", body)).code).toBe(1008);
  faults.hangs = EVERYTHING;
  try {
    expect(await alarmOf(inboxOf(alice))).not.toBeNull();
    expect(await ring(inboxOf(alice))).toBe(true);
    expect(await alarmOf(inboxOf(alice))).toBeGreaterThan(Date.now());
  } finally {
    faults.hangs = () => false;
  }
});
