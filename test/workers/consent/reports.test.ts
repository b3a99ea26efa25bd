import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";

type Row = { report_id: string; user_id: string; seq: number; reason: string; text: string; context: string };

const report = (who: Person, body: Record<string, unknown>) =>
  who.post<{ report_id: string }>("/user/report", { reason: "spam", ...body });
const stored = async (reporter: Person) =>
  (await env.DB.prepare("SELECT * FROM reports WHERE reporter_id = ?").bind(reporter.id).all<Row>()).results;

test("[REPORT-1] a report of a message keeps it and what the reporter saw around it, and nothing else", async () => {
  const [owner, bob, carol] = await people("owner", "bob", "carol");
  const group = await makeGroup(owner, bob);
  for (let n = 1; n <= 3; n++) await owner.text(group, `before ${n}`);
  ok(await carol.post("/group/join", { group_id: group.group_id }));
  await bob.text(group, "insult");
  await owner.text(group, "after");
  const about = { conversation_id: group.conversation_id, seq: 5 };
  const { report_id } = ok(await report(carol, { ...about, reason: "abuse", text: "he did it" }));
  const [row] = await stored(carol);
  expect(row).toMatchObject({ report_id, user_id: bob.id, seq: 5, reason: "abuse", text: "he did it" });
  const context: { seq: number; content: unknown }[] = JSON.parse(row?.context ?? "");
  expect(context.map(({ seq }) => seq)).toEqual([4, 5, 6]);
  expect(context[1]?.content).toEqual({ text: "insult" });
  // A repeat replaces the text, and is the same report.
  expect(ok(await report(carol, { ...about, text: "more" })).report_id).toBe(report_id);
  expect((await stored(carol)).map(({ text }) => text)).toEqual(["more"]);
});

test("[REPORT-1] outsiders report nothing of a conversation, and nobody a message that they do not see", async () => {
  const [alice, bob, chat] = await pair();
  const [carol] = await people("carol");
  expect((await report(carol, { conversation_id: chat, seq: 1 })).code).toBe(1007);
  expect((await report(carol, { conversation_id: "sg_nowhere", seq: 1 })).code).toBe(1007);
  expect((await report(bob, { conversation_id: chat, seq: 2 })).code).toBe(4001);
  expect((await report(bob, { conversation_id: alice.chatWith(carol), seq: 1 })).code).toBe(1007);
  expect((await report(bob, { user_id: "nobody" })).code).toBe(2006);
  ok(await report(bob, { user_id: alice.id }));
  expect(await stored(bob)).toMatchObject([{ user_id: alice.id, seq: 0, context: "[]" }]);
});

test("a report names a user, or a message; its fields are checked, and reports a day are limited", async () => {
  const [alice, bob, chat] = await pair();
  for (const wrong of [
    {},
    { conversation_id: chat },
    { seq: 1 },
    { user_id: bob.id, seq: 1 },
    { user_id: bob.id, reason: "dull" },
  ]) {
    expect((await report(alice, wrong)).code, JSON.stringify(wrong)).toBe(1001);
  }
  expect((await report(alice, { user_id: bob.id, text: "x".repeat(1_001) })).code).toBe(1001);
  for (let n = 0; n < 30; n++) ok(await report(alice, { user_id: bob.id }));
  expect((await report(alice, { user_id: bob.id })).code).toBe(1006);
});

test("long messages around a reported one are left out, the nearest are kept", async () => {
  const [alice, bob, chat] = await pair();
  for (let n = 0; n < 5; n++) await alice.text(bob, "x".repeat(30_000));
  ok(await report(bob, { conversation_id: chat, seq: 4 }));
  const context: { seq: number }[] = JSON.parse((await stored(bob))[0]?.context ?? "");
  expect(context.map(({ seq }) => seq)).toEqual([1, 3, 4]);
});
