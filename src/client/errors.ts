import { Code } from "../protocol/codes.ts";

/** The code of an error without an answer: the network failed, or the request timed out. */
export const NO_ANSWER = -1;

/**
 * The only error class of the SDK.
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
  /** The request's id, for finding it in the server's logs; "" when there was no answer. */
  readonly requestId: string;
  /** Whether the same request may succeed later. It may also have happened: sends repeat their client_msg_id. */
  readonly retryable: boolean;
  /** Seconds to wait before a retry, if the server gave them. */
  readonly retryAfter: number | undefined;

  constructor(
    code: number,
    message: string,
    details: { requestId?: string; retryAfter?: number | undefined; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message || `code ${code}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.requestId = details.requestId ?? "";
    this.retryAfter = details.retryAfter;
    this.retryable = details.retryable ?? isRetryable(code);
  }
}

const RETRYABLE: readonly number[] = [
  NO_ANSWER,
  Code.TOO_MANY_REQUESTS,
  Code.TOO_MANY_CONNECTIONS,
  Code.INTERNAL,
  Code.SHUTTING_DOWN,
];

/** A code that this release does not know counts as an error of the server. */
function isRetryable(code: number): boolean {
  return RETRYABLE.includes(code) || !(Object.values(Code) as number[]).includes(code);
}

/** The error for a request without an answer. */
export function noAnswer(message: string, cause?: unknown): NexoClientError {
  return new NexoClientError(NO_ANSWER, message, { cause });
}

/** Whether a retry is useless. If only the login was refused, the request waits for a valid one. */
export function isFinal({ retryable, code }: NexoClientError): boolean {
  return !retryable && !(code >= Code.TOKEN_INVALID && code <= Code.TOKEN_MISSING);
}

/** Converts any thrown value to the SDK's error. */
export function toClientError(error: unknown): NexoClientError {
  if (error instanceof NexoClientError) return error;
  return new NexoClientError(NO_ANSWER, error instanceof Error ? error.message : String(error), {
    retryable: false,
    cause: error,
  });
}
