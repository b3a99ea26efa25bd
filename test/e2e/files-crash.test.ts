import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createClient, mediaOf } from "../../src/client/index.ts";
import { within } from "../helpers/node/deadline.ts";
import { talkingPair } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { judgedFetch, Tap } from "../helpers/node/tap.ts";

const suite = useServer();
const FILES = 12;
const SIZE = 3_000_000;

test("[MEDIA-1] [SEND-3] a server that is killed during uploads: each file arrives once, and no message lacks its file", {
  timeout: 240_000,
}, async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const client = createClient({ url: suite.url, token: alice.token, fetch: judgedFetch, WebSocket: Tap });
  try {
    await within(client.ready(), () => "the client to be online");
    const sends = upTo(FILES).map((number) => {
      const file = new File([new Uint8Array(SIZE).fill(number)], `${number}.bin`);
      return client.sendFile(chat, file).sent;
    });
    for (const pause of [150, 300, 600]) {
      await sleep(pause);
      await suite.server.kill9();
      await suite.server.restart();
    }
    await within(Promise.all(sends), () => `all files to be sent; ${client.unsent} wait`, 180_000);
  } finally {
    client.close();
  }
  const { messages } = await bob.pull(chat);
  const names = messages.flatMap(({ content }) => (typeof content.file_name === "string" ? [content.file_name] : []));
  expect(names.toSorted()).toEqual(
    upTo(FILES)
      .map((number) => `${number}.bin`)
      .toSorted(),
  );
  for (const message of messages) {
    const media = mediaOf(message);
    if (!media) continue;
    const bytes = new Uint8Array(await (await globalThis.fetch(media.url)).arrayBuffer());
    expect(bytes.length, media.url).toBe(SIZE);
    expect(`${bytes[0]}.bin`).toBe(media.name);
  }
});
