import { Code, codeMessage, NexoError } from "../../protocol/codes.ts";
import type { AppendOutcome, OperateCall } from "../calls.ts";
import type { StoredMessage } from "./message.ts";

/** A notice counts as a send to everyone in the group. @throws NexoError TOO_MANY_REQUESTS [RATE-1] */
export function assertAllowed({ allowance = 1, retry_after }: Pick<OperateCall, "allowance" | "retry_after">): void {
  if (allowance < 1) throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, retry_after);
}

export function accepted(message: StoredMessage, line: string): AppendOutcome & { ok: true } {
  const { seq, server_msg_id, send_at } = message;
  return { ok: true, seq, server_msg_id, send_at, line };
}

/** @param retryAfter seconds, where a retry may succeed; 1 if too many requests are refused without it */
export function refused(code: Code, message = codeMessage(code), retryAfter?: number): AppendOutcome & { ok: false } {
  const retry_after = retryAfter ?? (code === Code.TOO_MANY_REQUESTS ? 1 : undefined);
  return { ok: false, code, message, ...(retry_after !== undefined && { retry_after }) };
}
