import { evictAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { Code } from "../../../src/protocol/codes.ts";
import { ok } from "../../helpers/workers/api.ts";
import { erase, erased } from "../../helpers/workers/erasure.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { bucket, picture, png, storedFiles, upload } from "../../helpers/workers/files.ts";
import { alarmOf, inboxOf, inside, ring, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";

const HOUR = 3_600_000;
const clock = standingClock();

const uploadsOf = (person: Person) => rows<{ media_id: string }>(inboxOf(person), "SELECT media_id FROM uploads");

/** An hour after the expiry of what was just uploaded. */
async function collect(person: Person): Promise<void> {
  clock.now += 25 * HOUR;
  await ring(inboxOf(person));
}

test("[MEDIA-2] an upload that no message names is deleted an hour after its expiry, and no other", async () => {
  const [alice, bob, chat] = await pair();
  const orphan = ok(await upload(alice, chat));
  const named = ok(await upload(alice, chat));
  ok(await alice.post("/msg/send", picture(bob, named.url)));
  expect(await alarmOf(inboxOf(alice))).toBe(orphan.expires_at + HOUR);
  clock.now = orphan.expires_at + HOUR - 1_000;
  await ring(inboxOf(alice));
  expect(await storedFiles()).toContain(orphan.media_id);
  clock.now += 2_000;
  await ring(inboxOf(alice));
  const files = await storedFiles();
  expect(files).not.toContain(orphan.media_id);
  expect(files).toContain(named.media_id);
  expect(await uploadsOf(alice)).toEqual([]);
  expect(await alarmOf(inboxOf(alice))).toBeNull();
});

test("[MEDIA-2] while R2 or the conversation does not answer, the upload stays to be deleted", async () => {
  const [alice, , chat] = await pair();
  const { media_id } = ok(await upload(alice, chat));
  const prototype: R2Bucket = Object.getPrototypeOf(bucket());
  const failing = vi.spyOn(prototype, "delete").mockRejectedValueOnce(new Error("R2 is down"));
  await collect(alice);
  expect(await storedFiles()).toContain(media_id);
  expect(await uploadsOf(alice)).toEqual([{ media_id }]);
  expect(await alarmOf(inboxOf(alice))).toBeGreaterThan(clock.now);
  await ring(inboxOf(alice));
  failing.mockRestore();
  expect(await storedFiles()).not.toContain(media_id);
});

test("[MEDIA-2] an upload whose Worker died is deleted like any other", async () => {
  const [alice, , chat] = await pair();
  const { media_id } = ok(await upload(alice, chat));
  // The record is written before the file.
  await bucket().delete(media_id);
  await collect(alice);
  expect(await uploadsOf(alice)).toEqual([]);
});

test("[MEDIA-3] [RATE-6] the bytes of a day are limited, over all chats and restarts", async () => {
  const [alice, , chat] = await pair();
  ok(await upload(alice, chat, png(1_000_000)));
  await inside(inboxOf(alice), (_, { storage }) => storage.sql.exec("UPDATE uploads SET size = 499500000"));
  await evictAllDurableObjects();
  clock.now += 60_000;
  const over = await upload(alice, chat, png(1_000_000));
  expect(over).toMatchObject({ status: 429, code: Code.TOO_MANY_REQUESTS });
  clock.now += Number(over.headers.get("Retry-After")) * 1_000;
  ok(await upload(alice, chat, png(1_000_000)));
});

test("[MEDIA-2] an avatar stays as long as it is its user's", async () => {
  const [alice] = await people("alice");
  const first = ok(await upload(alice, ""));
  const unused = ok(await upload(alice, ""));
  ok(await alice.put("/user/update", { avatar: first.url }));
  await collect(alice);
  expect(await storedFiles()).toContain(first.media_id);
  expect(await storedFiles()).not.toContain(unused.media_id);
  await collect(alice);
  expect(await storedFiles()).toContain(first.media_id);
  const second = ok(await upload(alice, ""));
  ok(await alice.put("/user/update", { avatar: second.url }));
  clock.now += 60_000;
  await ring(inboxOf(alice));
  expect(await storedFiles()).not.toContain(first.media_id);
  expect(await storedFiles()).toContain(second.media_id);
  expect(await upload(alice, "", new Uint8Array(100))).toMatchObject({ code: Code.INVALID_PARAMETER });
});

test("[MEDIA-2] a group's picture stays as long as it is that, whoever has left", async () => {
  const [alice, bob] = await people("alice", "bob");
  const group = await makeGroup(alice, bob);
  ok(await alice.post("/group/set_role", { group_id: group.group_id, user_id: bob.id, role_level: 2 }));
  const first = ok(await upload(bob, ""));
  ok(await bob.put("/group/update", { group_id: group.group_id, avatar: first.url }));
  ok(await bob.post("/group/quit", { group_id: group.group_id }));
  await collect(bob);
  expect(await uploadsOf(bob)).toEqual([]);
  expect(await storedFiles()).toContain(first.media_id);
  ok(await alice.put("/group/update", { group_id: group.group_id, name: "renamed" }));
  await ring(env.CONVERSATION.get(env.CONVERSATION.idFromName(group.conversation_id)));
  expect(await storedFiles()).toContain(first.media_id);
  ok(await alice.put("/group/update", { group_id: group.group_id, avatar: "" }));
  await ring(env.CONVERSATION.get(env.CONVERSATION.idFromName(group.conversation_id)));
  expect(await storedFiles()).not.toContain(first.media_id);
});

test("[MEDIA-2] [ERASE-2] for an erased account the inbox deletes what it still keeps, also an avatar", async () => {
  const [alice, bob, chat] = await pair();
  const orphan = ok(await upload(alice, chat));
  const avatar = ok(await upload(alice, ""));
  ok(await alice.put("/user/update", { avatar: avatar.url }));
  const others = ok(await upload(bob, chat));
  await erase(alice);
  await erased(alice);
  expect(await storedFiles()).not.toContain(orphan.media_id);
  expect(await storedFiles()).not.toContain(avatar.media_id);
  expect(await storedFiles()).toContain(others.media_id);
});
