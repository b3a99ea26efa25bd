import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { type Changed, operating } from "../../helpers/workers/operations.ts";
import { makeGroup, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ OPERATION_RATE_PER_SECOND: 10, OPERATION_BURST: 50, SEND_BURST: 1_000 });
const clock = standingClock();

test("[OPS-9] operations have one budget over all paths; what changes nothing is free", async () => {
  const [alice, , chat] = await pair();
  const own = operating(alice, chat);
  const [socket, room] = [await alice.socket(), await alice.roomSocket(chat)];
  const react = (on: boolean) => ({ conversation_id: chat, seq: 1, emoji: "👍", on });
  let done = 0;
  let on = false;
  const toggles = [
    async () => (await own.react(1, "👍", on)).code,
    async () => (await socket.request(1015, react(on))).err_code,
    async () => (await room.request(1015, react(on))).err_code,
  ];
  for (let at = 0; at < 200; at++) {
    on = !on;
    const code = await toggles[at % 3]?.();
    if (code === 0) done++;
    else {
      expect(code).toBe(1006);
      on = !on;
    }
  }
  expect(done).toBeGreaterThan(40);
  expect(done).toBeLessThanOrEqual(50);
  const refused = await own.edit(1, "x");
  expect(refused).toMatchObject({ code: 1006 });
  expect((await own.react(1, "👍", on)).code).toBe(0);
  clock.now += 11_000;
  ok(await own.edit(1, "x"));
});

test("[OPS-9] a long edit takes more of the budget", async () => {
  const [alice, , chat] = await pair();
  const own = operating(alice, chat);
  const codes: number[] = [];
  // 8 for each: six fit into 50.
  for (let at = 0; at < 7; at++) codes.push((await own.edit(1, `${at}`.padEnd(30_000, "x"))).code);
  expect(codes).toEqual([0, 0, 0, 0, 0, 0, 1006]);
  ok(await own.edit(1, "short"));
});

test("[OPS-9] all members together change at most 200 messages of a conversation in a second", async () => {
  const [owner, ...members] = await people("owner", "a", "b", "c", "d");
  const group = await makeGroup(owner, ...members);
  for (let at = 0; at < 60; at++) await owner.text(group, `${at}`);
  const id = group.conversation_id;
  const all = Array.from({ length: 50 }, (_, index) => index + 1);
  const codes: number[] = [];
  for (const who of [owner, ...members]) {
    const own = operating(who, id);
    for (const seq of all) codes.push((await own.react(seq, "👍")).code);
  }
  expect(codes.filter((code) => code === 0)).toHaveLength(200);
  expect(codes.slice(200).every((code) => code === 1006)).toBe(true);
  clock.now += 1_000;
  ok(await operating(members[3] ?? owner, id).react(1, "🎉"));
});

test("[OPS-9] under load changes are pushed together, and the operator's own first", async () => {
  const [alice, bob, chat] = await pair();
  const [hers, his] = [await alice.roomSocket(chat), await bob.roomSocket(chat)];
  const emoji = (at: number) => String.fromCodePoint(0x1f600 + at);
  const reactions = Array.from({ length: 6 }, (_, at) => ({
    conversation_id: chat,
    seq: 1,
    emoji: emoji(at),
    on: true,
  }));
  await Promise.all(reactions.map((data) => hers.request(1015, data)));
  const last = await his.push<Changed>(2008, ({ rev }) => rev === 6);
  expect(last.messages[0]?.amended?.reactions).toHaveLength(6);
  const pushes = his.log.filter(({ req_identifier }) => req_identifier === 2008).map(({ data }) => data as Changed);
  expect(pushes.length).toBeLessThan(6);
  let rev = 0;
  for (const push of pushes) {
    expect(push.since_rev).toBe(rev);
    rev = push.rev;
  }
  // Each answer comes after the push of its change.
  for (const number of [1, 2, 3, 4, 5, 6]) {
    const at = hers.log.findIndex(({ data }) => (data as Changed).rev === number && "since_rev" in (data as object));
    const answer = hers.log.findIndex(({ data, msg_incr }) => msg_incr !== "" && (data as Changed).rev === number);
    expect(at >= 0 && at < answer).toBe(true);
  }
});
