import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { ASKING, allow, beforeEndpoint } from "../../helpers/workers/before.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ ...ASKING, HOOK_BEFORE_FAIL: "closed", OPERATION_RATE_PER_SECOND: 1, OPERATION_BURST: 10 });
const endpoint = beforeEndpoint();
const modify = (text: string) => () => ({ action: "modify", content: { text } });

/** The ways to ask for an edit of a message. Each answers its code. */
async function edits(who: Person, chat: string) {
  const [own, room] = [await who.socket(), await who.roomSocket(chat)];
  const body = (text: string) => ({ conversation_id: chat, seq: 1, content: { text } });
  return [
    async (text: string) => (await who.post("/msg/edit", body(text))).code,
    async (text: string) => (await own.request(1012, body(text))).err_code,
    async (text: string) => (await room.request(1012, body(text))).err_code,
  ] as const;
}
const textOf = async (who: Person, chat: string) => (await operating(who, chat).message(1))?.content.text;
const forwardBody = (chat: string, to: Person, id: string) => ({
  from_conversation_id: chat,
  seqs: [1],
  recv_id: to.id,
  session_type: 1,
  client_msg_ids: [id],
});

describe("[HOOK-5] an edit is asked about before it is made, and", () => {
  test("may be allowed, on every path; the question names the message", async () => {
    const [alice, bob, chat] = await pair();
    const sent = await operating(alice, chat).message(1);
    endpoint.asked.length = 0;
    for (const [index, edit] of (await edits(alice, chat)).entries()) expect(await edit(`fine ${index}`)).toBe(0);
    const { client_msg_id } = sent as Message;
    const about = { conversation_id: chat, sender_id: alice.id, client_msg_id, msg_type: 1, seq: 1 };
    expect(endpoint.asked.map(({ type, data }) => ({ type, data }))).toEqual(
      [0, 1, 2].map((index) => ({ type: "message.sending", data: { ...about, content: { text: `fine ${index}` } } })),
    );
    expect(await textOf(bob, chat)).toBe("fine 2");
  });

  test("may be denied, on every path: 4011 with the reason, and the message stays as it was", async () => {
    const [alice, bob, chat] = await pair();
    endpoint.deny("spam");
    for (const edit of await edits(alice, chat)) {
      expect(await edit("spam")).toBe(4011);
      expect(await textOf(bob, chat)).toBe("first");
    }
    const own = operating(alice, chat);
    expect(await own.edit(1, "spam")).toMatchObject({ status: 403, code: 4011, msg: "no spam here" });
    expect(ok(await own.revisions(1))).toEqual([]);
    expect((await own.changes(0)).messages).toEqual([]);
  });

  test("may be changed, on every path; a retry changes nothing more [OPS-4]", async () => {
    const [alice, bob, chat] = await pair();
    const own = operating(alice, chat);
    for (const [index, edit] of (await edits(alice, chat)).entries()) {
      endpoint.decide = modify(`*** ${index}`);
      for (const _ of ["first", "again"]) expect(await edit("damn")).toBe(0);
      expect(await textOf(bob, chat)).toBe(`*** ${index}`);
      expect(ok(await own.revisions(1))).toHaveLength(index + 1);
    }
    expect(JSON.stringify(await bob.pull(chat))).not.toContain("damn");
    ok(await own.edit(1, "damn", { if_rev: 3 }));
    expect(ok(await own.edit(1, "damn", { if_rev: 0 })).rev).toBe(3);
  });

  test("is answered as ever once it is made, whatever the endpoint says now", async () => {
    const [alice, bob, chat] = await pair();
    for (const edit of await edits(alice, chat)) expect(await edit("fine")).toBe(0);
    for (const verdict of [() => ({ action: "deny" }), modify("***"), () => Promise.reject(new Error("down"))]) {
      endpoint.decide = verdict;
      for (const edit of await edits(alice, chat)) expect(await edit("fine")).toBe(0);
    }
    expect(await textOf(bob, chat)).toBe("fine");
    expect(ok(await operating(alice, chat).revisions(1))).toHaveLength(1);
  });

  test("is checked again when the answer is there", async () => {
    const [owner, member] = await people("owner", "member");
    const { group_id, conversation_id: chat } = await makeGroup(owner, member);
    for (const path of ["http", "socket"]) {
      const { seq } = await member.text({ group_id });
      const room = await member.roomSocket(chat);
      endpoint.decide = async () => {
        endpoint.decide = allow;
        ok(await operating(owner, chat).recall(seq));
        return allow();
      };
      const body = { conversation_id: chat, seq, content: { text: path } };
      const asked = path === "http" ? member.post("/msg/edit", body) : room.request(1012, body);
      expect(await asked).toMatchObject(path === "http" ? { code: 4007 } : { err_code: 4007 });
    }
  });

  test("is not asked about if it is refused anyway: not theirs, not there, recalled, unfit, or over the rate", async () => {
    const [alice, bob, chat] = await pair();
    const [carol] = await people("carol");
    endpoint.asked.length = 0;
    expect((await operating(bob, chat).edit(1, "mine now")).code).toBe(4009);
    expect((await operating(carol, chat).edit(1, "mine now")).code).toBe(1007);
    const own = operating(alice, chat);
    expect((await own.edit(9, "nothing")).code).toBe(4001);
    expect((await own.edit(1, "", { content: { image_url: "x" } })).code).toBe(1001);
    const { seq } = await alice.text(bob, "to be recalled");
    ok(await own.recall(seq));
    endpoint.asked.length = 0;
    expect((await own.edit(seq, "back again")).code).toBe(4007);
    expect(endpoint.asked).toEqual([]);
    const answers: number[] = [];
    for (let n = 0; n < 12; n++) answers.push((await own.edit(1, `text ${n}`)).code);
    expect(answers).toContain(1006);
    expect(endpoint.asked).toHaveLength(answers.filter((code) => code === 0).length);
  });

  test("takes nothing from the rate while it is denied, on every path [OPS-9]", async () => {
    const [alice, , chat] = await pair();
    endpoint.deny("spam");
    for (const edit of await edits(alice, chat)) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => edit("spam")));
      for (let n = 0; n < 16; n++) answers.push(await edit("spam"));
      expect(new Set(answers)).toEqual(new Set([4011]));
      expect(await edit("fine")).toBe(0);
    }
  });

  test("keeps its order with the edits and sends after it, however long the answers take", async () => {
    const [alice, bob, chat] = await pair();
    for (const socket of [await alice.socket(), await alice.roomSocket(chat)]) {
      let pause = 200;
      endpoint.decide = async () => {
        const wait = pause;
        pause = 0;
        await scheduler.wait(wait);
        return allow();
      };
      const texts = ["slow", "quick", "last"];
      const body = (text: string) => ({ conversation_id: chat, seq: 1, content: { text } });
      const answers = await Promise.all(texts.map((text) => socket.request(1012, body(text))));
      expect(answers.map(({ err_code }) => err_code)).toEqual([0, 0, 0]);
      expect(await textOf(bob, chat)).toBe("last");
    }
  });

  test("is denied while the endpoint is down, if the setting is closed; the same edit passes later", async () => {
    const [alice, bob, chat] = await pair();
    for (const [index, edit] of (await edits(alice, chat)).entries()) {
      for (const down of [() => Promise.reject(new TypeError("no route")), () => new Response("", { status: 503 })]) {
        endpoint.decide = down;
        expect(await edit(`later ${index}`)).toBe(4011);
      }
      endpoint.decide = () => ({ action: "modify", content: { image_url: "x" } });
      expect(await edit(`later ${index}`)).toBe(4011);
      endpoint.decide = allow;
      expect(await edit(`later ${index}`)).toBe(0);
    }
    expect(await textOf(bob, chat)).toBe("later 2");
  });
});

describe("[HOOK-5] a forward is asked about before it is sent, and", () => {
  test("may be denied: 4011, and nothing is stored", async () => {
    const [alice, , chat] = await pair();
    const [carol] = await people("carol");
    endpoint.deny("first");
    const answer = await alice.post("/msg/forward", forwardBody(chat, carol, "f1"));
    expect(answer).toMatchObject({ status: 403, code: 4011, msg: "no first here" });
    expect(endpoint.asked.at(-1)).toMatchObject({
      type: "message.sending",
      data: { conversation_id: alice.chatWith(carol), sender_id: alice.id, client_msg_id: "f1" },
    });
    expect(await carol.list()).toEqual([]);
  });

  test("may be denied for one of its messages: the others are sent", async () => {
    const [alice, bob, chat] = await pair();
    const [carol] = await people("carol");
    await alice.text(bob, "second");
    endpoint.deny("first");
    const body = { ...forwardBody(chat, carol, "f1"), seqs: [1, 2], client_msg_ids: ["f1", "f2"] };
    expect((await alice.post("/msg/forward", body)).code).toBe(4011);
    await eventually(async () => {
      const { messages } = await carol.pull(alice.chatWith(carol));
      expect(messages.map(({ content }) => content)).toEqual([{ text: "second" }]);
    });
  });

  test("may be changed; a repeat is answered as ever, whatever the endpoint says now [SEND-3]", async () => {
    const [alice, , chat] = await pair();
    const [carol] = await people("carol");
    endpoint.decide = modify("***");
    const body = forwardBody(chat, carol, "f1");
    const sent = ok(await alice.post<Message[]>("/msg/forward", body));
    expect(sent[0]?.content).toEqual({ text: "***" });
    endpoint.decide = () => ({ action: "deny" });
    expect(ok(await alice.post("/msg/forward", body))).toEqual(sent);
    expect((await carol.pull(alice.chatWith(carol))).messages.map(({ content }) => content)).toEqual([{ text: "***" }]);
  });

  test("is denied while the endpoint is down, if the setting is closed", async () => {
    const [alice, , chat] = await pair();
    const [carol] = await people("carol");
    endpoint.decide = () => Promise.reject(new TypeError("no route"));
    expect((await alice.post("/msg/forward", forwardBody(chat, carol, "f1"))).code).toBe(4011);
    expect(await carol.list()).toEqual([]);
  });
});
