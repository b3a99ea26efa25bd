import { Code, codeMessage, httpStatus } from "../protocol/codes.ts";

/** The code of an error that no answer came with: the network failed, or the time was up. */
export const NO_ANSWER = -1;

/**
 * The one error of the SDK.
 *
 * @example
 * try {
 *   await client.api.group.join({ group_id });
 * } catch (error) {
 *   if (error instanceof NexoClientError && error.code === Code.MEMBER_NOT_ACTIVE) askForAnInvitation();
 * }
 */
export class NexoClientError extends Error {
  override readonly name = "NexoClientError";
  /** A code of the protocol, or NO_ANSWER. */
  readonly code: number;
  /** Which request it was, for whoever reads the server's logs; "" when none was answered. */
  readonly requestId: string;
  /** Whether the same request may succeed later. It may also have happened: sends repeat their client_msg_id. */
  readonly retryable: boolean;
  /** Seconds to wait before a retry, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(
    code: number,
    message: string,
    details: { requestId?: string; retryAfter?: number | undefined; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message || codeMessage(code), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.requestId = details.requestId ?? "";
    this.retryAfter = details.retryAfter;
    this.retryable = details.retryable ?? isRetryable(code);
  }
}

function isRetryable(code: number): boolean {
  if (code === NO_ANSWER || code === Code.TOO_MANY_REQUESTS || code === Code.TOO_MANY_CONNECTIONS) return true;
  return httpStatus(code) >= 500;
}

/** Nobody answered. */
export function noAnswer(message: string, cause?: unknown): NexoClientError {
  return new NexoClientError(NO_ANSWER, message, { cause });
}

/** Whether asking again is in vain. Where it was the login that was refused, it waits for one that is good. */
export function isFinal({ retryable, code }: NexoClientError): boolean {
  return !retryable && !(code >= Code.TOKEN_INVALID && code <= Code.TOKEN_MISSING);
}

/** Whatever was thrown, as the SDK's error. */
export function toClientError(error: unknown): NexoClientError {
  if (error instanceof NexoClientError) return error;
  return new NexoClientError(NO_ANSWER, error instanceof Error ? error.message : String(error), {
    retryable: false,
    cause: error,
  });
}
