import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ REQUEST_BURST: 100, REQUEST_RATE_PER_SECOND: 1 });

test("[SEARCH-3] the request budget pays for what a search over all reads", async () => {
  const [alice, bob] = await pair();
  ok(await bob.send(alice, "fish"));
  const codes: number[] = [];
  for (let turn = 0; turn < 80; turn++) codes.push((await alice.get("/search", { q: "fish" })).code);
  expect(codes).toContain(1006);
});
