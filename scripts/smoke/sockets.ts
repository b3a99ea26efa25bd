import type { Message, ReadState } from "../../src/client/index.ts";
import { contains, equal, ok, refused, shaped, that } from "../../test/helpers/node/checks.ts";
import { sendOver } from "../../test/helpers/node/people.ts";
import type { Socket } from "../../test/helpers/node/socket.ts";
import { messageShape, outgoing, type Pushed, platform, type Sent, sentShape } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

type Read = { conversation_id: string; user_id: string; read_seq: number; prev: number; cursor: number };

export async function sockets(smoke: Smoke): Promise<void> {
  const [alice, bob] = await smoke.cast("alice", "bob");
  const chat = alice.chatWith(bob);
  const phone = await smoke.step("alice signs in on a phone too", () => alice.on(platform.ios));

  const [web, mobile, his] = await smoke.step("sockets: token by query, header and subprotocol", async () => {
    const bySubprotocol = await smoke.keep(bob.socket({ by: "subprotocol" }));
    equal(bySubprotocol.protocol, "nexo", "the subprotocol answered");
    const byHeader = await smoke.keep(phone.socket({ by: "header" }));
    return [await smoke.keep(alice.socket()), byHeader, bySubprotocol] as const;
  });

  const pushedTo = async (socket: Socket, seq: number) => {
    const { data } = await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.some((m) => m.seq === seq) ?? false);
    const message = data.msgs[chat]?.find((candidate) => candidate.seq === seq);
    return shaped(message as Message, messageShape, "pushed message");
  };

  await smoke.step(
    "send (1003): answered, pushed to the peer and the sender's other device, not to the sending socket",
    async () => {
      const body = outgoing({ user: bob.id }, { text: "over the socket" });
      const answer = await web.request<Sent>(1003, body);
      const operation_id = answer.msg_incr;
      contains(answer, { req_identifier: 1003, operation_id, err_msg: "", encoded: false }, "the answer");
      const data = shaped(ok(answer), sentShape, "answer");
      const { client_msg_id } = body;
      contains(data, { conversation_id: chat, seq: 1, client_msg_id }, "the answer's data");
      const pushed = await pushedTo(his, 1);
      equal(pushed.content, body.content, "the pushed content");
      equal([pushed.sender_id, pushed.id, pushed.send_at], [alice.id, data.server_msg_id, data.send_at], "the push");
      equal(await pushedTo(mobile, 1), pushed, "the push to alice's phone");
      equal((await bob.pull(chat)).messages, [pushed], "the message as pulled");
      await web.ping();
      that(!web.log.some((f) => f.req_identifier === 2001), "the sending socket gets no push of its own message");
    },
  );

  await smoke.step(
    "newest seqs (1001): of all conversations, or of the requested ones that are the caller's",
    async () => {
      equal(ok(await web.request(1001, {})), { seqs: { [chat]: 1 } }, "all");
      const conversation_ids = [chat, "sg_of-others"];
      equal(ok(await web.request(1001, { conversation_ids })), { seqs: { [chat]: 1 } }, "asked for");
    },
  );

  await smoke.step(
    "read state (1006) and mark read (1007), pushed to the user's devices and the peer (2003)",
    async () => {
      const state = () => his.request<ReadState>(1006, { conversation_id: chat });
      equal(ok(await state()), { max_seq: 1, read_seq: 0, unread_count: 1, rev: 0 }, "before");
      const marked = ok(await his.request<Read>(1007, { conversation_id: chat, read_seq: 1 }));
      equal(marked.read_seq, 1, "the answer's read_seq");
      equal(ok(await state()), { max_seq: 1, read_seq: 1, unread_count: 0, rev: 0 }, "after");
      for (const socket of [web, mobile]) {
        const { data } = await socket.nextPush<Read>(2003, ({ user_id }) => user_id === bob.id);
        equal([data.conversation_id, data.read_seq], [chat, 1], "the push to the peer");
      }
    },
  );

  const inChat = await smoke.step("a conversation's socket: the same frames, cursors unknown (0)", async () => {
    const socket = await smoke.keep(bob.socketOf(chat));
    equal(await socket.ping(), "pong", "the answer to ping");
    const sent = await sendOver(socket, outgoing({ user: alice.id }, { text: "from within" }));
    equal([sent.seq, sent.prev, sent.cursor], [2, 0, 0], "seq, prev and cursor of the answer");
    equal((await pushedTo(web, 2)).content, { text: "from within" }, "the push to alice");
    await alice.text(bob, "back");
    const { data } = await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.[0]?.seq === 3);
    equal([data.prev, data.cursor], [0, 0], "prev and cursor of a push");
    equal(
      ok(await socket.request(1006, { conversation_id: chat })),
      ok(await his.request(1006, { conversation_id: chat })),
      "read state on both sockets",
    );
    return socket;
  });

  await smoke.step("ping is answered pong:<cursor> on the user's socket", async () => {
    const { cursor } = await sendOver(web, outgoing({ user: bob.id }, { text: "ping?" }));
    equal(await web.ping(), `pong:${cursor}`, "the answer to ping");
  });

  await smoke.step("v2 frames: base64 in, base64 out, on this socket only", async () => {
    const old = await smoke.keep(phone.socket({ v2: true }));
    const body = outgoing({ user: bob.id }, { image: "https://example.org/i.png" }, { msg_type: 2 });
    const answer = await old.request<Sent>(1003, body);
    ok(answer);
    equal(answer.encoded, true, "base64 in the answer");
    const { seq } = await bob.text(alice, "to both kinds");
    const isLast = ({ msgs }: Pushed) => msgs[chat]?.at(-1)?.seq === seq;
    equal((await old.nextPush(2001, isLast)).encoded, true, "base64 in the push");
    equal((await mobile.nextPush(2001, isLast)).encoded, false, "plain on the other socket");
    for (const query of [{ sdk_type: "go" }, { send_id: bob.id }]) {
      const declared = await smoke.keep(bob.socket({ query }));
      const { encoded, binary } = await declared.request(1001, {});
      equal([encoded, binary].join(), "true,true", `binary frames of base64 with ${Object.keys(query)} in the query`);
    }
  });

  await smoke.step("data that is not a frame gets 3001, an unknown request 5003; the sockets stay open", async () => {
    for (const socket of [web, inChat]) {
      socket.send("not a frame");
      const told = await socket.nextPush(3001);
      equal(told.err_code, 5003, "err_code of 3001");
      const unknown = await socket.request(4242, {});
      refused(unknown, 5003);
      equal(unknown.req_identifier, 4242, "req_identifier, echoed");
      ok(await socket.request(1006, { conversation_id: chat }));
    }
  });
}
