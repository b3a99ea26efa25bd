import { describe, expect, test } from "vitest";
import type { Group } from "../../../src/protocol/group-model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { outgoing, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ SEND_BURST: 20, SEND_RATE_PER_SECOND: 5, MAX_GROUP_MEMBERS: 2 });

interface Pushed {
  msgs: Record<string, { seq: number }[]>;
}

describe("on a socket", () => {
  test("[SOCK-2] a socket that keeps flooding is closed 4008, even if some frames are accepted", async () => {
    const [alice, bob] = await pair();
    const socket = await alice.socket();
    let accepted = 0;
    let closed = false;
    void socket.closed.then(() => {
      closed = true;
    });
    for (let round = 0; round < 20 && !closed; round++) {
      const sent = Array.from({ length: 300 }, () => socket.post(1003, outgoing(bob, "flood")));
      const last = await Promise.race([socket.answer(sent.at(-1) ?? ""), socket.closed]);
      if ("code" in last) break;
      accepted = socket.log.filter((frame) => frame.msg_incr !== "" && frame.err_code === 0).length;
    }
    expect(accepted).toBeGreaterThan(0);
    expect(await socket.closed).toMatchObject({ code: 4008 });
  }, 30_000);

  test("[SEND-5] a refused content is not answered before earlier sends to the conversation", async () => {
    const [alice, bob, chat] = await pair();
    for (const socket of [await alice.socket(), await alice.roomSocket(chat)]) {
      const sent = [1, 2, 3].map(() => socket.post(1003, outgoing(bob, "good")));
      const bad = socket.post(1003, { ...outgoing(bob, ""), content: {} });
      expect((await socket.answer(bad)).err_code).toBe(1001);
      const answered = socket.log.map((frame) => frame.msg_incr).filter((id) => id !== "");
      expect(answered).toEqual([...sent, bad]);
    }
  });

  test("[PUSH-1] the first message of a chat is not pushed to the conversation's socket that sent it", async () => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    const [mine, his] = await Promise.all([alice.roomSocket(chat), bob.roomSocket(chat)]);
    expect((await mine.request(1003, outgoing(bob, "first"))).err_code).toBe(0);
    expect((await his.push<Pushed>(2001)).msgs[chat]).toMatchObject([{ seq: 1 }]);
    expect((await mine.request(1003, outgoing(bob, "second"))).err_code).toBe(0);
    expect(mine.pushedSeqs()).toEqual([]);
  });
});

describe("a refused create", () => {
  test("[GROUP-2] [SEND-7] leaves no name behind for a later one with the same client_group_id", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const create = (name: string, member_ids: string[]) =>
      alice.post<Group>("/group/create", { name, member_ids, client_group_id: "mine" });
    expect((await create("too many", [bob.id, carol.id])).code).toBe(3010);
    expect(ok(await create("just two", [bob.id]))).toMatchObject({ name: "just two", member_count: 2 });
  });
});
