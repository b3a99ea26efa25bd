import { declareCall } from "../../core/call.ts";
import type { PushRegistration } from "../../protocol/push.ts";

// ---- Requests of a user to their Inbox

/**
 * Registers the device of the caller's login. It replaces the login's device of the same kind, and keeps its id if it
 * is the same device. `site` is the origin of the server, which names the sender to push services.
 */
export const registerDevice = declareCall<
  { readonly device: PushRegistration; readonly site: string },
  { readonly device_id: string }
>("push.register");

/** The groups whose every message the user is notified of. */
export const listEveryMessage = declareCall<null, readonly string[]>("push.list_every_message");

/** Asks for notifications of every message of a group, or no longer. @throws NexoError CONVERSATION_NOT_FOUND, TOO_MANY */
export const setEveryMessage = declareCall<{ readonly conversation_id: string; readonly every_message: boolean }, void>(
  "push.set_every_message",
);

/** Removes a device of the caller's login; without an id all of them. Removing an unknown one changes nothing. */
export const unregisterDevice = declareCall<{ readonly device_id: string | undefined }, void>("push.unregister");
