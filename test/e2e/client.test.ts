import { afterEach, expect, test } from "vitest";
import {
  type Client,
  Code,
  createClient,
  groupConversationId,
  type Message,
  type MessageItem,
  NexoClientError,
  Platform,
  type View,
} from "../../src/client/index.ts";
import { within } from "../helpers/node/deadline.ts";
import { type Person, signIn, signUp } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { judgedFetch, Tap } from "../helpers/node/tap.ts";

const suite = useServer({
  SEND_RATE_PER_SECOND: "10000",
  SEND_BURST: "10000",
  REQUEST_RATE_PER_SECOND: "1000",
  REQUEST_BURST: "1000",
});

const opened: Client[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

/** A user with a client, and the messages it delivered. */
type User = { person: Person; client: Client; heard: Message[] };

async function clientOf(person: Person): Promise<Client> {
  const client = createClient({ url: suite.url, token: person.token, fetch: judgedFetch, WebSocket: Tap });
  opened.push(client);
  await within(client.ready(), () => "the client to be online");
  return client;
}

async function user(name: string): Promise<User> {
  const person = await signUp(suite.rest, name);
  const client = await clientOf(person);
  const heard: Message[] = [];
  client.onMessage((message) => heard.push(message));
  return { person, client, heard };
}

/** Waits until a view shows what is expected. */
async function until<T>(view: View<T>, holds: (snapshot: T) => boolean, what: string, ms?: number): Promise<T> {
  const shown = Promise.withResolvers<void>();
  const look = () => {
    if (holds(view.getSnapshot())) shown.resolve();
  };
  const stop = view.subscribe(look);
  look();
  try {
    await within(shown.promise, () => `${what}; it shows ${JSON.stringify(view.getSnapshot()).slice(0, 2_000)}`, ms);
    return view.getSnapshot();
  } finally {
    stop();
  }
}

/** All messages of a conversation, from the first one on, once it shows this many. */
async function historyOf({ client }: User, chat: string, count: number): Promise<readonly MessageItem[]> {
  const view = client.messages(chat);
  const stop = view.subscribe(() => undefined);
  await until(view, ({ messages }) => messages.at(-1)?.seq === count, `message ${count}`, 20_000);
  while (view.getSnapshot().has_older) await view.loadOlder(100);
  stop();
  return view.getSnapshot().messages;
}

const texts = (messages: readonly (Message | MessageItem)[]) => messages.map(({ content }) => content.text);
const seqs = (messages: readonly (Message | MessageItem)[]) => messages.map(({ seq }) => seq);

test("two clients chat both ways, and both show the same", async () => {
  const [alice, bob] = [await user("alice"), await user("bob")];
  const chat = alice.client.chatWith(bob.person.id);
  for (const n of upTo(5)) {
    await alice.client.sendText(chat, `${n} from alice`).sent;
    await bob.client.sendText(chat, `${n} from bob`).sent;
  }
  for (const { client, heard } of [alice, bob]) {
    const { messages } = await until(client.messages(chat), (shown) => shown.messages.length === 10, "ten messages");
    expect(seqs(messages)).toEqual(upTo(10));
    expect(messages.every(({ status }) => status === "sent")).toBe(true);
    expect(messages).toMatchObject((await alice.person.pull(chat)).messages);
    await expect.poll(() => seqs(heard)).toEqual(upTo(10));
  }
  const { conversations } = await until(
    bob.client.conversations,
    (list) => list.conversations.length === 1,
    "the chat",
  );
  expect(conversations[0]).toMatchObject({ conversation_id: chat, max_seq: 10, unread_count: 0, peer_read_seq: 9 });
  expect(conversations[0]?.title).not.toBe("");
});

test("a message is shown as pending at once, and in order when it is sent", async () => {
  const [alice, bob] = [await user("alice"), await user("bob")];
  const chat = alice.client.chatWith(bob.person.id);
  const view = alice.client.messages(chat);
  const stop = view.subscribe(() => undefined);
  const sendings = upTo(30).map((n) => alice.client.sendText(chat, `${n}`));
  expect(view.getSnapshot().messages.map(({ status }) => status)).toEqual(upTo(30).map(() => "pending"));
  await Promise.all(sendings.map(({ sent }) => sent));
  expect(texts(view.getSnapshot().messages)).toEqual(upTo(30).map(String));
  expect(seqs(view.getSnapshot().messages)).toEqual(upTo(30));
  stop();
});

test("a refused message is failed with its reason, and can be discarded", async () => {
  const [alice, bob] = [await user("alice"), await user("bob")];
  const chat = alice.client.chatWith(bob.person.id);
  await alice.client.sendText(chat, "fine").sent;
  const view = alice.client.messages(chat);
  const refused = alice.client.send(chat, { msg_type: 77, content: {} });
  await expect(refused.sent).rejects.toThrow(NexoClientError);
  const { messages } = await until(view, (shown) => shown.messages.length === 2, "both messages");
  expect(messages[1]).toMatchObject({ status: "failed", error: { code: Code.INVALID_PARAMETER }, seq: 0 });
  alice.client.discard(refused.client_msg_id);
  expect(texts(view.getSnapshot().messages)).toEqual(["fine"]);
});

test("kill -9 in the middle of a chat loses and duplicates nothing [SEND-1 SEND-3 SYNC-2]", async () => {
  const [alice, bob] = [await user("alice"), await user("bob")];
  const chat = alice.client.chatWith(bob.person.id);
  bob.client.focus(chat);
  await alice.client.sendText(chat, "before").sent;
  const sendings = [alice, bob].flatMap(({ client }) => upTo(100).map((n) => client.sendText(chat, `${n}`).sent));
  await Promise.race(sendings.slice(20));
  await suite.server.kill9();
  await until(alice.client.connection, ({ status }) => status === "offline", "alice to notice");
  sendings.push(alice.client.sendText(chat, "written offline").sent);
  await suite.server.restart();
  for (const { client } of [alice, bob]) client.wake();
  await within(Promise.all(sendings), () => "everything to be sent", 30_000);

  for (const user of [alice, bob]) {
    const messages = await historyOf(user, chat, 202);
    expect(seqs(messages)).toEqual(upTo(202));
    await expect.poll(() => user.heard.length).toBe(202);
    expect(seqs(user.heard)).toEqual(upTo(202));
    for (const sender of [alice, bob]) {
      const own = texts(messages.filter(({ sender_id }) => sender_id === sender.person.id));
      expect(own).toEqual([
        ...(sender === alice ? ["before"] : []),
        ...upTo(100).map(String),
        ...(sender === alice ? ["written offline"] : []),
      ]);
    }
  }
});

test("a client that returns shows the messages sent meanwhile, each once and in order [SYNC-2]", async () => {
  const [alice, bob] = [await user("alice"), await user("bob")];
  const chat = alice.client.chatWith(bob.person.id);
  await alice.client.sendText(chat, "1").sent;
  await expect.poll(() => bob.heard.length).toBe(1);
  await suite.server.kill9();
  await until(bob.client.connection, ({ status }) => status === "offline", "bob to notice");
  await suite.server.restart();
  for (const n of upTo(250)) await alice.person.text(bob.person, `${n + 1}`);
  bob.client.wake();
  await expect.poll(() => bob.heard.length, { timeout: 20_000 }).toBe(251);
  expect(texts(bob.heard)).toEqual(upTo(251).map(String));
});

test("a group: notices, roles and messages reach all members, and a kicked member learns of it", async () => {
  const [alice, bob, carol] = [await user("alice"), await user("bob"), await user("carol")];
  const group = await alice.client.api.group.create({ name: "Lunch", member_ids: [bob.person.id] });
  const chat = groupConversationId(group.id);
  const listed = await until(bob.client.conversations, (list) => list.conversations.length === 1, "bob's list");
  expect(listed.conversations[0]).toMatchObject({ conversation_id: chat, title: "Lunch", unread_count: 0 });
  await alice.client.api.group.invite({ group_id: group.id, user_ids: [carol.person.id] });
  await carol.client.sendText(chat, "hello").sent;
  for (const { client, heard } of [alice, bob, carol]) {
    const { messages } = await until(client.messages(chat), (shown) => shown.messages.length === 2, "notice and text");
    expect(messages.map(({ msg_type }) => msg_type)).toEqual([1002, 1]);
    await expect.poll(() => seqs(heard)).toEqual([1, 2]);
  }
  const counted = ({ conversations }: { conversations: readonly { unread_count: number }[] }) =>
    conversations[0]?.unread_count === 1;
  await until(bob.client.conversations, counted, "one unread");
  bob.client.markRead(chat);
  expect(bob.client.conversations.getSnapshot().unread_count).toBe(0);
  await expect.poll(async () => (await bob.client.api.conversation.readState(chat)).read_seq).toBe(2);

  await alice.client.api.group.kick({ group_id: group.id, user_ids: [bob.person.id] });
  await until(bob.client.conversations, (list) => list.conversations[0]?.my_status === 3, "bob to be kicked");
  await expect(bob.client.sendText(chat, "still here?").sent).rejects.toMatchObject({ code: Code.NOT_A_MEMBER });
  const view = bob.client.messages(chat);
  await until(view, (shown) => shown.messages.at(-1)?.status === "failed", "the refusal");
  await carol.client.sendText(chat, "without bob").sent;
  expect(seqs(bob.heard)).toEqual([1, 2, 3]);
});

test("a login elsewhere signs the client out permanently, with the reason [LOGIN-3]", async () => {
  const alice = await user("alice");
  await signIn(suite.rest, alice.person.id, alice.person.password, Platform.WEB);
  const { signed_out } = await until(
    alice.client.connection,
    ({ status }) => status === "signed_out",
    "alice to be signed out",
  );
  expect(signed_out).toEqual({ reason: "new_login", code: Code.TOKEN_INVALID });
  await expect(alice.client.ready()).rejects.toMatchObject({ code: Code.TOKEN_INVALID });
  expect(() => alice.client.sendText("si_a:b", "too late")).toThrow(NexoClientError);
});

test("a client signs in by password, refreshes its token, and reports a wrong password", async () => {
  const person = await signUp(suite.rest, "alice");
  const login = { user_id: person.id, password: person.password, platform_id: Platform.IOS };
  const tokens: string[] = [];
  const client = createClient({ url: suite.url, login, onToken: ({ token }) => tokens.push(token) });
  opened.push(client);
  await within(client.ready(), () => "the client to be online");
  await client.refresh();
  expect(tokens).toEqual([tokens[0], client.token]);
  expect((await client.api.user.me()).user_id).toBe(person.id);

  const wrong = createClient({ url: suite.url, login: { ...login, password: "not this one" } });
  opened.push(wrong);
  await expect(wrong.ready()).rejects.toMatchObject({ code: Code.WRONG_PASSWORD });
});

test("the conversation in focus works while the user's socket is down, and the other way round", async () => {
  const [alice, bob] = [await user("alice"), await signUp(suite.rest, "bob")];
  const chat = alice.client.chatWith(bob.id);
  for (const n of upTo(60)) await alice.person.text(bob, `${n}`);

  const sockets: Tap[] = [];
  let broken = (_url: string) => false;
  const client = createClient({
    url: suite.url,
    token: bob.token,
    WebSocket: class extends Tap {
      constructor(url: string, protocols: string[]) {
        super(broken(url) ? "ws://127.0.0.1:9" : url, protocols);
        sockets.push(this);
      }
    },
  });
  opened.push(client);
  const bobs: User = { person: bob, client, heard: [] };
  await within(client.ready(), () => "bob to be online");
  client.onMessage((message) => bobs.heard.push(message));
  client.focus(chat);
  const view = client.messages(chat);
  const stop = view.subscribe(() => undefined);
  const told = (text: string) => until(view, ({ messages }) => messages.at(-1)?.content.text === text, text);
  const breakWhere = (isBroken: typeof broken) => {
    broken = isBroken;
    for (const socket of sockets) if (isBroken(socket.url)) socket.close();
  };

  breakWhere((url) => !url.includes("conversation_id"));
  await until(client.connection, ({ status }) => status === "offline", "bob's own socket to be gone");
  await alice.client.sendText(chat, "by the conversation's").sent;
  await told("by the conversation's");
  await client.sendText(chat, "and back").sent;
  breakWhere((url) => url.includes("conversation_id"));
  client.wake();
  await within(client.ready(), () => "bob to be online again");
  await alice.client.sendText(chat, "by the user's").sent;
  await told("by the user's");

  expect(seqs(await historyOf(bobs, chat, 63))).toEqual(upTo(63));
  expect(seqs(bobs.heard)).toEqual([61, 62, 63]);
  stop();
});
