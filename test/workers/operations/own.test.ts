import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { type Changed, codes, expectRecalled, operating } from "../../helpers/workers/operations.ts";
import { makeGroup, outgoing, pair, people } from "../../helpers/workers/people.ts";

describe("delete for me [OPS-5]", () => {
  test("takes a message from the caller's pull, list, unread count and other devices, and from nobody else's", async () => {
    const [alice, bob, chat] = await pair();
    await alice.text(bob, "two");
    await alice.text(bob, "three");
    await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ unread_count: 3 }));
    const [room, socket, hers] = [await bob.roomSocket(chat), await bob.socket(), await alice.roomSocket(chat)];
    const own = operating(bob, chat);
    expect(codes(await own.remove(3, 9))).toEqual([0, 4001]);
    expect(codes(await own.remove(3))).toEqual([0]);
    expect(await bob.pull(chat)).toMatchObject({ messages: [{ seq: 1 }, { seq: 2 }], deleted: [3], max_seq: 3 });
    expect(await bob.readState(chat)).toMatchObject({ unread_count: 2, max_seq: 3 });
    expect(await bob.entry(chat)).toMatchObject({ unread_count: 2, last_message: { seq: 2 } });
    for (const push of [await room.push<Changed>(2008), await socket.push<Changed>(2008)]) {
      expect(push).toMatchObject({ deleted: [3], messages: [] });
    }
    expect(await own.changes(0)).toMatchObject({ messages: [], deleted: [3], rev: 1 });
    expect(await alice.pull(chat)).toMatchObject({ messages: [{}, {}, { content: { text: "three" } }], deleted: [] });
    expect(await operating(alice, chat).changes(0)).toMatchObject({ messages: [], deleted: [] });
    expect(hers.log.filter(({ req_identifier }) => req_identifier === 2008)).toEqual([]);
  });

  test("a push of one deletion does not claim to bring an earlier one, which may be lost with its socket", async () => {
    const [alice, bob, chat] = await pair();
    for (const text of ["two", "three"]) await alice.text(bob, text);
    const own = operating(bob, chat);
    ok(await own.remove(1));
    const room = await bob.roomSocket(chat);
    ok(await own.remove(3, 2));
    expect(await room.push<Changed>(2008)).toMatchObject({ since_rev: 1, rev: 3, deleted: [3, 2] });
    ok(await operating(alice, chat).react(1, "👍"));
    const { since_rev, rev, deleted } = await room.push<Changed>(2008);
    expect({ rev, isWhole: since_rev >= 3 || deleted.length === 3 }).toEqual({ rev: 4, isWhole: true });
  });

  test("[UNREAD-1] what is both deleted and recalled is subtracted once", async () => {
    const [alice, bob, chat] = await pair();
    await alice.text(bob, "two");
    ok(await operating(bob, chat).remove(2));
    ok(await operating(alice, chat).recall(2));
    expect((await bob.readState(chat)).unread_count).toBe(1);
  });

  test("[VIS-4] outsiders get 1007", async () => {
    const [, , chat] = await pair();
    const [carol] = await people("carol");
    expect((await operating(carol, chat).remove(1)).code).toBe(1007);
  });

  test("an operation on a message that the caller deleted finds none", async () => {
    const [alice, bob, chat] = await pair();
    const own = operating(bob, chat);
    ok(await own.remove(1));
    expect((await own.react(1, "👍")).code).toBe(4001);
    ok(await operating(alice, chat).edit(1, "edited"));
    expect(await own.changes(0)).toMatchObject({ messages: [], deleted: [1] });
  });
});

describe("reactions [OPS-8]", () => {
  test("are counted in the message; who gave them is listed; one's own comes beside it", async () => {
    const [alice, bob, chat] = await pair();
    const [his, hers] = [operating(bob, chat), operating(alice, chat)];
    ok(await his.react(1, "👍"));
    ok(await hers.react(1, "👍"));
    const answer = ok(await his.react(1, "❤️"));
    expect(answer).toMatchObject({ rev: 3, mine: { 1: ["👍", "❤️"] } });
    const counts = [
      ["👍", 2],
      ["❤️", 1],
    ];
    expect(answer.message.amended?.reactions).toEqual(counts);
    expect(await alice.pull(chat)).toMatchObject({
      messages: [{ amended: { reactions: counts } }],
      mine: { 1: ["👍"] },
    });
    const listed = ok(await his.reactions(1)).map(({ user_id, emoji }) => [user_id, emoji]);
    expect(listed).toEqual([
      [alice.id, "👍"],
      [bob.id, "❤️"],
      [bob.id, "👍"],
    ]);
    expect(ok(await his.reactions(1, { emoji: "❤️" }))).toHaveLength(1);
    const first = await his.reactions(1, { limit: 2 });
    const next = String((first as { meta?: { next_cursor: string } }).meta?.next_cursor);
    expect(ok(await his.reactions(1, { limit: 2, cursor: next }))).toHaveLength(1);
    ok(await his.react(1, "👍", false));
    expect((await hers.message(1))?.amended?.reactions).toEqual([
      ["👍", 1],
      ["❤️", 1],
    ]);
    expect((await bob.pull(chat)).mine).toEqual({ 1: ["❤️"] });
    expect((await alice.entry(chat))?.last_message?.amended ?? null).toBeNull();
  });

  test("are pushed to the conversation's sockets, with mine to the user's own only", async () => {
    const [alice, bob, chat] = await pair();
    const [his, hers] = [await bob.roomSocket(chat), await alice.roomSocket(chat)];
    const data = { conversation_id: chat, seq: 1, emoji: "👍", on: true };
    const answer = await his.request(1015, data);
    expect(answer).toMatchObject({ err_code: 0, data: { mine: { 1: ["👍"] }, rev: 1 } });
    expect(await his.push<Changed>(2008)).toMatchObject({ since_rev: 0, rev: 1, mine: { 1: ["👍"] } });
    expect(await hers.push<Changed>(2008)).toMatchObject({ since_rev: 0, rev: 1, mine: {}, messages: [{ seq: 1 }] });
  });

  test("have bounds: 6 of one user, 20 kinds, 32 visible bytes; again is 0", async () => {
    const members = await people("owner", "a", "b", "c");
    const [owner, ...others] = members;
    const group = await makeGroup(owner, ...others);
    const id = group.conversation_id;
    await owner.text(group);
    const emoji = (at: number) => String.fromCodePoint(0x1f600 + at);
    let at = 0;
    for (const who of members.slice(0, 3))
      for (let own = 0; own < 6; own++) ok(await operating(who, id).react(1, emoji(at++)));
    expect((await operating(owner, id).react(1, emoji(30))).code).toBe(4010);
    expect((await operating(owner, id).react(1, emoji(0))).code).toBe(0);
    const [, , , last] = members;
    for (const one of [20, 21]) ok(await operating(last, id).react(1, emoji(one)));
    expect((await operating(last, id).react(1, emoji(22))).code).toBe(4010);
    expect((await operating(last, id).react(1, emoji(0))).code).toBe(0);
    expect((await operating(last, id).react(1, emoji(40), false)).code).toBe(0);
    for (const bad of ["", "x".repeat(33), "a\u0000", "\u202e👍", "\n", " ", "\u200b"]) {
      expect((await operating(last, id).react(1, bad)).code, JSON.stringify(bad)).toBe(1001);
    }
    expect((await operating(last, id).react(9, "👍")).code).toBe(4001);
  });
});

describe("pins", () => {
  test("in a group: owner and admins, with a notice that counts as a send; listed newest first", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    for (const text of ["one", "two"]) await owner.text(group, text);
    const [own, his] = [operating(owner, group.conversation_id), operating(member, group.conversation_id)];
    expect((await his.pin(1)).code).toBe(3007);
    ok(await own.pin(1));
    ok(await own.pin(2));
    ok(await own.pin(2));
    expect(await his.pins()).toEqual([2, 1]);
    const { messages } = await member.pull(group.conversation_id);
    expect(messages.slice(2)).toMatchObject([
      { msg_type: 1010, content: { operator_id: owner.id, user_ids: [], seq: 1 } },
      { msg_type: 1010, content: { operator_id: owner.id, user_ids: [], seq: 2 } },
    ]);
    expect(messages[0]).toMatchObject({ amended: { pinned_by: owner.id } });
    ok(await own.pin(1, false));
    expect(await his.pins()).toEqual([2]);
    expect((await his.message(1))?.amended?.pinned_at).toBe(0);
  });

  test("in a single chat: both, without a notice, and 50 at most", async () => {
    const [alice, bob, chat] = await pair();
    for (let at = 0; at < 50; at++) await alice.text(bob, `${at}`);
    for (let seq = 1; seq <= 25; seq++) ok(await operating(bob, chat).pin(seq));
    for (let seq = 26; seq <= 50; seq++) ok(await operating(alice, chat).pin(seq));
    expect((await operating(alice, chat).pin(51)).code).toBe(4010);
    expect((await alice.readState(chat)).max_seq).toBe(51);
    ok(await operating(alice, chat).recall(50));
    ok(await operating(alice, chat).pin(51));
  });
});

describe("mentions [OPS-7]", () => {
  test("count until read; active members only; everyone by owner and admins", async () => {
    const [owner, member, other, outsider] = await people("owner", "member", "other", "outsider");
    const group = await makeGroup(owner, member, other);
    const id = group.conversation_id;
    const say = (meta: Record<string, unknown>) => ({ ...outgoing(group, "hey"), meta });
    ok(await owner.post("/msg/send", say({ mentions: [member.id, outsider.id, member.id] })));
    ok(await owner.post("/msg/send", say({ mention_all: true })));
    expect((await member.post("/msg/send", say({ mention_all: true }))).code).toBe(3007);
    expect(await operating(owner, id).message(1)).toMatchObject({
      meta: { reply_to: 0, mentions: [member.id], mention_all: false, forwarded: null },
    });
    await eventually(async () => expect(await member.entry(id)).toMatchObject({ mention_count: 2, mention_seq: 1 }));
    await eventually(async () => expect(await other.entry(id)).toMatchObject({ mention_count: 1, mention_seq: 2 }));
    expect(ok(await operating(member, id).mentions()).map(({ seq }) => seq)).toEqual([2, 1]);
    const page = await operating(member, id).mentions({ limit: 1 });
    expect((page as { meta?: unknown }).meta).toEqual({ next_cursor: "2", has_more: true });
    expect(ok(await operating(member, id).mentions({ cursor: 2 })).map(({ seq }) => seq)).toEqual([1]);
    ok(await operating(owner, id).edit(1, "no more", { mentions: [other.id] }));
    await eventually(async () => expect(await member.entry(id)).toMatchObject({ mention_count: 1, mention_seq: 2 }));
    await eventually(async () => expect(await other.entry(id)).toMatchObject({ mention_count: 2, mention_seq: 1 }));
    ok(await operating(owner, id).recall(2));
    await eventually(async () => expect(await member.entry(id)).toMatchObject({ mention_count: 0, mention_seq: 0 }));
    ok(await other.read(id, 1));
    expect(await other.entry(id)).toMatchObject({ mention_count: 0, mention_seq: 0 });
  });
});

describe("replies and forwards", () => {
  test("a reply names a seq; quoted brings what the reader may see, and nothing recalled", async () => {
    const [alice, bob, chat] = await pair();
    ok(await bob.post("/msg/send", { ...outgoing(alice, "answer"), meta: { reply_to: 1 } }));
    const query = { begin_seq: 2, with: "quoted" };
    expect(await alice.pull(chat, query)).toMatchObject({
      messages: [{ seq: 2, meta: { reply_to: 1 } }],
      quoted: [{ seq: 1, content: { text: "first" } }],
    });
    ok(await operating(bob, chat).remove(1));
    expect((await bob.pull(chat, query)).quoted).toEqual([]);
    ok(await operating(alice, chat).recall(1));
    expectRecalled((await alice.pull(chat, query)).quoted?.[0], alice);
    expect((await alice.post("/msg/send", { ...outgoing(bob, "x"), meta: { reply_to: -1 } })).code).toBe(1001);
  });

  test("a forward is a new message that names author and time, not where it was; a repeat is one message", async () => {
    const [alice, bob, chat] = await pair();
    const [carol] = await people("carol");
    const body = { from_conversation_id: chat, seqs: [1], recv_id: carol.id, client_msg_ids: ["f1"] };
    const [sent] = ok(await bob.post<Record<string, unknown>[]>("/msg/forward", body));
    const { send_at } = (await operating(alice, chat).message(1)) ?? {};
    expect(sent).toMatchObject({
      sender_id: bob.id,
      content: { text: "first" },
      meta: { forwarded: { sender_id: alice.id, send_at }, mentions: [], reply_to: 0 },
    });
    expect(ok(await bob.post("/msg/forward", body))).toEqual([sent]);
    const again = { from_conversation_id: bob.chatWith(carol), seqs: [1], recv_id: alice.id, client_msg_ids: ["f2"] };
    expect(ok(await carol.post("/msg/forward", again))).toMatchObject([
      { meta: { forwarded: { sender_id: alice.id } } },
    ]);
    expect((await carol.post("/msg/forward", { ...body, recv_id: alice.id })).code).toBe(1007);
    ok(await operating(alice, chat).recall(1));
    expect((await bob.post("/msg/forward", { ...body, client_msg_ids: ["f3"] })).code).toBe(4001);
    for (const wrong of [{ seqs: [1, 1], client_msg_ids: ["a", "b"] }, { client_msg_ids: ["a", "b"] }]) {
      expect((await bob.post("/msg/forward", { ...body, ...wrong })).code).toBe(1001);
    }
  });
});

describe("who left [OPS-6]", () => {
  test("[VIS-5] sees contents as they stood then; a recall takes them; nothing shows how active the others are", async () => {
    const [owner, member, other] = await people("owner", "member", "other");
    const group = await makeGroup(owner, member, other);
    const id = group.conversation_id;
    for (const text of ["one", "two", "three"]) await owner.text(group, text);
    const [own, left] = [operating(owner, id), operating(member, id)];
    ok(await own.edit(1, "one, edited"));
    ok(await own.react(2, "👍"));
    const before = await left.changes(0);
    ok(await member.post("/group/quit", { group_id: group.group_id }));
    ok(await own.edit(1, "one, after"));
    ok(await own.edit(3, "three, after", { mentions: [other.id] }));
    ok(await own.react(3, "👍"));
    ok(await own.pin(2));
    const { messages, rev, mine } = await member.pull(id);
    expect(messages.map(({ content }) => content.text).slice(0, 3)).toEqual(["one, edited", "two", "three"]);
    expect(messages.map(({ meta }) => meta)).toEqual([null, null, null, null]);
    expect(messages.map(({ amended }) => amended?.rev ?? 0)).toEqual([1, 0, 0, 0]);
    expect([rev, mine]).toEqual([before.rev, {}]);
    expect((await member.readState(id)).rev).toBe(before.rev);
    expect(await left.changes(before.rev)).toMatchObject({ messages: [], rev: before.rev });
    expect(ok(await left.revisions(1))).toMatchObject([{ content: { text: "one" } }]);
    expect(ok(await left.reactions(2))).toEqual([]);
    expect(await left.pins()).toEqual([]);
    ok(await own.recall(3, 1));
    const after = await left.changes(before.rev);
    expect(after).toMatchObject({ rev: before.rev + 2, has_more: false });
    expect(after.messages.map(({ seq, amended }) => [seq, amended?.rev])).toEqual([
      [3, before.rev + 1],
      [1, before.rev + 2],
    ]);
    expectRecalled((await member.pull(id)).messages[0], owner);
    expect(JSON.stringify(await member.pull(id))).not.toMatch(/, edited|, after|three/);
    for (const answer of [left.edit(1, "x"), left.recall(1), left.react(1, "x"), left.pin(1)]) {
      expect((await answer).code).toBe(3003);
    }
    expect(codes(await left.remove(2, 9))).toEqual([0, 4001]);
    expect(await left.changes(before.rev + 2)).toMatchObject({ deleted: [2], rev: before.rev + 3 });
    expect(await member.pull(id)).toMatchObject({ deleted: [2], rev: before.rev + 3 });
  });

  test("[OPS-3] [UNREAD-1] a recall reaches their list long after they left, also when all objects die meanwhile", async () => {
    const [owner, member, reader] = await people("owner", "member", "reader");
    const { conversation_id: id, group_id } = await makeGroup(owner, member, reader);
    for (const text of ["one", "two", "secret"]) await owner.text({ group_id }, text);
    ok(await reader.read(id, 3));
    for (const who of [member, reader]) ok(await who.post("/group/quit", { group_id }));
    // Without the notice of their leaving, the list shows the message before it.
    ok(await operating(member, id).remove(4));
    await eventually(async () => {
      expect(await member.entry(id)).toMatchObject({ unread_count: 3, last_message: { content: { text: "secret" } } });
      await ring(roomOf(id));
      expect(await rows(roomOf(id), "SELECT user_id FROM behind")).toEqual([]);
    });
    const cursor = (await member.sync(0)).cursor;
    const untouched = (await reader.sync(0)).cursor;
    ok(await operating(owner, id).recall(1, 3));
    await abortAllDurableObjects();
    await eventually(async () => {
      await ring(roomOf(id));
      const entry = await member.entry(id);
      expect(entry).toMatchObject({ unread_count: 1 });
      expectRecalled(entry?.last_message ?? undefined, owner);
    });
    expect(await member.readState(id)).toMatchObject({ unread_count: 1 });
    expect((await member.sync(cursor)).conversations).toMatchObject([{ conversation_id: id, unread_count: 1 }]);
    // Their list showed none of the messages.
    expect((await reader.sync(0)).cursor).toBe(untouched);
    ok(await operating(owner, id).recall(2));
    await eventually(async () => expect(await member.entry(id)).toMatchObject({ unread_count: 0 }));
  });

  test("[VIS-5] the list shows contents as they stood then, too, if the notice of their leaving is deleted", async () => {
    const [owner, member] = await people("owner", "member");
    const { conversation_id: id, group_id } = await makeGroup(owner, member);
    const [own, left] = [operating(owner, id), operating(member, id)];
    for (const text of ["one", "two", "three"]) await owner.text({ group_id }, text);
    ok(await own.edit(2, "two, edited"));
    ok(await member.post("/group/quit", { group_id }));
    for (const seq of [1, 2, 3]) ok(await own.edit(seq, "after"));
    ok(await own.react(3, "👍"));
    ok(await own.pin(3));
    for (const [seq, text] of [
      [4, "three"],
      [3, "two, edited"],
      [2, "one"],
    ] as const) {
      ok(await left.remove(seq));
      await eventually(async () =>
        expect(await member.entry(id)).toMatchObject({ last_message: { content: { text } } }),
      );
      const { last_message } = (await member.entry(id)) ?? {};
      expect(last_message).toEqual((await member.pull(id)).messages.at(-1));
    }
    // The conversation woke, and the inbox is told everything again.
    await abortAllDurableObjects();
    ok(await own.recall(2));
    await ring(roomOf(id));
    expect(JSON.stringify(await member.entry(id))).not.toContain("after");
  });

  test("[VIS-2] who joins later sees and changes nothing from before", async () => {
    const [owner, late] = await people("owner", "late");
    const group = await makeGroup(owner);
    const id = group.conversation_id;
    await owner.text(group, "before");
    ok(await late.post("/group/join", { group_id: group.group_id }));
    ok(await operating(owner, id).edit(1, "edited"));
    const his = operating(late, id);
    expect((await his.changes(0)).messages).toEqual([]);
    for (const answer of [his.edit(1, "x"), his.react(1, "x"), his.revisions(1), his.reactions(1)]) {
      expect((await answer).code).toBe(4001);
    }
    expect(codes(await his.recall(1))).toEqual([4001]);
    expect(codes(await his.remove(1))).toEqual([4001]);
  });
});
