import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { billing } from "../../helpers/workers/billing.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { makeGroup, outgoing, pair, people } from "../../helpers/workers/people.ts";
import type { TestSocket } from "../../helpers/workers/socket.ts";

const { expectCost } = await billing();

/** A single chat of ten messages of alice, in which each kind of operation was used once: the tables are made. */
async function usedChat() {
  const [alice, bob, chat] = await pair();
  for (let sent = 1; sent < 10; sent++) await alice.text(bob);
  const hers = operating(alice, chat);
  ok(await hers.react(1, "👍"));
  ok(await hers.edit(1, "edited"));
  ok(await hers.pin(2));
  ok(await hers.remove(1));
  ok(await hers.recall(2));
  return { alice, bob, chat, hers };
}

const kinds = ["user's", "conversation's"] as const;

test.each(kinds)("[OPS-1] what is quiet costs three rows and tells no inbox, %s socket", async (kind) => {
  const { alice, chat } = await usedChat();
  const course = { chat, by: alice, told: 0 };
  const socket = await (kind === "user's" ? alice.socket() : alice.roomSocket(chat));
  const at = { conversation_id: chat, seq: 4 };
  const react = (emoji: string, on: boolean) => () => done(socket, 1015, { ...at, emoji, on });
  await expectCost(`first reaction to a text, single chat, ${kind} socket`, react("👍", true), course);
  await expectCost(`further reaction to a text, single chat, ${kind} socket`, react("🎉", true), course);
  await expectCost(`reaction taken back, single chat, ${kind} socket`, react("👍", false), course);
  const edit = (seq: number) => () => done(socket, 1012, { ...at, seq, content: { text: "edited" } });
  await expectCost(`edit of an older text, single chat, ${kind} socket`, edit(5), course);
  const pin = () => done(socket, 1016, { ...at, seq: 6, on: true });
  await expectCost(`pin, single chat, ${kind} socket`, pin, course);
});

test.each(kinds)("[OPS-3] [OPS-4] [OPS-5] what lists show costs what a text costs, %s socket", async (kind) => {
  const { alice, chat } = await usedChat();
  const course = { chat, by: alice, told: kind === "user's" ? 1 : 2 };
  const socket = await (kind === "user's" ? alice.socket() : alice.roomSocket(chat));
  const of = (...seqs: number[]) => ({ conversation_id: chat, seqs });
  const edit = () => done(socket, 1012, { conversation_id: chat, seq: 10, content: { text: "edited" } });
  await expectCost(`edit of the newest text, single chat, ${kind} socket`, edit, course);
  await expectCost(`recall, single chat, ${kind} socket`, () => done(socket, 1013, of(5)), course);
  const remove = () => done(socket, 1014, of(6));
  await expectCost(`delete for me, single chat, ${kind} socket`, remove, { ...course, told: course.told - 1 });
});

test("[OPS-7] a mention costs a row; a reply and a forward cost none", async () => {
  const names = Array.from({ length: 9 }, (_, at) => `member-${at}`);
  const [owner, ...members] = await people("owner", ...names);
  const [first] = members;
  if (!owner || !first) throw new Error("nobody");
  const group = await makeGroup(owner, ...members);
  const chat = group.conversation_id;
  await owner.text(group);
  const course = { chat, by: owner, told: 9 };
  const socket = await owner.socket();
  const send = (meta: object) => () => done(socket, 1003, { ...outgoing(group, "hello"), meta });
  await send({ mentions: [first.id] })();
  await expectCost("text that mentions one, group of 10, user's socket", send({ mentions: [first.id] }), course);
  await expectCost("text that replies, group of 10, user's socket", send({ reply_to: 1 }), course);
  const forward = () =>
    owner.post("/msg/forward", { from_conversation_id: chat, seqs: [1], client_msg_ids: ["forwarded"], ...group });
  await expectCost("text forwarded within a group of 10", async () => ok(await forward()), course);
});

test("[OPS-2] changed messages are asked for without a row", async () => {
  const { alice, chat } = await usedChat();
  const socket = await alice.socket();
  const ask = () => done(socket, 1011, { conversation_id: chat, since_rev: 0 });
  await expectCost("changed messages asked for, user's socket", ask);
});

async function done(socket: TestSocket, frame: number, data: object): Promise<void> {
  expect(await socket.request(frame, data)).toMatchObject({ err_code: 0 });
}
