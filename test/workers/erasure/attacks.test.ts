import { abortAllDurableObjects } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { call, ok } from "../../helpers/workers/api.ts";
import { erase, erased, erasureStep, isErased } from "../../helpers/workers/erasure.ts";
import { conversationFails, d1Faults } from "../../helpers/workers/faults.ts";
import { upload } from "../../helpers/workers/files.ts";
import { eventually, inboxOf, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { loginBy, makeGroup, outgoing, PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { upgrade } from "../../helpers/workers/socket.ts";

const d1 = d1Faults();
let isAway = false;
conversationFails("operate", () => isAway);
afterEach(() => {
  isAway = false;
  d1.fails = () => false;
  d1.loses = () => false;
});

const memberOf = async (conversationId: string, { id }: { id: string }) =>
  (await rows<{ status: number }>(roomOf(conversationId), `SELECT status FROM members WHERE user_id = '${id}'`))[0]
    ?.status;

test("[ERASE-1] while no step of an erasure can be done, every way back is closed", async () => {
  const [zoe, ann, chat] = await pair();
  const group = await makeGroup(ann, zoe);
  const phone = await zoe.on(1);
  const [own, room] = [await zoe.socket(), await phone.roomSocket(chat)];
  // The room's socket has a grant, which it has not used up.
  expect((await room.request(1003, outgoing(ann, "granted"))).err_code).toBe(0);
  isAway = true;
  d1.fails = (query) => /UPDATE|update "users"/.test(query);
  await erase(zoe);
  for (const socket of [own, room]) expect((await socket.closed).code).toBe(4001);
  await erasureStep(zoe);
  expect(await rows(inboxOf(zoe), "SELECT profile_at FROM erasure")).toEqual([{ profile_at: 0 }]);

  expect((await loginBy(zoe.id, PASSWORD)).code).toBe(2009);
  for (const { token } of [zoe, phone]) {
    expect((await call("POST", "/auth/refresh", { token })).code).toBe(2001);
    expect((await call("POST", "/auth/erase", { token, body: { password: PASSWORD } })).code).toBe(2001);
    expect((await upgrade({ token })).status).toBe(401);
    expect((await upgrade({ token, conversation_id: chat })).status).toBe(401);
  }
  expect((await zoe.send(ann, "still here")).code).toBe(2001);
  expect((await zoe.post("/group/create", { name: "x" })).code).toBe(2001);
  expect((await zoe.put("/user/update", { nickname: "Back" })).code).toBe(2001);
  expect(
    (await zoe.post("/msg/forward", { conversation_id: chat, seqs: [1], group_id: group.group_id })).code,
  ).not.toBe(0);
  expect((await upload(zoe, chat)).code).toBe(2001);
  const [ben] = await people("ben");
  // D1 still knows the user; their inbox refuses.
  expect((await ben.send(zoe, "hello")).code).toBe(3011);
  expect((await ben.post("/group/create", { name: "x", member_ids: [zoe.id] })).code).toBe(3011);

  isAway = false;
  d1.fails = () => false;
  await erased(zoe);
  expect(await memberOf(chat, zoe)).toBe(2);
  expect(await memberOf(group.conversation_id, zoe)).toBe(2);
  expect((await ann.pull(chat)).messages.every(({ amended }) => amended?.recalled_by === zoe.id)).toBe(true);
});

test("[ERASE-1] an erasure ends complete, though the answer of each step is lost and every object dies", async () => {
  const [zoe, ann, chat] = await pair();
  await zoe.text(ann, "second");
  let lost = 0;
  d1.loses = (query) => /update "users"|delete from "reports"|UPDATE reports/i.test(query) && ++lost <= 3;
  await erase(zoe);
  await eventually(async () => {
    isAway = !isAway;
    await abortAllDurableObjects();
    await erasureStep(zoe);
    expect(await isErased(zoe)).toBe(true);
  }, 20_000);
  expect(lost).toBeGreaterThan(1);
  isAway = false;
  const { messages } = await ann.pull(chat);
  expect(messages.map(({ content }) => content)).toEqual([{}, {}]);
});

test("[ERASE-1] a conversation that cannot be reached holds up no other, and is left once it can be", async () => {
  const [zoe, ann, chat] = await pair();
  const group = await makeGroup(ann, zoe);
  isAway = true;
  await erase(zoe);
  await erasureStep(zoe);
  expect(await memberOf(chat, zoe)).toBe(1);
  isAway = false;
  await erased(zoe);
  for (const id of [chat, group.conversation_id]) expect(await memberOf(id, zoe)).toBe(2);
  await ring(inboxOf(zoe));
});

test("[LOGIN-8] a flood of wrong passwords erases nothing, and does not keep the owner from it", async () => {
  const [zoe] = await people("zoe");
  const phone = await zoe.on(1);
  const flood = await Promise.all(
    Array.from({ length: 30 }, (_, at) => zoe.post("/auth/erase", { password: `guess ${at}` })),
  );
  expect(flood.some(({ code }) => code === 1006)).toBe(true);
  expect(flood.every(({ code }) => code === 2008 || code === 1006)).toBe(true);
  ok(await phone.get("/user/info"));
});
