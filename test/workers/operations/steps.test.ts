import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { hanging, tellFaults } from "../../helpers/workers/faults.ts";
import { pair } from "../../helpers/workers/people.ts";
import type { Moved } from "../../helpers/workers/socket.ts";

const faults = tellFaults();

test.each([
  [1012, { content: { text: "edited" } }],
  [1014, {}],
  [1015, { emoji: "👍", on: true }],
  [1016, { on: true }],
] as const)(
  "request %i brings what the inbox missed, and its socket takes that step [SYNC-3]",
  async (request, more) => {
    const [alice, bob, chat] = await pair();
    const socket = await alice.socket();
    const other = await alice.socket();
    const { fault, release, held } = hanging();
    faults.set(alice.id, fault);
    await bob.text(alice, "she is not told of this");
    await expect.poll(held).toBeGreaterThan(0);
    const body = request === 1014 ? { conversation_id: chat, seqs: [1] } : { conversation_id: chat, seq: 1, ...more };
    expect((await socket.request(request, body)).err_code).toBe(0);
    const { cursor } = ok(await alice.get<Moved>("/sync", { since: 0 }));
    for (const each of [socket, other]) {
      await each.ping();
      const steps = each.log.map(({ data }) => data as Partial<Moved>).filter((step) => step.cursor);
      let own = steps[0]?.prev;
      for (const { prev, cursor: next } of steps) {
        expect(prev).toBe(own);
        own = next;
      }
      expect(own).toBe(cursor);
    }
    release();
  },
);
