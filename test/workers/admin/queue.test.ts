import { expect, test, vi } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ WEBHOOKS: "on" });
const bodies: string[] = [];
vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
  bodies.push(await new Request(input as string, init as RequestInit).text());
  return new Response("ok");
});

test("[HOOK-1] a message goes from the conversation through the platform's queue to the endpoint", async () => {
  const key = await makeKey("hooks");
  ok(await key.post("/admin/hooks", { url: "https://app.nexo.chat/in", types: ["message.sent"] }));
  const [alice, bob, chat] = await pair();
  const { seq } = await alice.text(bob, "through the queue");
  await eventually(() => expect(bodies.map((body) => JSON.parse(body).id)).toContain(`${chat}:${seq}`), 20_000);
});
