import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { billing } from "../../helpers/workers/billing.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { type Person, pair } from "../../helpers/workers/people.ts";
import { browserOf } from "../../helpers/workers/push.ts";

Object.assign(env, { ADMIN_LIMIT: undefined });
const { clock, expectCost } = await billing();
const key = await makeKey("messages");
let sent = 0;

test("[KEY-5] [READ-2] what the backend sends and takes back", async () => {
  const [alice, bob, chat] = await pair();
  const course = { chat, by: alice, told: 2 };
  const send = (more: object = {}) =>
    key.post<{ seq: number }>("/admin/messages", {
      client_msg_id: `auto-${++sent}`,
      sender_id: alice.id,
      recv_id: bob.id,
      msg_type: 1,
      content: { text: "hello" },
      ...more,
    });
  // The key is known from now on.
  ok(await send());
  await expectCost("text of the backend", send, course);
  // The first one also makes a table.
  ok(await send({ sender_read: false }));
  await expectCost("text of the backend, unread by its sender", () => send({ sender_read: false }), course);
  const { seq } = ok(await send());
  const body = { user_id: alice.id, conversation_id: chat, seqs: [seq] };
  await expectCost("recall by the backend", () => key.post("/admin/messages/recall", body), course);
});

async function notify(person: Person): Promise<void> {
  const due = await eventually(async () => {
    const time = await alarmOf(inboxOf(person));
    expect(time).not.toBeNull();
    return time ?? 0;
  });
  clock.now = Math.max(clock.now, due);
  await ring(inboxOf(person));
}

test("[NOTIFY-8] a recall that withdraws a notification", async () => {
  const [alice, bob, chat] = await pair();
  ok(await bob.read(chat, 1));
  const phone = await browserOf(bob);
  const { seq } = await alice.text(bob, "a secret");
  await notify(bob);
  await phone.gets(1);
  await expectCost(
    "recall, single chat, notification withdrawn",
    async () => {
      ok(await operating(alice, chat).recall(seq));
      await notify(bob);
      await phone.gets(2);
    },
    { chat, by: alice, told: 1 },
  );
});
