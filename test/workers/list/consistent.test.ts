import { expect, test } from "vitest";
import { d1Faults } from "../../helpers/workers/faults.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { pair } from "../../helpers/workers/people.ts";

const d1 = d1Faults();

test("[LIST-1] an entry's last message is the one of its max_seq, also if others come while names are read", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(async () => expect((await bob.entry(chat))?.max_seq).toBe(1));
  const { promise: come, resolve: hasCome } = Promise.withResolvers<void>();
  let asked = 0;
  d1.delays = (query) => (query.includes("AS kind") && asked++ === 0 ? come : null);
  const synced = bob.sync(0);
  await eventually(() => expect(asked).toBe(1));
  await alice.text(bob, "later");
  await eventually(async () => expect((await bob.readState(chat)).max_seq).toBe(2));
  hasCome();
  const { conversations } = await synced;
  expect(conversations).toMatchObject([{ max_seq: 1, last_message: { seq: 1 } }]);
});
