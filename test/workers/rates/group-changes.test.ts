import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { standingClock } from "../../helpers/workers/faults.ts";
import { inboxOf } from "../../helpers/workers/objects.ts";
import { makeGroup, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ LARGE_GROUP: 2 });
const clock = standingClock();

test("[RATE-7] what all members of a large group are told of changes thirty times an hour, over restarts; other groups count separately", async () => {
  const [owner, bob, carol] = await people("owner", "bob", "carol");
  const [large, small] = [await makeGroup(owner, bob, carol), await makeGroup(owner, bob)];
  const change = async (n: number, { group_id } = large) => {
    clock.now += 1_000;
    if (n % 10 === 9) await evictDurableObject(inboxOf(owner));
    return n % 2 === 0
      ? await owner.put("/group/update", { group_id, name: `name ${n}` })
      : await owner.post("/group/mute", { group_id, seconds: n });
  };
  for (let n = 0; n < 30; n++) expect((await change(n)).code).toBe(0);
  const refused = await change(30);
  expect(refused).toMatchObject({ code: 1006, status: 429 });
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(3_500);
  expect((await change(30, small)).code).toBe(0);
  const { group_id } = large;
  expect((await owner.post("/group/mute", { group_id, user_id: bob.id, seconds: 60 })).code).toBe(0);
});
