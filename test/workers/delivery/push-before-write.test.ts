import { expect, test } from "vitest";
import { LEAD } from "../../../src/core/list/list.ts";
import { eventually, expectAgreement, inboxOf, inside, ring, roomOf } from "../../helpers/workers/objects.ts";
import { type Person, pair } from "../../helpers/workers/people.ts";
import type { Moved } from "../../helpers/workers/socket.ts";

/** From now on the inbox cannot write a changed entry of its list, until `mend`. */
async function breakList(owner: Person): Promise<void> {
  await inside(inboxOf(owner), (_, { storage }) =>
    storage.sql.exec(
      "CREATE TRIGGER broken BEFORE UPDATE ON conversations BEGIN SELECT RAISE(FAIL, 'the disk is broken'); END",
    ),
  );
}

async function mend(owner: Person): Promise<void> {
  await inside(inboxOf(owner), (_, { storage }) => storage.sql.exec("DROP TRIGGER broken"));
}

test("[SYNC-1] [TELL-1] a push whose write fails ends the object; the change is repeated under a number nobody has seen", async () => {
  const [alice, bob, chat] = await pair();
  const socket = await bob.socket();
  await alice.text(bob);
  const { cursor } = await socket.push<Moved>(2001);
  await breakList(bob);
  await alice.text(bob, "pushed and not stored");
  // Memory that knows what storage does not would answer a mark that storage does not have.
  await socket.closed;

  await mend(bob);
  // The push may have arrived, so there may be a client with this cursor.
  const seen = cursor + 1;
  const next = await bob.socket({ since: seen });
  await ring(roomOf(chat));
  const repeated = await next.push<Moved>(2001);
  expect(repeated.cursor).toBeGreaterThan(seen + LEAD - 1);
  await eventually(() => expectAgreement(chat, [alice, bob]));
});

test("[SYNC-1] [SEND-3] a send whose list entry is lost is in the list once the conversation has repeated it", async () => {
  const [alice, bob, chat] = await pair();
  const socket = await alice.socket();
  const before = (await alice.text(bob)).seq;
  await breakList(alice);
  const data = { client_msg_id: "kept", recv_id: bob.id, session_type: 1, msg_type: 1, content: { text: "kept" } };
  socket.post(1003, data);
  await socket.closed;
  await mend(alice);
  expect((await alice.pull(chat)).messages.at(-1)).toMatchObject({ seq: before + 1, client_msg_id: "kept" });
  await ring(roomOf(chat));
  await eventually(() => expectAgreement(chat, [alice, bob]));
});
