import type { Synced } from "../../src/client/index.ts";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import type { Pushed } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

/** Catching up: what changed since a cursor, over REST and over the socket. */
export async function sync(smoke: Smoke): Promise<void> {
  const [alice, bob, carol] = await smoke.cast("alice", "bob", "carol");
  const ids = (synced: Synced) => synced.conversations.map(({ conversation_id }) => conversation_id);
  const screen = await smoke.keep(alice.socket());
  const since = (cursor: number, page: { page?: string; limit?: number } = {}) =>
    alice.api.sync({ since: cursor, ...page });
  const heard = () => screen.nextPush<Pushed>(2001);

  const known = await smoke.step("since 0 returns the whole list, newest change first", async () => {
    await bob.text(alice, "first");
    await heard();
    const { send_at } = await carol.text(alice, "second");
    await heard();
    const all = await since(0);
    equal(ids(all), [alice.chatWith(carol), alice.chatWith(bob)], "the conversations");
    equal(all.has_more, false, "has_more");
    that(
      Math.abs((all.server_time ?? 0) - send_at) < 60_000,
      "server_time and send_at are from the same clock",
      all.server_time,
    );
    equal(await screen.ping(), `pong:${all.cursor}`, "the heartbeat's cursor");
    return all.cursor;
  });

  await smoke.step("in pages, each with the cursor of the first", async () => {
    const first = await since(0, { limit: 1 });
    equal([ids(first), first.has_more, first.cursor], [[alice.chatWith(carol)], true, known], "page one");
    const second = await since(0, { limit: 1, page: first.next });
    equal([ids(second), second.has_more, second.cursor], [[alice.chatWith(bob)], false, known], "page two");
  });

  await smoke.step("nothing has changed since the newest cursor", async () => {
    const none = await since(known);
    equal([ids(none), none.cursor], [[], known], "conversations and cursor");
  });

  const missed = await smoke.step(
    "sync returns what changed meanwhile, oldest change first, on both paths",
    async () => {
      await carol.text(alice, "third");
      await heard();
      await bob.text(alice, "fourth");
      await heard();
      const changed = await since(known);
      equal(ids(changed), [alice.chatWith(carol), alice.chatWith(bob)], "the conversations");
      equal(changed.cursor, known + 2, "the cursor");
      equal(timeless(ok(await screen.request<Synced>(1009, { since: known }))), timeless(changed), "the same by 1009");
      return changed;
    },
  );

  await smoke.step("a socket opened with since= gets the sync at once", async () => {
    const back = await smoke.keep(alice.socket({ query: { since: known } }));
    equal(timeless((await back.nextPush<Synced>(1009)).data), timeless(missed), "the frame that comes first");
  });

  await smoke.step("a cursor that was never given is 2004, and a socket gets the push to start over", async () => {
    const never = missed.cursor + 1_000_000;
    refused(await alice.rest.get("/sync", { since: never }), 2004);
    refused(await screen.request(1009, { since: never }), 2004);
    const resync = await screen.nextPush<{ reason: string }>(2004);
    that(resync.data.reason !== "", "push 2004 says why", resync.data);
  });
}

/** Two answers with the same content come at different times. */
function timeless({ server_time: _, ...synced }: Synced): Omit<Synced, "server_time"> {
  return synced;
}
