import { Code, NexoError } from "./protocol/codes.ts";

/** How long one object waits for another before it answers without it. */
export const CALL_DEADLINE = 10_000;

/**
 * Waits for an answer from elsewhere, but not for ever.
 * The call itself cannot be taken back (an RPC has no signal): whatever it does must bear a retry.
 * @throws NexoError SHUTTING_DOWN when the deadline passes: the client should try again.
 */
export async function withDeadline<T>(call: PromiseLike<T>, milliseconds = CALL_DEADLINE): Promise<T> {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NexoError(Code.SHUTTING_DOWN)), milliseconds);
  try {
    return await Promise.race([call, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
