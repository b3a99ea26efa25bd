import { abortAllDurableObjects } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Export } from "../../../src/protocol/account-model.ts";
import type { Conversation, Message } from "../../../src/protocol/model.ts";
import { ok, urlOf } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { type Person, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const BOUND = 200_000;
/** A page of 200 of the messages below may come on top. */
const PAGE = 300_000;
settings({ EXPORT_BYTES: BOUND });
const clock = standingClock();

interface Line {
  readonly type: string;
  readonly next?: string;
  readonly message?: Message;
  readonly conversation?: Conversation;
}

const ask = async (who: Person, after?: string) =>
  ok(await who.post<Export>("/user/export", after === undefined ? {} : { after }));

/** The lines of an export that goes on at a place; objects die before each of its parts. */
async function exported(who: Person, after?: string): Promise<Export & { lines: Line[] }> {
  await ask(who, after);
  const made = await eventually(async () => {
    await abortAllDurableObjects();
    await ring(inboxOf(who));
    const now = await ask(who);
    expect(now.is_ready).toBe(true);
    return now;
  }, 20_000);
  const response = await exports.default.fetch(new Request(urlOf(new URL(made.url).pathname)));
  const text = await response.text();
  expect(new TextEncoder().encode(text).byteLength).toBe(made.size);
  const lines = text.trimEnd().split("\n");
  return { ...made, lines: lines.map((line) => JSON.parse(line)) };
}

/** Gives a user two chats of some messages each, as imports of histories do. */
async function histories(who: Person, peers: readonly Person[], count: number): Promise<void> {
  const key = await makeKey("messages");
  for (const peer of peers) {
    const messages = Array.from({ length: count }, (_, at) => ({
      seq: at + 1,
      sender_id: at % 2 === 0 ? who.id : peer.id,
      client_msg_id: `m${at}`,
      msg_type: 1,
      content: { text: `message ${at} ${"·".repeat(400)}` },
      send_at: 1_700_000_000_000 + at,
    }));
    ok(await key.post("/admin/messages/import", { conversation_id: who.chatWith(peer), messages }));
  }
  await eventually(async () => expect(await who.list()).toHaveLength(peers.length));
}

test("[MEM-1] [EXPORT-2] one export has a bound of bytes, and others, each a day later, go on to the end", async () => {
  const [zoe, ann, ben] = await people("zoe", "ann", "ben");
  await histories(zoe, [ann, ben], 600);
  const seen = new Map<string, number[]>();
  let rounds = 0;
  for (let after: string | undefined, next = ""; rounds === 0 || next !== ""; after = next) {
    rounds++;
    const made = await exported(zoe, after);
    next = made.next;
    expect(made.size).toBeLessThan(BOUND + PAGE);
    expect(made.lines[0]).toMatchObject({ type: "export", user_id: zoe.id });
    expect(made.lines.at(-1)).toEqual(next === "" ? { type: "end" } : { type: "end", next });
    let told = "";
    for (const { conversation, message } of made.lines) {
      if (conversation) told = conversation.conversation_id;
      if (!message) continue;
      // Also where it goes on in the middle of a conversation.
      expect(message.conversation_id).toBe(told);
      seen.set(told, [...(seen.get(told) ?? []), message.seq]);
    }
    // Until it expires, a repeat tells of the same one, whatever it names.
    expect((await ask(zoe, "0.sg_zz")).export_id).toBe(made.export_id);
    clock.now = made.expires_at;
    await ring(inboxOf(zoe));
  }
  expect(rounds).toBeGreaterThan(2);
  const all = Array.from({ length: 600 }, (_, at) => at + 1);
  expect([...seen.values()]).toEqual([all, all]);
});

test("[EXPORT-1] a place is no way to what others see, and one that no export gave is refused", async () => {
  const [zoe, ann, ben] = await people("zoe", "ann", "ben");
  await histories(ann, [ben], 3);
  await zoe.text(ann, "hello");
  const key = await makeKey("export");
  for (const after of [
    "x",
    "1",
    "-1.sg_x",
    "1.",
    "1.si_b:a",
    "1.sg_",
    `${"9".repeat(16)}.sg_x`,
    "1.sg_x\n",
    "\ud800.sg_x",
  ]) {
    expect((await zoe.post("/user/export", { after })).code, after).toBe(1001);
    expect((await key.post(`/admin/users/${zoe.id}/export`, { after })).code, after).toBe(1001);
  }
  expect((await zoe.post("/user/export", { after: 5 })).code).toBe(1001);
  const { lines, next } = await exported(zoe, `1.${ann.chatWith(ben)}`);
  expect(next).toBe("");
  expect(JSON.stringify(lines)).not.toContain("message 1");
});
