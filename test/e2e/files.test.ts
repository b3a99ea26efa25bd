import { afterEach, expect, test } from "vitest";
import {
  type Client,
  Code,
  createClient,
  type FetchLike,
  type FileStorage,
  type Message,
  type MessageItem,
  mediaOf,
  memoryStorage,
  type StorageFactory,
} from "../../src/client/index.ts";
import { within } from "../helpers/node/deadline.ts";
import { type Person, pair, talkingPair } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { judgedFetch, Tap } from "../helpers/node/tap.ts";

const suite = useServer();
const opened: Client[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

async function clientOf(person: Person, fetch: FetchLike = judgedFetch, storage?: StorageFactory): Promise<Client> {
  const client = createClient({ url: suite.url, token: person.token, fetch, WebSocket: Tap, storage });
  opened.push(client);
  await within(client.ready(), () => "the client to be online");
  return client;
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const png = (size = 1_000) =>
  new File([Uint8Array.from(PNG), new Uint8Array(size - 8)], "cat.png", { type: "image/png" });

/** A storage that outlives its client, as IndexedDB does. */
function lasting(): StorageFactory {
  const texts = memoryStorage();
  const files = new Map<string, unknown>();
  const kept: FileStorage = {
    put: async (key, file) => void files.set(key, file),
    get: async (key) => files.get(key) as File,
    delete: async (key) => void files.delete(key),
  };
  return (name) => ({ ...texts(name), files: kept });
}

/** A fetch in which the uploads wait until they are let go, fail, or are given up. */
function gate() {
  const waiting: (() => void)[] = [];
  const state = { isShut: true, uploads: 0 };
  const fetch: FetchLike = async (url, init) => {
    if (!url.includes("/media?")) return judgedFetch(url, init);
    state.uploads++;
    if (state.isShut) await new Promise<void>((resolve) => waiting.push(resolve));
    (init.signal as AbortSignal | undefined)?.throwIfAborted();
    return judgedFetch(url, init);
  };
  const open = () => {
    state.isShut = false;
    for (const go of waiting.splice(0)) go();
  };
  return { fetch, open, state };
}

const bytesAt = async (url: string) => (await (await globalThis.fetch(url)).arrayBuffer()).byteLength;
const texts = (messages: readonly Message[]) => messages.map(({ msg_type }) => msg_type);

test("a file is shown at once, sent when it is uploaded, and can be read by its address", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const client = await clientOf(alice);
  const view = client.messages(chat);
  const shown: MessageItem[] = [];
  view.subscribe(({ messages }) => shown.push(...messages.filter(({ msg_type }) => msg_type === 2)));
  const { sent, client_msg_id } = client.sendFile(chat, png());
  expect(client.sendingFile(client_msg_id).getSnapshot()).toMatchObject({ sent: 0, total: 1_000 });
  const message = await sent;
  expect(shown[0]).toMatchObject({ status: "pending", client_msg_id });
  const media = mediaOf(message);
  expect(media).toMatchObject({ size: 1_000 });
  expect(await bytesAt(media?.url ?? "")).toBe(1_000);
  expect((await bob.pull(chat)).messages.at(-1)?.content).toEqual(message.content);
  expect(client.sendingFile(client_msg_id).getSnapshot()).toBeNull();
  const other = await client.sendFile(chat, new Blob(["hello"], { type: "text/plain" }), { name: "a.txt" }).sent;
  expect(other).toMatchObject({ msg_type: 5, content: { file_name: "a.txt", file_size: 5 } });
});

test("a message after a file does not wait for its upload, and a file that is discarded is not sent", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const { fetch, open, state } = gate();
  const client = await clientOf(alice, fetch);
  const kept = client.sendFile(chat, png());
  const dropped = client.sendFile(chat, png());
  await client.sendText(chat, "before the file").sent;
  await expect.poll(() => state.uploads).toBe(2);
  client.discard(dropped.client_msg_id);
  await expect(dropped.sent).rejects.toMatchObject({ code: Code.MESSAGE_NOT_FOUND });
  open();
  await kept.sent;
  expect(texts((await bob.pull(chat)).messages as Message[])).toEqual([1, 1, 2]);
});

test("a file survives a restart in the middle of its upload, and is sent once", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const storage = lasting();
  const { fetch, state } = gate();
  const first = await clientOf(alice, fetch, storage);
  first.sendFile(chat, png(5_000)).sent.catch(() => undefined);
  await expect.poll(() => state.uploads).toBe(1);
  first.close();
  await clientOf(alice, judgedFetch, storage);
  await expect.poll(async () => texts((await bob.pull(chat)).messages as Message[])).toEqual([1, 2]);
  const { content } = (await bob.pull(chat)).messages.at(-1) ?? {};
  expect(await bytesAt(String(content?.image_url))).toBe(5_000);
});

test("an upload that finds no answer is repeated; one that is refused fails, and can be tried again", async () => {
  const [alice, , chat] = await talkingPair(suite.rest);
  let failures = 2;
  const client = await clientOf(alice, async (url, init) => {
    if (url.includes("/media?") && failures-- > 0) throw new Error("the connection was cut");
    return judgedFetch(url, init);
  });
  await client.sendFile(chat, png()).sent;
  const lying = new File(["not a picture"], "cat.png", { type: "image/png" });
  const refused = client.sendFile(chat, lying);
  await expect(refused.sent).rejects.toMatchObject({ code: Code.INVALID_PARAMETER });
  const again = client.resend(refused.client_msg_id);
  await expect(again.sent).rejects.toMatchObject({ code: Code.INVALID_PARAMETER });
  client.discard(refused.client_msg_id);
  expect(client.unsent).toBe(0);
});

test("an upload that expired before its message was sent is repeated", async () => {
  const [alice, , chat] = await pair(suite.rest);
  let sends = 0;
  const client = await clientOf(alice, async (url, init) => {
    if (url.endsWith("/msg/send") && sends++ === 0) {
      // As the server answers two days later.
      const text = JSON.stringify({ code: Code.INVALID_PARAMETER, msg: "content: expired", data: null });
      return { status: 400, headers: new Headers(), text: async () => text };
    }
    const response = await judgedFetch(url, init);
    if (!url.includes("/media?")) return response;
    const text = (await response.text()).replace(/"expires_at":\d+/, '"expires_at":1');
    return { ...response, text: async () => text };
  });
  const message = await client.sendFile(chat, png()).sent;
  expect(mediaOf(message)?.size).toBe(1_000);
  expect(sends).toBe(2);
});

test("an avatar is uploaded for its user", async () => {
  const [alice] = await pair(suite.rest);
  const client = await clientOf(alice);
  const avatar = await client.uploadAvatar(png());
  await client.api.user.update({ avatar });
  expect(await bytesAt((await client.api.user.me()).avatar)).toBe(1_000);
});
