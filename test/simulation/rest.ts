import type { Outcome } from "../../src/durable/outcome.ts";
import type { Paths } from "./operator.ts";
import type { Actor } from "./scheduler.ts";
import type { World } from "./world.ts";

/** Calls of a device to its user's inbox, as the Worker makes them. A client that gets no answer gives up after a while. */
export function restOf(world: World, device: Actor & { readonly userId: string }, login: object): Paths["rest"] {
  return async (call, input) =>
    await new Promise((resolve) => {
      const run = () => resolve({ ok: false, code: null });
      const cancel = world.scheduler.after(20_000, { label: `${call.name} timed out`, to: () => device, run });
      const inbox = world.inbox(device.userId);
      const asked = world.call<Outcome<never>>(device, inbox, "request", [login, call.name, input]);
      asked.then(
        (outcome) => {
          cancel();
          resolve(outcome);
        },
        () => {
          cancel();
          run();
        },
      );
    });
}
