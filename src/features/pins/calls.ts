import { declareCall } from "../../core/call.ts";
import { declareMessageOperation } from "../../core/message-operations.ts";

export interface Pin {
  readonly conversation_id: string;
  readonly seq: number;
  readonly on: boolean;
}

/** Pins a message, or takes the pin away. It answers `{message, rev}`. A pin in a group makes a notice. */
export const pin = declareMessageOperation<Pin>("pins.pin", {
  makesNotice: ({ conversation_id, on }) => on && conversation_id.startsWith("sg_"),
});

/** The pinned messages that a user sees, as JSON of a list, the newest pin first. @throws NexoError NO_PERMISSION */
export const listPins = declareCall<{ readonly user_id: string }, string>("pins.list");
