import { expect, test } from "vitest";
import { ok } from "../helpers/node/checks.ts";
import type { Socket } from "../helpers/node/client.ts";
import { type Person, pair, sendOver, talkingPair } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { type Message, outgoing, type Sent } from "../helpers/node/wire.ts";

const suite = useServer({ SEND_RATE_PER_SECOND: "100000", SEND_BURST: "100000" });

/** Sends in flight on each socket, and how many have to be answered before the power goes. */
const lanes = 16;
const enough = 200;

type Attempt = { from: Person; body: ReturnType<typeof outgoing>; answer?: Sent };

test("kill -9 under load: what was answered is there with its seq, retries of the rest make no double", async () => {
  const [alice, bob, chat] = await talkingPair(suite.api);
  const attempts: Attempt[] = [];
  const reached = Promise.withResolvers<void>();
  let count = 0;
  const onAnswer = () => {
    if (++count === enough) reached.resolve();
  };
  const talking = [
    talk(alice, bob, await alice.socket(), attempts, onAnswer),
    talk(bob, alice, await bob.socketOf(chat), attempts, onAnswer),
  ];
  await Promise.race([reached.promise, Promise.all(talking)]);
  await suite.server.kill9();
  await Promise.all(talking);
  await suite.server.restart();

  const answered = attempts.filter(({ answer }) => answer !== undefined);
  expect(answered.length).toBeGreaterThanOrEqual(enough);
  expect(attempts.length).toBeGreaterThan(answered.length);
  const stored = byClientId(await history(bob, chat));
  for (const { body, answer } of answered) {
    const { seq, server_msg_id: id } = answer as Sent;
    expect(stored.get(body.client_msg_id)).toMatchObject({ seq, id, content: body.content });
  }

  for (const { from, body } of attempts) {
    const again = ok(await from.api.post<Message>("/msg/send", body));
    const before = stored.get(body.client_msg_id);
    if (before) expect(again).toEqual(before);
  }
  const messages = await history(alice, chat);
  expect(messages.map(({ seq }) => seq)).toEqual(upTo(attempts.length + 1));
  expect(byClientId(messages).size).toBe(messages.length);
});

test("after a crash the list, the pushes and the cursor go on where they were", async () => {
  const [alice, bob, chat] = await pair(suite.api);
  const before = await alice.socket();
  await bob.text(alice, "before the crash");
  const { data } = await before.nextPush<{ cursor: number }>(2001);
  await suite.server.kill9();
  await suite.server.restart();
  const after = await alice.socket();
  expect(await after.ping()).toBe(`pong:${data.cursor}`);
  await bob.text(alice, "after the crash");
  const push = await after.nextPush<{ prev: number }>(2001);
  expect(push.data.prev).toBe(data.cursor);
  const unread = await alice.api.get("/conversation/unread_count", { conversation_id: chat });
  expect(ok(unread)).toEqual({ unread_count: 2 });
});

/** Sends in several lanes until the socket breaks. */
async function talk(from: Person, to: Person, socket: Socket, attempts: Attempt[], onAnswer: () => void) {
  const lane = async (): Promise<void> => {
    for (;;) {
      const attempt: Attempt = { from, body: outgoing({ user: to.id }, { text: `${attempts.length}` }) };
      attempts.push(attempt);
      attempt.answer = await sendOver(socket, attempt.body);
      onAnswer();
    }
  };
  await Promise.allSettled(upTo(lanes).map(lane));
}

async function history(who: Person, chat: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const page = await who.pull(chat, { begin_seq: messages.length + 1 });
    messages.push(...page.messages);
    if (page.messages.length === 0) return messages;
  }
}

function byClientId(messages: Message[]): Map<string, Message> {
  return new Map(messages.map((message) => [message.client_msg_id, message]));
}
