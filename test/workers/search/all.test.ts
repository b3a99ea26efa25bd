import { evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { User } from "../../../src/protocol/account-model.ts";
import type { GroupMember } from "../../../src/protocol/group-model.ts";
import type { Found, FoundIn } from "../../../src/protocol/model.ts";
import { type Answer, ok } from "../../helpers/workers/api.ts";
import { inside, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const search = (who: Person, q: string, cursor?: string) => who.get<FoundIn[]>("/search", { q, cursor });
const hits = async (answer: Promise<Answer<FoundIn[]>>) =>
  ok(await answer).map(({ conversation_id, messages }) => [conversation_id, messages.map(({ seq }) => seq)]);

describe("search over all conversations [SEARCH-3]", () => {
  settings({ NEW_GROUPS_PER_DAY: 1_000, REQUEST_BURST: 100_000, SEND_BURST: 100_000 });

  test("the newest conversation first, at most 3 messages of each, and only what the user sees", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const left = await makeGroup(alice, bob);
    await alice.text(left, "苹果 before");
    ok(await bob.post("/group/quit", { group_id: left.group_id }));
    await alice.text(left, "苹果 after");
    const foreign = await makeGroup(alice, carol);
    await alice.text(foreign, "苹果 elsewhere");
    for (let at = 1; at <= 5; at++) await alice.text(bob, `苹果 ${at}`);
    const group = await makeGroup(alice, bob);
    await alice.text(group, "pears only");
    await carol.text(bob, "ＡＰＰＬＥ and 苹果");
    ok(await bob.post("/msg/delete", { conversation_id: alice.chatWith(bob), seqs: [5] }));
    expect(await hits(search(bob, "苹果"))).toEqual([
      [carol.chatWith(bob), [1]],
      [alice.chatWith(bob), [4, 3, 2]],
      [left.conversation_id, [1]],
    ]);
    expect(await hits(search(bob, "apple"))).toEqual([[carol.chatWith(bob), [1]]]);
    expect(await hits(search(bob, "nothing at all"))).toEqual([]);
    // More of one conversation by a search in it.
    const [, chat] = ok(await search(bob, "苹果"));
    const query = { conversation_id: alice.chatWith(bob), q: "苹果", cursor: chat?.next ?? "" };
    expect(ok(await bob.get<Found>("/msg/search", query)).messages.map(({ seq }) => seq)).toEqual([1]);
  });

  test("every conversation comes once over the pages, and a deleted one does not", async () => {
    const [alice] = await people("alice");
    const groups: string[] = [];
    for (let at = 0; at < 45; at++) {
      const group = await makeGroup(alice);
      await alice.text(group, `fish ${at}`);
      groups.push(group.conversation_id);
    }
    ok(await alice.post("/conversation/delete", { conversation_id: groups[7] }));
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await search(alice, "fish", cursor);
      found.push(...ok(page).map(({ conversation_id }) => conversation_id));
      cursor = page.meta?.next_cursor;
      pages++;
    } while (cursor);
    expect(found).toEqual(groups.filter((_, at) => at !== 7).toReversed());
    expect(pages).toBeGreaterThan(2);
  });

  test("a long history is looked at in part, and the answer says where to go on", async () => {
    const [alice, bob, chat] = await pair();
    await inside(roomOf(chat), (_, { storage }) => {
      for (let seq = 2; seq <= 2_500; seq++) {
        const text = JSON.stringify({ text: seq === 100 ? "needle" : "hay" });
        const query =
          "INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable) VALUES (?, ?, ?, ?, 1, ?, ?, ?)";
        storage.sql.exec(query, seq, seq, alice.id, `f${seq}`, text, seq, seq);
      }
    });
    await evictAllDurableObjects();
    await alice.text(bob, "hay");
    const [item] = ok(await search(bob, "needle"));
    expect(item).toMatchObject({ conversation_id: chat, messages: [] });
    const rest = { conversation_id: chat, q: "needle", cursor: item?.next ?? "" };
    expect(ok(await bob.get<Found>("/msg/search", rest)).messages.map(({ seq }) => seq)).toEqual([100]);
  });

  test("bad words and cursors are refused, and outsiders of the account too", async () => {
    const [alice] = await people("alice");
    for (const q of ["", " ", "x".repeat(201), "\u0000"]) expect((await search(alice, q)).code, q).toBe(1001);
    for (const cursor of ["x", "1.", "1.si_a", "1.si_b:a"]) expect((await search(alice, "a", cursor)).code).toBe(1001);
    await alice.on(5);
    expect((await search(alice, "a")).code).toBe(2001);
  });
});

describe("members and users [SEARCH-4]", () => {
  test("members are found by name, name in the group and id, in pages, as the list allows", async () => {
    const [owner, ann, annika, ben, outsider] = await people("owner", "Ann", "Annika", "Ben", "outsider");
    const group = await makeGroup(owner, ann, annika, ben);
    const { group_id } = group;
    ok(await ben.put("/group/nickname", { group_id, group_nickname: "ＡＮＮ's brother" }));
    const found = async (q: string, more = {}) =>
      ok(await owner.get<GroupMember[]>("/group/members", { group_id, q, ...more })).map(({ user_id }) => user_id);
    expect((await found("ann")).sort()).toEqual([ann.id, annika.id, ben.id].sort());
    expect(await found("ann brother")).toEqual([ben.id]);
    expect(await found(annika.id.toUpperCase())).toEqual([annika.id]);
    expect(await found("zoe")).toEqual([]);
    const first = await owner.get<GroupMember[]>("/group/members", { group_id, q: "ann", limit: 2 });
    const rest = await found("ann", { cursor: first.meta?.next_cursor });
    expect([...ok(first).map(({ user_id }) => user_id), ...rest].sort()).toEqual([ann.id, annika.id, ben.id].sort());
    expect((await outsider.get("/group/members", { group_id, q: "ann" })).code).toBe(3003);
    ok(await owner.put("/group/update", { group_id, members_may_see_members: false }));
    expect((await ben.get("/group/members", { group_id, q: "ann" })).code).toBe(3015);
  });

  test("a user is found only while findable, by the beginning of the name or the whole id", async () => {
    const [alice, bob] = await people("alice", "bob");
    const name = `Ｚed${alice.id}`;
    ok(await alice.put("/user/update", { nickname: name }));
    const found = async (q: string) => ok(await bob.get<User[]>("/user/search", { q })).map(({ user_id }) => user_id);
    expect(await found(name)).toEqual([]);
    expect(await found(alice.id)).toEqual([]);
    ok(await alice.put("/user/privacy", { findable: true }));
    expect(await found(`zED${alice.id.slice(0, 3)}`)).toContain(alice.id);
    expect(await found(alice.id)).toEqual([alice.id]);
    expect(await found(alice.id.slice(0, -1))).toEqual([]);
    expect(await found("%")).toEqual([]);
    const renamed = `钟${alice.id}`;
    ok(await alice.put("/user/update", { nickname: renamed }));
    expect(await found(`zed${alice.id}`)).toEqual([]);
    expect(await found(renamed)).toEqual([alice.id]);
    ok(await alice.put("/user/privacy", { findable: false }));
    expect([await found(renamed), await found(alice.id)]).toEqual([[], []]);
    ok(await alice.put("/user/update", { nickname: `again${alice.id}` }));
    expect(await found(`again${alice.id}`)).toEqual([]);
  });
});
