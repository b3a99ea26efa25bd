import { expect, test } from "vitest";
import { Code } from "../../../src/protocol/codes.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { download, picture, storedFiles, upload } from "../../helpers/workers/files.ts";
import { ring, roomOf } from "../../helpers/workers/objects.ts";
import { type Person, pair, people } from "../../helpers/workers/people.ts";

standingClock();
const send = async (by: Person, body: unknown) => ok(await by.post<Message>("/msg/send", body));
const urlFor = async (who: Person, chat: string) => ok(await upload(who, chat)).url;

async function statusOf(url: string): Promise<number> {
  const response = await download(url);
  await response.arrayBuffer();
  return response.status;
}

test("[MEDIA-2] a recall deletes the files of the message, and an edit those that it no longer names", async () => {
  const [alice, bob, chat] = await pair();
  const [a, b, c] = [await urlFor(alice, chat), await urlFor(alice, chat), await urlFor(alice, chat)];
  const recalled = await send(alice, picture(bob, a));
  ok(await alice.post("/msg/recall", { conversation_id: chat, seqs: [recalled.seq] }));
  await ring(roomOf(chat));
  expect(await statusOf(a)).toBe(404);
  const edited = await send(alice, picture(bob, b));
  const edit = (image_url: string) =>
    alice.post("/msg/edit", { conversation_id: chat, seq: edited.seq, content: { image_url } });
  expect(await edit(await urlFor(bob, chat))).toMatchObject({ code: Code.INVALID_PARAMETER });
  ok(await edit(c));
  await ring(roomOf(chat));
  expect([await statusOf(b), await statusOf(c)]).toEqual([404, 200]);
});

test("[MEDIA-1] a forwarded message has copies of its files, made once, that its sender cannot take away", async () => {
  const [alice, bob, chat] = await pair();
  const [carol] = await people("carol");
  const url = await urlFor(alice, chat);
  const { seq } = await send(alice, picture(bob, url));
  const forward = () =>
    bob.post<Message[]>("/msg/forward", {
      from_conversation_id: chat,
      seqs: [seq],
      recv_id: carol.id,
      session_type: 1,
      client_msg_ids: ["once"],
    });
  const [copy] = ok(await forward());
  const address = String(copy?.content.image_url);
  expect(address).not.toBe(url);
  const files = await storedFiles();
  expect(ok(await forward())[0]?.content.image_url).toBe(address);
  expect(await storedFiles()).toEqual(files);
  ok(await alice.post("/msg/recall", { conversation_id: chat, seqs: [seq] }));
  await ring(roomOf(chat));
  expect([await statusOf(url), await statusOf(address)]).toEqual([404, 200]);
});
