import { abortAllDurableObjects } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { exportPage } from "../../../src/features/exports/calls.ts";
import type { Export } from "../../../src/protocol/account-model.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { call, ok, urlOf } from "../../helpers/workers/api.ts";
import { aroundCall } from "../../helpers/workers/calls.ts";
import { erase, erased } from "../../helpers/workers/erasure.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { bucket, picture, storedFiles, upload } from "../../helpers/workers/files.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";

const HOUR = 3_600_000;
const clock = standingClock();

let isAway = false;
aroundCall("conversations", exportPage, (_, answer) => {
  if (isAway) throw new Error("a conversation that a test has made unreachable");
  return answer();
});

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

const request = async (who: Person) => ok(await who.post<Export>("/user/export"));

/** Rings the alarm until the export is ready. */
async function ready(who: Person): Promise<Export> {
  await request(who);
  return await eventually(async () => {
    await ring(inboxOf(who));
    const now = await request(who);
    expect(now.is_ready).toBe(true);
    return now;
  }, 60_000);
}

const fetchLink = (url: string) => exports.default.fetch(new Request(urlOf(new URL(url).pathname)));

async function linesOf({ url, size }: Export): Promise<Line[]> {
  const response = await fetchLink(url);
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
  expect(response.headers.get("Content-Disposition")).toContain("attachment");
  const text = await response.text();
  expect(new TextEncoder().encode(text).byteLength).toBe(size);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const of = (lines: readonly Line[], type: string) => lines.filter((line) => line.type === type);
const messagesOf = (lines: readonly Line[], conversationId?: string) =>
  of(lines, "message")
    .map(({ message }) => message as Message)
    .filter((message) => conversationId === undefined || message.conversation_id === conversationId);

test("[EXPORT-1] has what is kept of the user, and what they see: range, deleted for them, recalled, edited", async () => {
  const [zoe, ann, ben] = await people("zoe", "ann", "ben");
  const chat = zoe.chatWith(ann);
  const first = await zoe.text(ann, "first");
  const deleted = await ann.text(zoe, "deleted by zoe");
  const recalled = await ann.text(zoe, "recalled by ann");
  ok(await zoe.post("/msg/edit", { conversation_id: chat, seq: first.seq, content: { text: "edited" } }));
  ok(await zoe.post("/msg/delete", { conversation_id: chat, seqs: [deleted.seq] }));
  ok(await ann.post("/msg/recall", { conversation_id: chat, seqs: [recalled.seq] }));
  ok(await zoe.post("/msg/react", { conversation_id: chat, seq: first.seq, emoji: "👍", on: true }));
  const { url, media_id } = ok(await upload(zoe, chat));
  const sent = ok(await zoe.post<Message>("/msg/send", picture(ann, url)));
  // Exact digits, any script.
  ok(
    await zoe.post("/msg/send", {
      ...outgoing(ann, ""),
      msg_type: 100,
      content: { custom_type: "北京", custom_data: 0.1 },
    }),
  );
  const group = await makeGroup(ann, ben);
  await ann.text(group, "before zoe");
  ok(await ann.post("/group/invite", { group_id: group.group_id, user_ids: [zoe.id] }));
  await ann.text(group, "for zoe");
  ok(await zoe.post("/group/quit", { group_id: group.group_id }));
  await ann.text(group, "after zoe");
  const others = await makeGroup(ann, ben);
  await ann.text(others, "not for zoe");
  ok(await zoe.post("/user/block", { user_id: ben.id }));
  ok(await zoe.post("/user/report", { user_id: ben.id, reason: "spam", text: "all day" }));

  const lines = await linesOf(await ready(zoe));
  expect(lines[0]).toMatchObject({ type: "export", version: 1, user_id: zoe.id });
  expect(lines.at(-1)).toEqual({ type: "end" });
  expect(of(lines, "profile")).toMatchObject([{ user: { user_id: zoe.id, nickname: "zoe" } }]);
  expect(of(lines, "block")).toMatchObject([{ block: { user_id: ben.id } }]);
  expect(of(lines, "report")).toMatchObject([{ report: { user_id: ben.id, text: "all day" } }]);
  for (const type of ["privacy", "settings", "session"]) expect(of(lines, type)).toHaveLength(1);
  const text = JSON.stringify(lines);
  for (const secret of ["scrypt", "token", "password"]) expect(text).not.toContain(secret);
  for (const unseen of [
    "deleted by zoe",
    "recalled by ann",
    "before zoe",
    "after zoe",
    "not for zoe",
    others.group_id,
  ]) {
    expect(text).not.toContain(unseen);
  }
  const seen = (await zoe.pull(chat)).messages;
  expect(messagesOf(lines, chat)).toEqual(seen);
  expect(messagesOf(lines, group.conversation_id)).toEqual((await zoe.pull(group.conversation_id)).messages);
  expect(of(lines, "message").find(({ my_reactions }) => my_reactions)).toMatchObject({ my_reactions: ["👍"] });
  expect(of(lines, "media")).toEqual([{ type: "media", media_id, conversation_id: chat, seq: sent.seq }]);
  expect(
    of(lines, "conversation")
      .map(({ conversation }) => (conversation as Message).conversation_id)
      .sort(),
  ).toEqual([chat, group.conversation_id].sort());
});

test("[EXPORT-1] [EXPORT-2] has 10,000 messages, each once and in order, though objects die between its parts", async () => {
  const [zoe, ann, chat] = await pair();
  // As a conversation that has grown; its messages come by the path of imports.
  const messages = Array.from({ length: 10_000 }, (_, at) => ({
    seq: at + 1,
    sender_id: at % 2 === 0 ? zoe.id : ann.id,
    client_msg_id: `m${at}`,
    msg_type: 1,
    content: { text: `message ${at} ${"·".repeat(200)}` },
    send_at: 1_700_000_000_000 + at,
  }));
  const [ben] = await people("ben");
  const long = zoe.chatWith(ben);
  const key = await makeKey("messages");
  for (let at = 0; at < messages.length; at += 1_000) {
    const part = messages.slice(at, at + 1_000).map((one) => ({
      ...one,
      sender_id: one.sender_id === ann.id ? ben.id : one.sender_id,
    }));
    ok(await key.post("/admin/messages/import", { conversation_id: long, messages: part }));
  }
  await eventually(async () => expect((await zoe.entry(long))?.max_seq).toBe(10_000));
  await request(zoe);
  for (let died = 0; died < 3; died++) {
    await abortAllDurableObjects();
    await ring(inboxOf(zoe));
  }
  const lines = await linesOf(await ready(zoe));
  expect(messagesOf(lines, long).map(({ seq }) => seq)).toEqual(messages.map(({ seq }) => seq));
  expect(messagesOf(lines, chat)).toHaveLength(1);
  expect(of(lines, "conversation")).toHaveLength(2);
  expect((await storedFiles()).filter((name) => name.startsWith("exports/")).length).toBeGreaterThan(1);
}, 120_000);

test("[EXPORT-2] is made once a day: a repeat tells of the same one, and when it expires its parts go", async () => {
  const [zoe] = await people("zoe");
  const asked = await request(zoe);
  expect(asked).toMatchObject({ is_ready: false, url: "", url_expires_at: 0 });
  const first = await ready(zoe);
  expect(first.export_id).toBe(asked.export_id);
  clock.now += 20 * HOUR;
  expect((await request(zoe)).export_id).toBe(asked.export_id);
  clock.now = asked.expires_at;
  expect(await alarmOf(inboxOf(zoe))).toBeLessThanOrEqual(asked.expires_at);
  await ring(inboxOf(zoe));
  expect((await storedFiles()).filter((name) => name.includes(asked.export_id))).toEqual([]);
  expect(await alarmOf(inboxOf(zoe))).toBeNull();
  expect((await request(zoe)).export_id).not.toBe(asked.export_id);
});

test("[EXPORT-2] waits for a conversation and for R2, and is whole then", async () => {
  const [zoe, , chat] = await pair();
  await request(zoe);
  const prototype: R2Bucket = Object.getPrototypeOf(bucket());
  const failing = vi.spyOn(prototype, "put").mockRejectedValueOnce(new Error("R2 is down"));
  await ring(inboxOf(zoe));
  failing.mockRestore();
  expect((await request(zoe)).is_ready).toBe(false);
  isAway = true;
  await ring(inboxOf(zoe));
  expect((await request(zoe)).is_ready).toBe(false);
  isAway = false;
  await ring(inboxOf(zoe));
  expect(messagesOf(await linesOf(await ready(zoe)), chat)).toHaveLength(1);
});

test("[EXPORT-3] a link is not to be guessed or altered, ends after an hour, and with the account", async () => {
  const [zoe, ann] = await people("zoe", "ann");
  const [mine, hers] = [await ready(zoe), await ready(ann)];
  const nothing = async (url: string) => {
    const response = await fetchLink(url);
    expect([response.status, ((await response.json()) as { code: number }).code]).toEqual([404, 1005]);
  };
  const [id = "", expiry = "", hash = ""] = new URL(mine.url).pathname.split("/").at(-1)?.split(".") ?? [];
  const base = mine.url.slice(0, mine.url.lastIndexOf("/") + 1);
  await nothing(`${base}${hers.export_id}.${expiry}.${hash}`);
  await nothing(`${base}${id}.${Number(expiry) + 1}.${hash}`);
  await nothing(`${base}${id}.${expiry}.${hash.slice(0, -1)}${hash.endsWith("A") ? "B" : "A"}`);
  await nothing(`${base}${id}.${expiry}`);
  await nothing(`${base}${id}`);
  await nothing(`${base}..%2F..%2F${id}`);
  expect(mine.url_expires_at).toBe(clock.now + HOUR);
  clock.now += HOUR + 1_000;
  await nothing(mine.url);
  const again = await request(zoe);
  expect(again.url).not.toBe(mine.url);
  expect((await linesOf(again))[0]).toMatchObject({ user_id: zoe.id });
  await erase(zoe);
  await eventually(async () => {
    await ring(inboxOf(zoe)).catch(() => undefined);
    await nothing(again.url);
  });
  clock.now += HOUR;
  await erased(zoe);
  expect((await storedFiles()).filter((name) => name.includes(mine.export_id))).toEqual([]);
  expect((await zoe.post("/user/export")).code).toBe(2001);
  expect((await call("POST", "/user/export")).code).toBe(2003);
});

test("[EXPORT-3] downloads of one export have a rate, and hold up no other", async () => {
  const [zoe, ann] = await people("zoe", "ann");
  const [mine, hers] = [await ready(zoe), await ready(ann)];
  const statuses: number[] = [];
  // Twice the rate: a new minute may begin in between.
  for (let turn = 0; turn < 62 && statuses.at(-1) !== 429; turn++) {
    const response = await fetchLink(mine.url);
    await response.arrayBuffer();
    statuses.push(response.status);
    if (response.status === 429) expect(response.headers.get("Retry-After")).toBe("60");
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
  expect((await linesOf(hers))[0]).toMatchObject({ user_id: ann.id });
});

test("[KEY-2] the backend exports with the scope export, and 1005 says that there is no R2", async () => {
  const [zoe] = await people("zoe");
  const [key, other] = [await makeKey("export"), await makeKey("users")];
  const path = `/admin/users/${zoe.id}/export`;
  expect((await other.post(path)).code).toBe(1004);
  expect((await key.post("/admin/users/nobody/export")).code).toBe(2006);
  const { export_id } = ok(await key.post<Export>(path));
  await ring(inboxOf(zoe));
  const done = ok(await key.post<Export>(path));
  expect(done).toMatchObject({ export_id, is_ready: true });
  expect((await linesOf(done))[0]).toMatchObject({ user_id: zoe.id });
  const { MEDIA } = env;
  Object.assign(env, { MEDIA: undefined });
  try {
    expect((await zoe.post("/user/export")).code).toBe(1005);
    expect((await key.post(path)).code).toBe(1005);
    expect((await fetchLink(done.url)).status).toBe(404);
  } finally {
    Object.assign(env, { MEDIA });
  }
});
