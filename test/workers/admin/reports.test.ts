import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { pair } from "../../helpers/workers/people.ts";

interface Report {
  report_id: string;
  reporter_id: string;
  user_id: string;
  seq: number;
  state: string;
  messages: { seq: number }[];
  created_at: number;
}

test("[KEY-2] moderators see what was reported and around it, and record what they made of it", async () => {
  const key = await makeKey("audit");
  const [alice, bob, chat] = await pair();
  const { seq } = await bob.text(alice, "rude words");
  const body = { conversation_id: chat, seq, reason: "abuse", text: "he shouts" };
  const { report_id } = ok(await alice.post<{ report_id: string }>("/user/report", body));
  const [report] = ok(await key.get<Report[]>("/admin/reports", { state: "open" }));
  expect(report).toMatchObject({ report_id, reporter_id: alice.id, user_id: bob.id, seq, state: "open" });
  expect(report?.messages.map((message) => message.seq)).toContain(seq);
  expect(ok(await key.put<Report>(`/admin/reports/${report_id}`, { state: "dismissed" })).state).toBe("dismissed");
  expect(ok(await key.get<Report[]>("/admin/reports", { state: "open" }))).toEqual([]);
  expect(ok(await key.get<Report[]>("/admin/reports", { before: report?.created_at }))).toEqual([]);
  expect((await key.put("/admin/reports/nowhere", { state: "dismissed" })).code).toBe(1005);
  expect((await key.put(`/admin/reports/${report_id}`, { state: "No!" })).code).toBe(1001);
  expect((await alice.get("/admin/reports")).code).toBe(2001);
});
