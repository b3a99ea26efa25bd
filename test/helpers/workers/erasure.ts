import type { ErasureMode } from "../../../src/protocol/account-model.ts";
import { ok } from "./api.ts";
import { eventually, inboxOf, inside, ring, rows } from "./objects.ts";
import { PASSWORD, type Person } from "./people.ts";

/** Begins to erase an account, as its owner does. */
export async function erase(who: Person, mode: ErasureMode = "messages"): Promise<void> {
  ok(await who.post("/auth/erase", { password: PASSWORD, mode }));
}

/** Whether an inbox is erased to the end. */
export async function isErased(who: { id: string }): Promise<boolean> {
  const [state] = await rows<{ done_at: number }>(inboxOf(who), "SELECT done_at FROM erasure").catch(() => []);
  return (state?.done_at ?? 0) > 0;
}

/** One step of an erasure, without the waits for requests under way and between changes of a profile. */
export async function erasureStep(who: { id: string }): Promise<void> {
  await inside(inboxOf(who), (_, { storage }) => {
    storage.sql.exec("UPDATE erasure SET begun_at = 0");
    storage.sql.exec("UPDATE owner SET profile_due = min(profile_due, 1)");
  });
  // The last step ends the life of the object, and with it this call.
  await ring(inboxOf(who)).catch(() => undefined);
}

/** Waits until an account is erased to the end. */
export async function erased(who: { id: string }): Promise<void> {
  await eventually(async () => {
    if (await isErased(who)) return;
    await erasureStep(who);
    throw new Error(`${who.id} is not erased yet`);
  }, 20_000);
}
