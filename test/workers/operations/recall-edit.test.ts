import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { askObject } from "../../../src/core/rpc.ts";
import { pull } from "../../../src/features/messages/calls.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { type Changed, type Changes, codes, expectRecalled, operating } from "../../helpers/workers/operations.ts";
import { makeGroup, pair, people } from "../../helpers/workers/people.ts";

const clock = standingClock();

describe("recall [OPS-3]", () => {
  test("takes the content from everyone: pull, list, retry and revisions", async () => {
    const [alice, bob, chat] = await pair();
    const own = operating(alice, chat);
    ok(await own.edit(1, "second"));
    ok(await own.react(1, "👍"));
    ok(await own.pin(1));
    const answer = ok(await own.recall(1));
    expect(answer.results).toEqual([{ seq: 1, code: 0 }]);
    for (const who of [alice, bob]) {
      expectRecalled(await operating(who, chat).message(1), alice);
      await eventually(async () => expectRecalled((await who.entry(chat))?.last_message ?? undefined, alice));
    }
    expect(ok(await own.revisions(1))).toEqual([]);
    expect(ok(await own.reactions(1))).toEqual([]);
    expect(await own.pins()).toEqual([]);
    expect(JSON.stringify(await bob.pull(chat))).not.toMatch(/first|second/);
  });

  test("[SEND-3] a retry of a recalled message is answered with the message as it now stands", async () => {
    const [alice, bob] = await people("alice", "bob");
    const sent = ok(await alice.send(bob, "secret", "same"));
    ok(await operating(alice, alice.chatWith(bob)).recall(1));
    const again = ok(await alice.send(bob, "secret", "same"));
    expectRecalled(again, alice);
    expect(again).toMatchObject({ id: sent.id, seq: sent.seq, send_at: sent.send_at });
  });

  test("each seq has a code of its own; again is 0 and changes nothing", async () => {
    const [alice, bob, chat] = await pair();
    await bob.text(alice, "of bob");
    const own = operating(alice, chat);
    expect(codes(await own.recall(1, 2, 3))).toEqual([0, 4009, 4001]);
    const before = (await alice.readState(chat)).rev;
    expect(codes(await own.recall(1))).toEqual([0]);
    expect((await alice.readState(chat)).rev).toBe(before);
  });

  test("in a group, owner and admins recall those below them, at any time; no notices", async () => {
    const [owner, admin, member] = await people("owner", "admin", "member");
    const group = await makeGroup(owner, admin, member);
    ok(await owner.post("/group/set_role", { group_id: group.group_id, user_id: admin.id, role_level: 2 }));
    for (const who of [owner, admin, member]) await who.text(group);
    clock.now += 1_000 * 172_801;
    const id = group.conversation_id;
    expect(codes(await operating(member, id).recall(1, 2, 3, 4))).toEqual([4009, 4009, 4009, 4008]);
    expect(codes(await operating(admin, id).recall(1, 2, 3, 4))).toEqual([4009, 4009, 4008, 0]);
    expect(codes(await operating(owner, id).recall(1, 2, 3))).toEqual([4009, 4008, 0]);
  });

  test("[UNREAD-1] a recalled message no longer counts as unread, anywhere", async () => {
    const [alice, bob, chat] = await pair();
    await alice.text(bob, "two");
    await alice.text(bob, "three");
    ok(await operating(alice, chat).recall(2));
    expect(await bob.readState(chat)).toMatchObject({ unread_count: 2, rev: 1 });
    await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ unread_count: 2, rev: 1 }));
    ok(await bob.read(chat, 2));
    expect((await bob.readState(chat)).unread_count).toBe(1);
    ok(await operating(alice, chat).recall(1));
    expect((await bob.readState(chat)).unread_count).toBe(1);
  });

  test("is pushed: to conversations' sockets at once, to users' sockets with their cursor", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(async () => expect(await bob.entry(chat)).toBeDefined());
    const [room, own, other] = [await bob.roomSocket(chat), await bob.socket(), await alice.socket()];
    const { cursor: before } = await bob.sync(0);
    const answer = await other.request<Changes>(1013, { conversation_id: chat, seqs: [1] });
    expect(answer).toMatchObject({ err_code: 0, data: { results: [{ seq: 1, code: 0 }], rev: 1 } });
    const seen = await room.push<Changed>(2008);
    expect(seen).toMatchObject({ conversation_id: chat, since_rev: 0, rev: 1, deleted: [], prev: 0, cursor: 0 });
    expectRecalled(seen.messages[0], alice);
    const push = await own.push<Changed>(2008);
    expect(push).toMatchObject({ since_rev: 0, rev: 1, prev: before, cursor: before + 1 });
    expectRecalled(push.messages[0], alice);
    const mine = await other.push<Changed>(2008);
    expect(mine.cursor).toBe(mine.prev);
    expect(answer.data).toMatchObject({ prev: mine.prev, cursor: mine.prev + 1 });
  });
});

describe("edit [OPS-4]", () => {
  test("replaces the content, keeps the old ones, and changes nothing else", async () => {
    const [alice, bob] = await people("alice", "bob");
    const sent = ok(await alice.send(bob, "one", "same"));
    const chat = alice.chatWith(bob);
    const own = operating(alice, chat);
    const edited = ok(await own.edit(1, "two"));
    ok(await own.edit(1, "three"));
    const now = await operating(bob, chat).message(1);
    expect(now).toMatchObject({ ...sent, content: { text: "three" }, amended: { rev: 2, recalled_at: 0 } });
    expect(edited).toMatchObject({ rev: 1, message: { content: { text: "two" } } });
    expect(ok(await operating(bob, chat).revisions(1)).map(({ content }) => content)).toEqual([
      { text: "one" },
      { text: "two" },
    ]);
    expect(ok(await alice.send(bob, "one", "same"))).toEqual(now);
    await eventually(async () => expect((await bob.entry(chat))?.last_message?.content).toEqual({ text: "three" }));
  });

  test("[SEND-4] comes back as it was sent, over each path", async () => {
    const [alice, , chat] = await pair();
    const text = '{"text":"x","n":12345678901234567890,"d":0.12345678901234567}';
    const data = `{"conversation_id":"${chat}","seq":1,"content":${text}}`;
    for (const socket of [await alice.socket(), await alice.roomSocket(chat)]) {
      socket.send(`{"req_identifier":1012,"msg_incr":"e","operation_id":"","data":${data}}`);
      expect((await socket.answer(`e`)).err_code).toBe(0);
      const stored = await askObject(env.CONVERSATION.getByName(chat), pull, {
        user_id: alice.id,
        wanted: { begin_seq: 0, end_seq: 0, limit: 1, order: "asc" },
      });
      expect(new TextDecoder().decode(stored)).toContain(text);
      ok(await operating(alice, chat).edit(1, "other"));
    }
  });

  test("errors come in the contract's order, and what is reached is 0", async () => {
    const [owner, member, outsider] = await people("owner", "member", "outsider");
    const group = await makeGroup(owner, member);
    const id = group.conversation_id;
    await owner.text(group, "of the owner");
    await member.text(group, "mine");
    const own = operating(member, id);
    const code = async (answer: Promise<{ code: number }>) => (await answer).code;
    expect(await code(operating(member, "sg_nowhere").edit(1, "x"))).toBe(3001);
    expect(await code(operating(outsider, id).edit(1, "x"))).toBe(3003);
    expect(await code(operating(outsider, owner.chatWith(member)).edit(1, "x"))).toBe(1007);
    expect(await code(own.edit(9, "x"))).toBe(4001);
    expect(await code(own.edit(1, "x", { if_rev: 0 }))).toBe(4009);
    ok(await own.react(2, "👍"));
    ok(await own.edit(2, "edited", { if_rev: 0 }));
    expect(await code(own.edit(2, "again", { if_rev: 1 }))).toBe(4007);
    ok(await own.edit(2, "again", { if_rev: 2 }));
    expect(await code(own.edit(2, "again", { if_rev: 0 }))).toBe(0);
    expect(await code(member.post("/msg/edit", { conversation_id: id, seq: 2, content: { image_url: "x" } }))).toBe(
      1001,
    );
    ok(await owner.post("/group/mute", { group_id: group.group_id, user_id: member.id, seconds: 60 }));
    expect(await code(own.edit(2, "muted"))).toBe(3009);
    clock.now += 1_000 * 172_801;
    expect(await code(own.edit(2, "late"))).toBe(4008);
    expect(await code(operating(owner, id).edit(3, "a notice"))).toBe(4009);
    ok(await operating(owner, id).recall(2));
    expect(await code(own.edit(2, "recalled"))).toBe(4007);
    ok(await owner.post("/group/dismiss", { group_id: group.group_id }));
    expect(await code(own.edit(2, "dismissed"))).toBe(3002);
    expect(await code(own.edit(9, "dismissed"))).toBe(4001);
  });

  test("a message is edited at most 20 times", async () => {
    const [alice, , chat] = await pair();
    const own = operating(alice, chat);
    for (let at = 0; at < 20; at++) ok(await own.edit(1, `edit ${at}`));
    expect((await own.edit(1, "one more")).code).toBe(4010);
    expect(codes(await own.recall(1))).toEqual([0]);
  });
});

describe("changes [OPS-2]", () => {
  test("[OPS-1] are found by rev, each message once and as it stands, in pages", async () => {
    const [alice, bob, chat] = await pair();
    for (let at = 0; at < 4; at++) await alice.text(bob, `more ${at}`);
    const own = operating(alice, chat);
    for (const [index, seq] of [3, 1, 2, 3].entries()) ok(await own.edit(seq, `edit ${index}`));
    const seen = operating(bob, chat);
    const all = await seen.changes(0);
    expect(all).toMatchObject({ rev: 4, has_more: false, reset: false, deleted: [] });
    expect(all.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    const page = await seen.changes(0, { limit: 2 });
    expect(page).toMatchObject({ rev: 3, has_more: true });
    expect((await seen.changes(page.rev)).messages.map(({ seq }) => seq)).toEqual([3]);
    expect((await seen.changes(0, { from_seq: 2 })).messages.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await seen.changes(4)).toMatchObject({ messages: [], rev: 4 });
    const socket = await bob.roomSocket(chat);
    const over = await socket.request<Changes>(1011, { conversation_id: chat, since_rev: 0 });
    expect(over.data).toEqual(all);
  });

  test("[VIS-1] outsiders learn nothing, and a chat without messages has none", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const chat = alice.chatWith(bob);
    expect(await operating(alice, chat).changes(0)).toMatchObject({ messages: [], rev: 0 });
    const query = { conversation_id: chat, since_rev: 0 };
    expect((await carol.get("/msg/changes", query)).code).toBe(1007);
    await alice.text(bob);
    expect((await carol.get("/msg/changes", query)).code).toBe(1007);
  });
});
