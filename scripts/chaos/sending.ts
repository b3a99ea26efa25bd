import { type Message, MessageType, NexoClientError, type SendRequest } from "../../src/client/index.ts";
import { outgoing } from "../../test/helpers/node/wire.ts";
import type { Random } from "../../test/simulation/random.ts";
import type { SentFile } from "./files.ts";
import type { Device } from "./user.ts";
import type { Chat } from "./world.ts";

/** A message that a device had to send. Neither answered nor refused: the result is not known yet. */
export type Sending = {
  readonly chat: Chat;
  readonly device: Device;
  /** Given to the SDK, which repeats it by itself, or sent once with the SDK's method for the route. */
  readonly by: "SDK" | "REST";
  readonly client_msg_id: string;
  readonly msg_type: number;
  /** Without an answer, the content of a message that brings a file is not known. */
  readonly content: Record<string, unknown>;
  readonly file?: SentFile | undefined;
  isFileChecked?: boolean;
  /** The answer. */
  message?: Message;
  /** The code of the refusal. */
  refused?: number;
};

export function isOpen({ message, refused }: Sending): boolean {
  return message === undefined && refused === undefined;
}

/** A text to send. */
export function draft(random: Random): Pick<Sending, "msg_type" | "content"> {
  const text = `${random.pick(["hello", "Grüße", "👋🏽", "שלום", ' "quoted" \\ '])} ${random.below(1_000_000)}`;
  if (random.chance(0.2)) {
    const custom_data = { deep: [{ n: random.next() }, null], text };
    return { msg_type: MessageType.CUSTOM, content: { custom_type: "chaos", custom_data, unknown: [[]] } };
  }
  const content = random.chance(0.1) ? { text: text.repeat(40), more: true } : { text };
  return { msg_type: MessageType.TEXT, content };
}

/** The message as the route's input. */
export function bodyOf({ chat, device, client_msg_id, msg_type, content, message }: Sending): SendRequest {
  const peer = chat.first.find((user) => user !== device.user)?.id ?? "";
  const to = chat.groupId === null ? { user: peer } : { group: chat.groupId };
  return outgoing(to, message?.content ?? content, { msg_type, client_msg_id });
}

/** The code of the SDK's error, which may be NO_ANSWER. @throws any other error */
export function codeOf(error: unknown): number {
  if (error instanceof NexoClientError) return error.code;
  throw error;
}
