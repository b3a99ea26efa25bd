import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { ASKING, allow, beforeEndpoint } from "../../helpers/workers/before.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { makeGroup, outgoing, PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ ...ASKING, HOOK_BEFORE_FAIL: "closed" });
const endpoint = beforeEndpoint();
const { asked } = endpoint;
const textOf = ({ content }: Message) => content.text;

describe("[HOOK-5] a message is asked about before it is sent, and", () => {
  test("may be allowed, on every path", async () => {
    const [alice, bob, chat] = await pair();
    asked.length = 0;
    const [own, room] = [await alice.socket(), await alice.roomSocket(chat)];
    await alice.text(bob, "by http");
    for (const socket of [own, room]) expect((await socket.request(1003, outgoing(bob, "by socket"))).err_code).toBe(0);
    expect(asked.map(({ type, data }) => [type, data.sender_id, data.conversation_id, data.msg_type])).toEqual(
      Array.from({ length: 3 }, () => ["message.sending", alice.id, chat, 1]),
    );
  });

  test("may be denied, on every path: 4011 with the reason, and nothing is stored", async () => {
    const [alice, bob, chat] = await pair();
    const before = await alice.seqs(chat);
    endpoint.deny("spam");
    expect(await alice.send(bob, "spam")).toMatchObject({ status: 403, code: 4011, msg: "no spam here" });
    for (const socket of [await alice.socket(), await alice.roomSocket(chat)]) {
      expect(await socket.request(1003, outgoing(bob, "spam"))).toMatchObject({ err_code: 4011 });
    }
    expect(await alice.seqs(chat)).toEqual(before);
    const [carol, dave] = await people("carol", "dave");
    expect((await carol.send(dave, "spam")).code).toBe(4011);
    expect(await carol.list()).toEqual([]);
  });

  test("may be changed, and everyone gets the change", async () => {
    const [alice, bob, chat] = await pair();
    endpoint.decide = () => ({ action: "modify", content: { text: "***", n: 1 } });
    const sent = await alice.text(bob, "damn");
    expect(sent.content).toEqual({ text: "***", n: 1 });
    const { messages } = await bob.pull(chat);
    expect(messages.map(textOf)).toContain("***");
    expect(messages.map(textOf)).not.toContain("damn");
  });

  test("that was sent already is answered as ever, whatever the endpoint says now [SEND-3]", async () => {
    const [alice, bob] = await pair();
    const first = ok(await alice.send(bob, "fine", "once"));
    endpoint.decide = () => ({ action: "deny" });
    expect(ok(await alice.send(bob, "fine", "once"))).toEqual(first);
    expect((await alice.send(bob, "fine", "twice")).code).toBe(4011);
  });

  test("keeps its order on a socket, however long the answers take [SEND-5]", async () => {
    const [alice, bob, chat] = await pair();
    const socket = await alice.roomSocket(chat);
    let slow = true;
    endpoint.decide = async () => {
      const pause = slow ? 100 : 0;
      slow = false;
      await scheduler.wait(pause);
      return allow();
    };
    const answers = await Promise.all(["a", "b", "c"].map((text) => socket.request(1003, outgoing(bob, text))));
    const seqs = answers.map(({ data }) => (data as { seq: number }).seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect((await bob.pull(chat)).messages.slice(-3).map(textOf)).toEqual(["a", "b", "c"]);
  });

  test("is not asked about when the backend sends it", async () => {
    const [alice, bob] = await people("alice", "bob");
    const key = await makeKey("messages");
    endpoint.decide = () => ({ action: "deny" });
    const body = { sender_id: alice.id, ...outgoing(bob, "from the backend") };
    ok(await key.post("/admin/messages", body));
  });
});

describe("[HOOK-5] an endpoint that", () => {
  test.each<[string, () => unknown]>([
    ["answers 500", () => new Response("", { status: 500 })],
    ["redirects", () => new Response("", { status: 307, headers: { Location: "https://evil.example/" } })],
    ["cannot be reached", () => Promise.reject(new TypeError("no route"))],
    ["answers no JSON", () => new Response("<html>")],
    ["answers a list", () => []],
    ["gives no action", () => ({})],
    ["gives an unknown action", () => ({ action: "maybe" })],
    ["changes a text into nothing", () => ({ action: "modify" })],
    ["changes a text into an image", () => ({ action: "modify", content: { image: "x" } })],
    ["changes a text into a novel", () => ({ action: "modify", content: { text: "x".repeat(40_000) } })],
    [
      "answers without end",
      () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) })),
    ],
  ])("%s decides nothing: the setting does", async (_, answer) => {
    const [alice, bob, chat] = await pair();
    const before = await alice.seqs(chat);
    endpoint.decide = answer;
    expect(await alice.send(bob, "hello")).toMatchObject({
      code: 4011,
      msg: "the application cannot be asked, try again",
    });
    expect(await alice.seqs(chat)).toEqual(before);
    endpoint.decide = allow;
    ok(await alice.send(bob, "hello"));
  });
});

describe("[HOOK-5] the endpoint is also asked about", () => {
  test("registrations", async () => {
    endpoint.decide = ({ type, data }) =>
      type === "user.registering" && data.user_id === "bad" ? { action: "deny" } : allow();
    const register = (user_id: string) =>
      call("POST", "/auth/register", { body: { user_id, nickname: "N", password: PASSWORD } });
    expect(await register("bad")).toMatchObject({ status: 403, code: 4011 });
    ok(await register("good"));
    expect(JSON.stringify(asked)).not.toContain(PASSWORD);
  });

  test("joining a group", async () => {
    const [alice, bob] = await people("alice", "bob");
    const { group_id } = await makeGroup(alice);
    endpoint.decide = ({ type }) => (type === "group.joining" ? { action: "deny", msg: "members only" } : allow());
    expect(await bob.post("/group/join", { group_id })).toMatchObject({ code: 4011, msg: "members only" });
    endpoint.decide = allow;
    ok(await bob.post("/group/join", { group_id }));
  });
});
