import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { searchMessages } from "../../../src/features/search/calls.ts";
import type { Found, Message } from "../../../src/protocol/model.ts";
import { type Answer, ok } from "../../helpers/workers/api.ts";
import { inside, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";

const search = (who: Person, chat: string, q: string, more: Record<string, string | number> = {}) =>
  who.get<Found>("/msg/search", { conversation_id: chat, q, ...more });
const seqs = async (answer: Promise<Answer<Found>>) => ok(await answer).messages.map(({ seq }) => seq);

/** Stores many messages at once, as a long history has them. */
const fill = (chat: string, sender: Person, count: number, text: (at: number) => string) =>
  inside(roomOf(chat), (_, { storage }) => {
    const { sql } = storage;
    const newest = sql
      .exec<{ seq: number; id: number }>("SELECT max(seq) AS seq, max(server_msg_id) AS id FROM messages")
      .one();
    for (let at = 1; at <= count; at++) {
      sql.exec(
        "INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable) VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
        newest.seq + at,
        newest.id + at,
        sender.id,
        `filled-${at}`,
        JSON.stringify({ text: text(at) }),
        at,
        newest.seq + at,
      );
    }
  });

test("[SEARCH-1] finds words of any script, without case, width or form, every word and in any place", async () => {
  const [alice, bob, chat] = await pair();
  const texts = [
    "明天我们去北京大学",
    "きょうは東京タワーに行きます",
    "مرحبا بالعالم",
    "party 🎉 at noon",
    "ＦＵＬＬ width Ａ１",
    "ÉCOLE and cafe\u0301",
    "Straße",
  ];
  for (const text of texts) await alice.text(bob, text);
  const found = async (q: string) => (await seqs(search(bob, chat, q))).map((seq) => texts[seq - 2]);
  expect(await found("北京")).toEqual([texts[0]]);
  expect(await found("学")).toEqual([texts[0]]);
  expect(await found("東京")).toEqual([texts[1]]);
  expect(await found("بالعالم")).toEqual([texts[2]]);
  expect(await found("🎉")).toEqual([texts[3]]);
  expect(await found("noon PARTY")).toEqual([texts[3]]);
  expect(await found("full a1")).toEqual([texts[4]]);
  expect(await found("école CAFÉ")).toEqual([texts[5]]);
  expect(await found("party midnight")).toEqual([]);
  // Not in keys, and not in ids.
  expect(await found("text")).toEqual([]);
  expect(await found(alice.id)).toEqual([]);
});

test("[SEARCH-1] by sender, type and time, newest first, in pages", async () => {
  const [alice, bob, chat] = await pair();
  const sent: Message[] = [];
  for (const who of [alice, bob, alice, bob]) sent.push(await who.text(who === alice ? bob : alice, "same words"));
  expect(await seqs(search(alice, chat, "words"))).toEqual([5, 4, 3, 2]);
  expect(await seqs(search(alice, chat, "words", { sender_id: bob.id }))).toEqual([5, 3]);
  expect(await seqs(search(alice, chat, "words", { msg_type: 5 }))).toEqual([]);
  expect(await seqs(search(alice, chat, "words", { to: (sent[0]?.send_at ?? 1) - 1 }))).toEqual([]);
  const file = { file_url: "https://a.example/b", file_name: "Report 報告.pdf" };
  const body = { client_msg_id: "f", recv_id: bob.id, session_type: 1, msg_type: 5, content: file };
  ok(await alice.post("/msg/send", body));
  expect(await seqs(search(bob, chat, "報告", { msg_type: 5 }))).toEqual([6]);
  const seen: number[] = [];
  for (let cursor = ""; ; ) {
    const page = ok(await search(alice, chat, "words", { limit: 1, cursor }));
    seen.push(...page.messages.map(({ seq }) => seq));
    cursor = page.next;
    if (cursor === "") break;
  }
  expect(seen).toEqual([5, 4, 3, 2]);
});

test("[SEARCH-2] a user finds what they see, and nothing else: range, leaving, clearing, outsiders", async () => {
  const [owner, bob, carol] = await people("owner", "bob", "carol");
  const group = await makeGroup(owner, bob);
  const { group_id, conversation_id: chat } = group;
  await owner.text(group, "secret one");
  ok(await carol.post("/group/join", { group_id }));
  await owner.text(group, "secret two");
  ok(await bob.post("/group/quit", { group_id }));
  await owner.text(group, "secret three");
  expect(await seqs(search(owner, chat, "secret"))).toEqual([5, 3, 1]);
  expect(await seqs(search(carol, chat, "secret"))).toEqual([5, 3]);
  expect(await seqs(search(bob, chat, "secret"))).toEqual([3, 1]);
  expect(await seqs(search(bob, chat, "secret", { cursor: 5 }))).toEqual([3, 1]);
  ok(await carol.post("/conversation/clear", { conversation_id: chat }));
  expect(await seqs(search(carol, chat, "secret"))).toEqual([]);
  const [outsider] = await people("outsider");
  expect((await search(outsider, chat, "secret")).code).toBe(1007);
  expect((await search(outsider, "sg_nowhere", "secret")).code).toBe(1007);
  expect(ok(await search(outsider, outsider.chatWith(bob), "x"))).toEqual({ messages: [], searched_to: 0, next: "" });
  for (const q of ["", "   ", "x".repeat(201)]) expect((await search(owner, chat, q)).code).toBe(1001);
  expect((await search(owner, chat, "x", { cursor: "abc" })).code).toBe(1001);
});

test("[SEARCH-2] recalled and own deleted messages are not found, edited ones by their newest content", async () => {
  const [alice, bob, chat] = await pair();
  for (const text of ["apple one", "apple two", "apple three"]) await alice.text(bob, text);
  const conversation_id = chat;
  ok(await alice.post("/msg/recall", { conversation_id, seqs: [2] }));
  ok(await bob.post("/msg/delete", { conversation_id, seqs: [3] }));
  ok(await alice.post("/msg/edit", { conversation_id, seq: 4, content: { text: "pear" } }));
  expect(await seqs(search(alice, chat, "apple"))).toEqual([3]);
  expect(await seqs(search(bob, chat, "apple"))).toEqual([]);
  expect(await seqs(search(bob, chat, "pear"))).toEqual([4]);
});

test("[SEARCH-1] a long history is searched in pages of 10,000 messages, while others send", async () => {
  const [alice, bob, chat] = await pair();
  await fill(chat, alice, 25_000, (at) => (at === 5 ? "the 針 in it" : `straw ${at} 干し草`));
  // The object reads its newest message again.
  await evictAllDurableObjects();
  const first = search(bob, chat, "針");
  const sent = await alice.text(bob, "meanwhile");
  expect(sent.seq).toBe(25_002);
  const page = ok(await first);
  expect(page).toMatchObject({ messages: [], next: expect.stringMatching(/^\d+$/) });
  expect(page.searched_to).toBe(Number(page.next) + 1);
  const pages = [page];
  while (pages.at(-1)?.next) pages.push(ok(await search(bob, chat, "針", { cursor: pages.at(-1)?.next ?? "" })));
  expect(pages.length).toBe(3);
  expect(pages.at(-1)?.messages.map(({ seq }) => seq)).toEqual([6]);
});

test("[SEARCH-1] a page ends after three seconds, and the next one goes on from there", async () => {
  const [alice, bob, chat] = await pair();
  await fill(chat, alice, 3_000, (at) => (at === 5 ? "the 針 in it" : "straw"));
  await evictAllDurableObjects();
  const { now } = Date;
  let passed = 0;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + passed);
  const busy = vi.spyOn(scheduler, "wait").mockImplementation(async () => {
    passed += 1_000;
  });
  try {
    const page = ok(await search(bob, chat, "針"));
    expect(page).toEqual({ messages: [], searched_to: 2_252, next: "2251" });
    const pages = [page];
    while (pages.at(-1)?.next) pages.push(ok(await search(bob, chat, "針", { cursor: pages.at(-1)?.next ?? "" })));
    expect(pages.flatMap(({ messages }) => messages.map(({ seq }) => seq))).toEqual([6]);
  } finally {
    clock.mockRestore();
    busy.mockRestore();
  }
});

test("[SEARCH-1] sends get their turn among texts that are as long, and as hard to compare, as they can be", async () => {
  const [alice, bob, chat] = await pair();
  // One character becomes 18, and marks that are put in order.
  const hostile = ["ﷺ".repeat(10_800), `a${"\u0301\u0316".repeat(7_900)}`, "\uff9e\u0301\u0316".repeat(4_000)];
  await fill(chat, alice, 240, (at) => `${hostile[at % 3]}${at === 5 ? " 針" : ""}`);
  await evictAllDurableObjects();
  const turns = vi.spyOn(scheduler, "wait");
  const pages = [ok(await search(bob, chat, "針"))];
  while (pages.at(-1)?.next) pages.push(ok(await search(bob, chat, "針", { cursor: pages.at(-1)?.next ?? "" })));
  expect(pages.flatMap(({ messages }) => messages.map(({ seq }) => seq))).toEqual([6]);
  expect(turns.mock.calls.length).toBeGreaterThan(8);
  turns.mockRestore();
});

test("[SEARCH-1] the request budget bounds searches", async () => {
  const [, bob, chat] = await pair();
  const all = await Promise.all(Array.from({ length: 30 }, () => search(bob, chat, "x")));
  const refused = all.filter(({ code }) => code === 1006);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  for (const { headers } of refused) expect(Number(headers.get("Retry-After"))).toBeGreaterThan(0);
});

test("[MEM-1] a user who searches without end does not keep others from searching there", async () => {
  const [alice, bob, chat] = await pair();
  await fill(chat, alice, 1_000, (at) => `message ${at}`);
  const begin = ({ id }: Person) =>
    roomOf(chat).call(searchMessages.name, { user_id: id, q: "fish", limit: 20 }) as Promise<{ readonly ok: boolean }>;
  const flood = Array.from({ length: 12 }, () => begin(alice));
  const found = await begin(bob);
  const accepted = (await Promise.all(flood)).filter(({ ok }) => ok);
  expect(found).toMatchObject({ ok: true });
  expect(accepted.length).toBeGreaterThan(0);
  expect(accepted.length).toBeLessThan(12);
  // What ended makes room again.
  expect((await search(alice, chat, "fish")).code).toBe(0);
});
