import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../src/protocol/model.ts";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import type { Person } from "../../test/helpers/node/people.ts";
import type { Rest } from "../../test/helpers/node/rest.ts";
import { groupConversationId } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

const PATIENCE = 30_000;

/**
 * The server API, webhooks, and a push by webhook. It needs a key with the scope `all` in NEXO_KEY, and without it tries
 * only the refusals. Webhooks reach this machine if the server runs on it, with WEBHOOKS and WEBHOOK_PRIVATE on.
 */
export async function backend(smoke: Smoke): Promise<void> {
  const [ann, ben] = await smoke.cast("ann", "ben");

  await smoke.step("no key, a made-up one and a user's token: 2003, 2001, 2001", async () => {
    refused(await smoke.server.get("/admin/stats"), 2003);
    refused(await smoke.server.as(`nxk_${"a".repeat(12)}_${"A".repeat(43)}`).get("/admin/stats"), 2001);
    refused(await ann.rest.post("/admin/messages/recall", {}), 2001);
  });

  const { NEXO_KEY } = process.env;
  if (!NEXO_KEY) return;
  const key = smoke.server.as(NEXO_KEY);
  await accountsAndGroups(smoke, key, ann);
  await messages(smoke, key, ann, ben);
  await webhooks(smoke, key, ann, ben);
}

async function accountsAndGroups(smoke: Smoke, key: Rest, ann: Person): Promise<void> {
  await smoke.step("an account is made, signed in, banned and let in again", async () => {
    const user_id = `shop-${ann.id}`;
    for (const created of [true, false]) {
      const made = ok(await key.post<{ created: boolean }>("/admin/users", { user_id, nickname: "Customer" }));
      equal(made.created, created, "created");
    }
    const { token } = ok(await key.post<{ token: string }>("/admin/tokens", { user_id }));
    ok(await smoke.server.as(token).get("/user/info"));
    ok(await key.post(`/admin/users/${user_id}/ban`));
    refused(await smoke.server.as(token).get("/user/info"), 2001);
    refused(await key.post("/admin/tokens", { user_id }), 2009);
    ok(await key.post(`/admin/users/${user_id}/unban`));
    ok(await key.post("/admin/tokens", { user_id }));
  });

  await smoke.step("a group is made for its owner, announced to, and dismissed", async () => {
    const { id } = ok(await key.post<{ id: string }>("/admin/groups", { owner_id: ann.id, name: "Shop" }));
    const said = { sender_id: "system", group_id: id, client_msg_id: "open", msg_type: 1, content: { text: "Open!" } };
    equal(ok(await key.post<Message>("/admin/messages", said)).seq, 1, "the seq");
    ok(await key.post(`/admin/groups/${id}/dismiss`));
    refused(await key.post("/admin/messages", { ...said, client_msg_id: "late" }), 3002);
    equal((await ann.pull(groupConversationId(id))).max_seq, 2, "the newest seq");
  });
}

async function messages(smoke: Smoke, key: Rest, ann: Person, ben: Person): Promise<void> {
  const send = async (client_msg_id: string, more: object = {}) => {
    const body = { sender_id: ben.id, recv_id: ann.id, client_msg_id, msg_type: 1, content: { text: "I am away" } };
    return ok(await key.post<Message>("/admin/messages", { ...body, ...more }));
  };

  await smoke.step("a message in a user's name leaves their mark where it is, if it is to", async () => {
    const { conversation_id, seq } = await ann.text(ben, "are you there?");
    await send("away", { sender_read: false });
    const state = await ben.api.conversation.readState(conversation_id);
    equal([state.read_seq < seq, state.unread_count >= 2], [true, true], "the mark of the sender");
    await send("away-2");
    equal((await ben.api.conversation.readState(conversation_id)).unread_count, 0, "unread");
  });

  await smoke.step("a message is edited as its sender, and recalled as system", async () => {
    const { conversation_id, seq } = await send("edit-me");
    const where = { conversation_id, user_id: ben.id };
    ok(await key.post("/admin/messages/edit", { ...where, seq, content: { text: "back at nine" } }));
    refused(await key.post("/admin/messages/edit", { ...where, user_id: ann.id, seq, content: { text: "x" } }), 4009);
    const recall = { conversation_id, user_id: "system", seqs: [seq] };
    const { results } = ok(await key.post<{ results: object[] }>("/admin/messages/recall", recall));
    equal(results, [{ seq, code: 0 }], "the results");
    const { messages: pulled } = await ann.pull(conversation_id);
    equal(pulled.at(-1)?.content, {}, "the content");
  });

  await smoke.step("the audit has it", async () => {
    const [entry] = ok(await key.get<{ path: string }[]>("/admin/audit"));
    equal(entry?.path, "/admin/messages/recall", "the newest entry");
  });
}

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly token?: string; readonly notification?: { body: string } };
}

async function webhooks(smoke: Smoke, key: Rest, ann: Person, ben: Person): Promise<void> {
  const events: Event[] = [];
  const receiver = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    events.push(JSON.parse(body));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const hook = await key.post<{ hook_id: string }>("/admin/hooks", { url, types: ["message.sent", "push.requested"] });
  const { kinds } = await ann.api.push.key();
  // Otherwise the server does not call this machine.
  if (hook.code === 0 && kinds.includes("hook")) {
    await smoke.step("a message and a push reach the endpoint", async () => {
      await ann.api.push.register({ kind: "hook", token: "a token", service: "apns" });
      const { conversation_id, seq } = await ben.text(ann, "to your pocket");
      const told = await arrival(events, ({ id }) => id === `${conversation_id}:${seq}`);
      equal(told.type, "message.sent", "the type");
      const asked = await arrival(events, ({ data }) => data.token === "a token");
      equal(asked.data.notification?.body, "to your pocket", "the text");
    });
  }
  if (hook.code === 0) ok(await key.post(`/admin/hooks/${hook.data.hook_id}/remove`));
  receiver.close();
}

async function arrival(events: readonly Event[], fits: (event: Event) => boolean): Promise<Event> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(50)) {
    const event = events.find(fits);
    if (event) return event;
  }
  that(false, "an event arrives in time", events);
  throw new Error("unreachable");
}
