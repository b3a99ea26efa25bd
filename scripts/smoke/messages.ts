import type { Message, Pulled, PullRequest } from "../../src/client/index.ts";
import { contains, equal, ok, refused, shaped, that } from "../../test/helpers/node/checks.ts";
import { uniqueId } from "../../test/helpers/node/people.ts";
import { messageShape, outgoing, type Sent } from "../../test/helpers/node/wire.ts";
import { malformedContents, wellFormedContents } from "./contents.ts";
import type { Smoke } from "./run.ts";

export async function messages(smoke: Smoke): Promise<void> {
  const [alice, bob] = await smoke.cast("alice", "bob");
  const chat = alice.chatWith(bob);
  const first = outgoing({ user: bob.id }, { text: "hello, bob 👋" });

  await smoke.step("a chat without messages is empty for its two users, and is not in lists", async () => {
    equal(await alice.pull(chat), { messages: [], max_seq: 0, rev: 0, mine: {}, deleted: [] }, "the pull");
    equal(await alice.api.conversation.list(), { items: [], next: "" }, "the list");
  });

  const sent = await smoke.step("the first message, by REST, creates the chat", async () => {
    const answer = await alice.rest.post<Message>("/msg/send", first);
    const message = shaped(ok(answer), messageShape, "message");
    const { id, server_msg_id, send_at } = message;
    const { client_msg_id, content } = first;
    const expected = { conversation_id: chat, seq: 1, client_msg_id, sender_id: alice.id, recv_id: bob.id };
    contains(message, { ...expected, group_id: "", session_type: 1, msg_type: 1, content }, "the message");
    that(id === server_msg_id && Number.isSafeInteger(id), "id is server_msg_id, an integer", id);
    that(Math.abs(Date.now() - send_at) < 3_600_000, "send_at is now, in milliseconds", send_at);
    equal(await bob.pull(chat), { messages: [message], max_seq: 1, rev: 0, mine: {}, deleted: [] }, "bob's pull");
    return { answer, message };
  });

  await smoke.step("a retry by REST gets the same answer, byte for byte", async () => {
    const retry = await alice.rest.post("/msg/send", { ...first, content: { text: "changed" } });
    equal(retry.raw, sent.answer.raw, "the body of the retry");
  });

  await smoke.step("a retry on either socket gets the same answer, byte for byte", async () => {
    const sockets = [alice.socket(), alice.socketOf(chat)].map((socket) => smoke.keep(socket));
    const { server_msg_id, conversation_id, seq, client_msg_id, send_at } = sent.message;
    const expected = JSON.stringify({ server_msg_id, conversation_id, seq, client_msg_id, send_at });
    for (const socket of sockets) {
      const { prev: _, cursor: __, ...data } = ok(await (await socket).request<Sent>(1003, first));
      equal(JSON.stringify(data), expected, "the answer's data, prev and cursor aside");
    }
    equal((await alice.pull(chat)).max_seq, 1, "max_seq");
  });

  await smoke.step("every type of message comes back as it was sent, including v2's short form", async () => {
    for (const [msg_type, content] of wellFormedContents) {
      const body = outgoing({ user: alice.id }, content, { msg_type });
      const message = await bob.api.msg.send(body);
      equal([message.msg_type, message.content], [msg_type, content], "type and content");
    }
  });

  await smoke.step("content without its type's key, a client's notice, an unknown type: 1001", async () => {
    for (const [msg_type, content] of malformedContents) {
      const body = outgoing({ user: alice.id }, content, { msg_type });
      refused(await bob.rest.post("/msg/send", body), 1001);
    }
  });

  await smoke.step("a message to yourself is 1001, to an unknown user 2006", async () => {
    const text = { text: "?" };
    refused(await alice.rest.post("/msg/send", outgoing({ user: alice.id }, text)), 1001);
    refused(await alice.rest.post("/msg/send", outgoing({ user: uniqueId("nobody") }, text)), 2006);
  });

  const count = 1 + wellFormedContents.length;

  await smoke.step("pull: ranges, limits, both orders", async () => {
    const seqs = async (query: Omit<PullRequest, "conversation_id">) => {
      const pulled = await alice.pull(chat, query);
      equal(pulled.max_seq, count, "max_seq of a pull");
      return pulled.messages.map(({ seq }) => seq);
    };
    const all = Array.from({ length: count }, (_, index) => index + 1);
    equal(await seqs({}), all, "all");
    equal(await seqs({ order: "desc" }), all.toReversed(), "all, newest first");
    equal(await seqs({ begin_seq: 3, end_seq: 5 }), [3, 4, 5], "from 3 to 5");
    equal(await seqs({ begin_seq: 3, limit: 2 }), [3, 4], "two from 3 on");
    equal(await seqs({ end_seq: 5, limit: 2, order: "desc" }), [5, 4], "two from 5 back");
    equal(await seqs({ begin_seq: count + 1 }), [], "past the end");
    equal(await seqs({ limit: 5_000 }), all, "a limit over 100 counts as 100");
    refused(await alice.rest.get("/msg/pull", { conversation_id: chat, limit: -1 }), 1001);
  });

  await smoke.step("pull by list and by range over a socket, and max_seq", async () => {
    const socket = await smoke.keep(alice.socket());
    const seqs = async (kind: number, data: Record<string, unknown>) => {
      const pulled = ok(await socket.request<Pulled>(kind, { conversation_id: chat, ...data }));
      equal(pulled.max_seq, count, `max_seq of ${kind}`);
      return pulled.messages.map(({ seq }) => seq);
    };
    equal(await seqs(1002, { seq_list: [2, 4, 4_000] }), [2, 4], "by list");
    equal(await seqs(1002, { begin_seq: 2, end_seq: 3, limit: 10 }), [2, 3], "by v2's range");
    equal(await seqs(1005, { begin_seq: 2, limit: 2 }), [2, 3], "by range");
    equal(await seqs(1005, { limit: 1, order: "desc" }), [count], "newest");
    equal(await bob.api.msg.maxSeq(chat), { max_seq: count }, "max_seq");
  });
}
