import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Client, Code, createClient, type MessageItem, Platform } from "../../src/client/index.ts";
import { within } from "../helpers/node/deadline.ts";
import { Gateway } from "../helpers/node/gateway.ts";
import { type Person, signIn, signUp } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";

const suite = useServer();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start(suite.url);
});
afterAll(() => gateway.stop());

const opened: Client[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

function clientOf({ token, id }: Person, url: string): Client {
  const client = createClient({ url, token, user_id: id });
  opened.push(client);
  return client;
}

/** One user behind the proxy, and one who is not. */
async function two(): Promise<{ ann: Client; ben: Person; person: Person; chat: string }> {
  const [person, ben] = [await signUp(suite.rest, "ann"), await signUp(suite.rest, "ben")];
  const ann = clientOf(person, gateway.url);
  const chat = ann.chatWith(ben.id);
  ann.messages(chat).subscribe(() => undefined);
  return { ann, ben, person, chat };
}

const status = (client: Client) => client.connection.getSnapshot().status;
const brief = ({ content, status }: MessageItem) => `${content.text} ${status}`;
const shown = (client: Client, chat: string) => client.messages(chat).getSnapshot().messages.map(brief);
const soon = { timeout: 15_000 };

describe("behind a proxy that blocks WebSockets [LINK-6]", () => {
  test("messages are sent and received once each, and a socket is used as soon as it can be opened", async () => {
    gateway.mode = "no sockets";
    const { ann, ben, chat } = await two();
    const heard: unknown[] = [];
    const { sent } = ann.sendText(chat, "1");
    await within(ann.ready(), () => "ann to be there by routes");
    expect(status(ann)).toBe("degraded");
    expect(await sent).toMatchObject({ seq: 1 });
    expect(shown(ann, chat)).toEqual(["1 sent"]);
    ann.onMessage(({ content }) => heard.push(content.text));
    await ben.text({ id: ann.userId }, "2");
    await expect.poll(() => shown(ann, chat), soon).toEqual(["1 sent", "2 sent"]);
    ann.markRead(chat);
    await expect.poll(async () => (await ann.api.conversation.readState(chat)).read_seq, soon).toBe(2);

    gateway.mode = "open";
    ann.wake();
    await expect.poll(() => status(ann), soon).toBe("online");
    await ann.sendText(chat, "3").sent;
    await ben.text({ id: ann.userId }, "4");
    await expect.poll(() => shown(ann, chat), soon).toEqual(["1 sent", "2 sent", "3 sent", "4 sent"]);

    gateway.mode = "no sockets";
    await expect.poll(() => status(ann), soon).toBe("degraded");
    await ben.text({ id: ann.userId }, "5");
    await expect.poll(() => heard, soon).toEqual(["2", "3", "4", "5"]);
  });

  test("a login elsewhere signs out", async () => {
    gateway.mode = "no sockets";
    const { ann, person } = await two();
    await within(ann.ready(), () => "ann to be there by routes");
    await signIn(suite.rest, person.id, person.password, Platform.WEB);
    await expect.poll(() => status(ann), soon).toBe("signed_out");
    expect(ann.connection.getSnapshot().signed_out).toEqual({ reason: "refused", code: Code.TOKEN_INVALID });
  });
});

describe("behind a network that answers everything with its own page [LINK-5]", () => {
  test.each([200, 403])("with HTTP %i: messages and marks made meanwhile are kept, and sent once", async (code) => {
    gateway.mode = "open";
    const { ann, ben, chat } = await two();
    await within(ann.ready(), () => "ann to be online");
    await ben.text({ id: ann.userId }, "hello");
    await expect.poll(() => shown(ann, chat), soon).toEqual(["hello sent"]);
    gateway.status = code;
    gateway.mode = "login page";
    await expect.poll(() => status(ann), soon).not.toBe("online");
    ann.markRead(chat);
    ann.sendText(chat, "from the hotel");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(shown(ann, chat)).toEqual(["hello sent", "from the hotel pending"]);

    gateway.mode = "open";
    ann.wake();
    await expect.poll(() => shown(ann, chat), soon).toEqual(["hello sent", "from the hotel sent"]);
    expect((await ben.pull(chat)).messages).toHaveLength(2);
    expect((await ann.api.conversation.readState(chat)).read_seq).toBe(2);
  });
});

test("the client takes the server's time from its answers [LINK-3]", async () => {
  gateway.mode = "open";
  const { ann } = await two();
  await within(ann.ready(), () => "ann to be online");
  const { server_time } = await ann.api.sync({ since: 0 });
  expect(Math.abs(Number(server_time) - Date.now())).toBeLessThan(5_000);
  expect(Math.abs(ann.now() - Date.now())).toBeLessThan(5_000);
});
