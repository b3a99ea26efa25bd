import { describe, expect, test } from "vitest";
import { ok, refused } from "../helpers/node/checks.ts";
import { cast, talkingPair } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";

const suite = useServer();
type Typed = { conversation_id: string; user_id: string; typing: boolean };

describe("typing (1008, 2006)", () => {
  test("[TYPE-1] is shown on the peer's sockets of both kinds, not on the user's own, and ends by itself", async () => {
    const [alice, bob, chat] = await talkingPair(suite.rest);
    const [mine, his, hisInChat] = await Promise.all([alice.socket(), bob.socket(), bob.socketOf(chat)]);
    expect(ok(await mine.request(1008, { conversation_id: chat, typing: true }))).toEqual({});
    for (const socket of [his, hisInChat]) {
      const shown = { conversation_id: chat, user_id: alice.id, typing: true };
      expect((await socket.nextPush<Typed>(2006)).data).toEqual(shown);
      expect((await socket.nextPush<Typed>(2006)).data).toEqual({ ...shown, typing: false });
    }
    expect(mine.pushes.filter((push) => push.req_identifier === 2006)).toEqual([]);
    expect((await alice.pull(chat)).max_seq).toBe(1);
  });

  test("[TYPE-1] is pushed once in two seconds, however often it is sent", async () => {
    const [alice, bob, chat] = await talkingPair(suite.rest);
    const [mine, his] = await Promise.all([alice.socketOf(chat), bob.socket()]);
    for (let time = 0; time < 5; time++) ok(await mine.request(1008, { conversation_id: chat, typing: true }));
    ok(await mine.request(1008, { conversation_id: chat, typing: false }));
    expect((await his.nextPush<Typed>(2006)).data.typing).toBe(true);
    expect((await his.nextPush<Typed>(2006)).data.typing).toBe(false);
    expect(his.pushes.filter((push) => push.req_identifier === 2006)).toEqual([]);
  });

  test("[VIS-4] an outsider's is 1007", async () => {
    const [[, , chat], [mallory]] = await Promise.all([talkingPair(suite.rest), cast(suite.rest, "mallory")]);
    const socket = await mallory.socket();
    refused(await socket.request(1008, { conversation_id: chat, typing: true }), 1007);
  });
});

describe("GET /msg/read_by", () => {
  test("[READ-5] lists the readers of a message except the sender, in pages; outsiders learn nothing", async () => {
    const [owner, bob, carol, mallory] = await cast(suite.rest, "owner", "bob", "carol", "mallory");
    const group = await owner.api.group.create({ name: "g", member_ids: [bob.id, carol.id] });
    const message = await owner.textGroup(group, "read this");
    const query = { conversation_id: message.conversation_id, seq: message.seq };
    const readers = async (page = {}) => {
      const { items, next } = await owner.api.msg.readBy({ ...query, ...page });
      return { users: items.map(({ user_id }) => user_id), next };
    };
    expect(await readers()).toEqual({ users: [], next: "" });
    for (const { api } of [bob, carol]) await api.conversation.markRead(message.conversation_id, message.seq);
    const both = [bob.id, carol.id].sort();
    expect(await readers()).toEqual({ users: both, next: "" });
    const first = await readers({ limit: 1 });
    expect(first).toEqual({ users: [both[0]], next: expect.stringMatching(/./) });
    expect(await readers({ limit: 1, cursor: first.next })).toEqual({ users: [both[1]], next: "" });
    const { meta } = await owner.rest.get("/msg/read_by", { ...query, limit: 1 });
    expect(meta).toEqual({ next_cursor: first.next, has_more: true });
    refused(await owner.rest.get("/msg/read_by", { ...query, seq: 99 }), 4001);
    refused(await mallory.rest.get("/msg/read_by", query), 1007);
  });
});
