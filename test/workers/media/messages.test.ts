import { expect, test, vi } from "vitest";
import { NOTHING_KNOWN } from "../../../src/core/version.ts";
import { unwrapped } from "../../../src/durable/outcome.ts";
import { eraseTraces } from "../../../src/features/erasure/calls.ts";
import { Code } from "../../../src/protocol/codes.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { bucket, download, picture, png, storedFiles, upload } from "../../helpers/workers/files.ts";
import { alarmOf, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";

const clock = standingClock();

const send = (by: Person, body: unknown) => by.post<Message>("/msg/send", body);
const urlFor = async (who: Person, chat: string) => ok(await upload(who, chat)).url;

/** Takes the files of a user's messages away, as the erasure of the account does. */
async function eraseFiles({ id: user_id }: Person, chat: string): Promise<void> {
  const input = { mode: "anonymous", cursor: "" };
  unwrapped(await roomOf(chat).operate({ user_id, mark: NOTHING_KNOWN, operation: eraseTraces.name, input }));
}

async function statusOf(url: string): Promise<number> {
  const response = await download(url);
  await response.arrayBuffer();
  return response.status;
}

test("[MEDIA-1] a message names a file of its sender for its conversation, under any host", async () => {
  const [alice, bob, chat] = await pair();
  const url = await urlFor(alice, chat);
  const message = ok(await send(alice, picture(bob, url)));
  expect(message.content).toEqual({ image_url: url });
  const moved = (await urlFor(alice, chat)).replace("https://nexo.test", "http://old.example:8080");
  ok(await send(alice, picture(bob, moved)));
  ok(await send(alice, picture(bob, "https://elsewhere.example/media/cat.png")));
  const short = { ...picture(bob, ""), content: { image: await urlFor(alice, chat) } };
  ok(await send(alice, short));
  const custom = {
    custom_type: "album",
    custom_data: { pages: [await urlFor(alice, chat), await urlFor(alice, chat)] },
  };
  ok(await send(alice, { ...picture(bob, ""), msg_type: 100, content: custom }));
  expect(await rows(roomOf(chat), "SELECT seq FROM media ORDER BY seq")).toHaveLength(5);
});

test("[MEDIA-1] a file of another user or of another conversation, and a made-up one, is refused", async () => {
  const [alice, bob, chat] = await pair();
  const group = await makeGroup(alice, bob);
  const url = await urlFor(alice, chat);
  const last = url.slice(-1) === "A" ? "B" : "A";
  const wrong = [
    [bob, picture(alice, url), "of another user"],
    [alice, picture(group, url), "of another conversation"],
    [alice, picture(bob, url.slice(0, -1) + last), "changed"],
    [alice, picture(bob, `https://x.example/media/${"A".repeat(56)}`), "made up"],
    [alice, picture(bob, ok(await upload(alice, "")).url), "an avatar"],
    [
      alice,
      { ...picture(bob, "x"), content: { image_url: "x", more: { thumbnail: [`${url.slice(0, -1)}${last}`] } } },
      "deep",
    ],
  ] as const;
  for (const [by, body, what] of wrong) {
    expect(await send(by, body), what).toMatchObject({ status: 400, code: Code.INVALID_PARAMETER });
  }
  const many = {
    custom_type: "album",
    custom_data: Array.from({ length: LIMITS.messageFiles + 1 }, (_, at) => `/media/${String(at).padStart(56, "0")}`),
  };
  const answer = await send(alice, { ...picture(bob, ""), msg_type: 100, content: many });
  expect(answer).toMatchObject({
    code: Code.INVALID_PARAMETER,
    msg: `content: must name at most ${LIMITS.messageFiles} files`,
  });
  ok(await send(alice, { ...outgoing(bob, `look: ${url.slice(0, -1)}${last}`) }));
});

test("[MEDIA-1] [SEND-7] a first message that names a wrong file creates no chat", async () => {
  const [alice, bob] = await people("alice", "bob");
  const chat = alice.chatWith(bob);
  const url = await urlFor(bob, chat);
  expect(await send(alice, picture(bob, url))).toMatchObject({ code: Code.INVALID_PARAMETER });
  expect(await alice.list()).toEqual([]);
  expect(await send(bob, picture(alice, url))).toMatchObject({ code: 0 });
});

test("[MEDIA-1] [SEND-3] after the expiry a new message is refused, and a retry gets the first answer", async () => {
  const [alice, bob, chat] = await pair();
  const url = await urlFor(alice, chat);
  const first = ok(await send(alice, picture(bob, url, "once")));
  clock.now += LIMITS.uploadHours * 3_600_000 + 1_000;
  expect(await send(alice, picture(bob, url))).toMatchObject({
    code: Code.INVALID_PARAMETER,
    msg: "content: names a file whose upload has expired",
  });
  expect(ok(await send(alice, picture(bob, url, "once")))).toEqual(first);
});

test("[MEDIA-1] both sockets check files like the route", async () => {
  const [alice, bob, chat] = await pair();
  const url = await urlFor(alice, chat);
  for (const socket of [await alice.socket(), await alice.roomSocket(chat)]) {
    await expect(socket.request(1003, picture(bob, url))).resolves.toMatchObject({ err_code: 0 });
    const wrong = picture(bob, `https://x.example/media/${"B".repeat(56)}`);
    await expect(socket.request(1003, wrong)).resolves.toMatchObject({ err_code: Code.INVALID_PARAMETER });
  }
});

test("[MEDIA-2] a file goes with the last message that names it, and is not named again", async () => {
  const [alice, bob, chat] = await pair();
  const url = await urlFor(alice, chat);
  ok(await send(alice, picture(bob, url)));
  ok(await send(alice, picture(bob, url)));
  const kept = await urlFor(bob, chat);
  ok(await send(bob, picture(alice, kept)));
  await eraseFiles(alice, chat);
  await ring(roomOf(chat));
  expect(await statusOf(url)).toBe(404);
  expect(await statusOf(kept)).toBe(200);
  expect(await send(alice, picture(bob, url))).toMatchObject({ msg: "content: names a file that was deleted" });
  // It is remembered until no message could name it anyway.
  clock.now += LIMITS.uploadHours * 3_600_000 + 1_000;
  await eraseFiles(bob, chat);
  await ring(roomOf(chat));
  expect(await rows(roomOf(chat), "SELECT media_id FROM media_gone")).toEqual([]);
});

test("[MEDIA-2] a download that has begun ends, and R2 that does not answer is asked again", async () => {
  const [alice, bob, chat] = await pair();
  const { url } = ok(await upload(alice, chat, png(500_000)));
  ok(await send(alice, picture(bob, url)));
  const reader = (await download(url)).body?.getReader();
  const first = await reader?.read();
  const prototype: R2Bucket = Object.getPrototypeOf(bucket());
  const failing = vi.spyOn(prototype, "delete").mockRejectedValueOnce(new Error("R2 is down"));
  await eraseFiles(alice, chat);
  await ring(roomOf(chat));
  expect(await statusOf(url)).toBe(200);
  expect(await rows(roomOf(chat), "SELECT is_deleted FROM media_gone")).toEqual([{ is_deleted: 0 }]);
  expect(await alarmOf(roomOf(chat))).toBeGreaterThan(clock.now);
  await ring(roomOf(chat));
  expect(await statusOf(url)).toBe(404);
  failing.mockRestore();
  let read = first?.value?.byteLength ?? 0;
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read())
    read += chunk.value.byteLength;
  expect(read).toBe(500_000);
});

test("an upload to a conversation that its user left meanwhile is named by no message", async () => {
  const [alice, bob] = await people("alice", "bob");
  const group = await makeGroup(alice, bob);
  const url = await urlFor(bob, group.conversation_id);
  ok(await bob.post("/group/quit", { group_id: group.group_id }));
  expect(await send(bob, picture(group, url))).toMatchObject({ code: Code.NOT_A_MEMBER });
  expect(await storedFiles()).toContain(/media\/([^/]*)/.exec(url)?.[1]);
});
