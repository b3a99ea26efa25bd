import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { inboxOf, inside } from "../../helpers/workers/objects.ts";
import { outgoing, pair } from "../../helpers/workers/people.ts";

const REFUSALS = [
  { by: "a block", path: "/user/block" },
  { by: "privacy", path: "/user/privacy" },
] as const;

for (const { by, path } of REFUSALS) {
  test(`[SEND-3] a first message whose answer was lost is answered, though ${by} of the peer refuses more`, async () => {
    const [alice, bob, chat] = await pair();
    const first = ok(await bob.send(alice, "first", "first"));
    if (path === "/user/block") ok(await alice.post(path, { user_id: bob.id }));
    else ok(await alice.put(path, { messages_from: "nobody" }));
    // As if the chat had told Bob's inbox nothing yet, and its answer had been lost.
    await inside(inboxOf(bob), (_, { storage }) => {
      storage.sql.exec("DELETE FROM conversations WHERE conversation_id = ?", chat);
    });
    await abortAllDurableObjects();
    const socket = await bob.socket();
    const [known, fresh] = await Promise.all([
      socket.request(1003, { ...outgoing(alice, "first"), client_msg_id: "first" }),
      socket.request(1003, outgoing(alice, "second")),
    ]);
    expect([known.err_code, fresh.err_code]).toEqual([0, 3011]);
    expect(known.data).toMatchObject({ seq: first.seq, server_msg_id: first.server_msg_id, send_at: first.send_at });
    expect(ok(await bob.send(alice, "first", "first"))).toMatchObject({ seq: first.seq });
    expect((await alice.pull(chat)).max_seq).toBe(first.seq);
  });
}
