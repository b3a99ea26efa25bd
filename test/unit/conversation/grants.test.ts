import { expect, test } from "vitest";
import { Grants } from "../../../src/conversation/grants.ts";

const socket = {} as WebSocket;
const until = Date.now() + 10_000;
const grant = (sends: number) => ({ sends, retries: 1_000, requests: 1_000, until });

test("[RATE-1] an empty grant gives out nothing, so nothing is returned to any grant", () => {
  const grants = new Grants();
  let sent = 0;
  for (let round = 0; round < 100; round++) {
    grants.put(socket, grant(round === 0 ? 20 : 0));
    const given = Array.from({ length: 30 }, () => grants.take(socket, "sends"));
    // An unused send is returned late, after its grant was given up: the inbox has counted it as used.
    grants.release(socket);
    grants.put(socket, grant(0));
    for (const giveBack of given) giveBack?.();
    while (grants.take(socket, "sends")) sent++;
  }
  expect(sent).toBe(0);
});

test("[RATE-1] a grant that was given up is not used any more, whatever is returned to it", () => {
  const grants = new Grants();
  grants.put(socket, grant(5));
  const giveBack = grants.take(socket, "sends");
  expect(grants.release(socket)).toMatchObject({ sends: 4 });
  giveBack?.();
  expect(grants.isDue(socket, ["sends"], Date.now())).toBe(true);
  expect(grants.release(socket)).toMatchObject({ retries: 0, requests: 0 });
});

test("[RATE-1] after an empty grant the socket does not ask again at once, after a spent one it does", () => {
  const grants = new Grants();
  grants.put(socket, grant(0));
  expect(grants.isDue(socket, ["sends"], Date.now())).toBe(false);
  expect(grants.isDue(socket, ["sends"], Date.now() + 1_000)).toBe(true);
  grants.put(socket, grant(1));
  grants.take(socket, "sends");
  expect(grants.isDue(socket, ["sends"], Date.now())).toBe(true);
});
