import type { SendMeta } from "../../core/calls.ts";
import { withDeadline } from "../../deadline.ts";
import type { Env } from "../../env.ts";
import { Code, NexoError } from "../../protocol/codes.ts";

/** A message of the backend of an application; the content is checked JSON. */
export interface OwnMessage {
  readonly sender_id: string;
  readonly client_msg_id: string;
  readonly msg_type: number;
  readonly content: string;
  readonly meta?: SendMeta | undefined;
  /** False leaves it unread for the sender's own devices. */
  readonly sender_read?: boolean | undefined;
}

/**
 * Sends a message in the name of a user. Without a mark, the sender's inbox is updated like all others, and the budgets
 * of the sender are not touched. Both users of a single chat must exist.
 * @returns the message as JSON. @throws NexoError in the contract's order
 */
export async function sendAs(env: Env, conversationId: string, message: OwnMessage): Promise<string> {
  const { sender_id, ...send } = message;
  const call = { user_id: sender_id, mark: null, sends: [send], allowance: 1, founding: true };
  const { outcomes } = await withDeadline(env.CONVERSATION.getByName(conversationId).append(call));
  const [outcome] = outcomes;
  if (!outcome) throw new NexoError(Code.INTERNAL);
  if (!outcome.ok) throw new NexoError(outcome.code, outcome.message, outcome.retry_after);
  return outcome.line;
}
