import { Code, NexoError } from "./protocol/codes.ts";

/** The time that one object waits for another before it answers without its result. */
export const CALL_DEADLINE = 10_000;

/**
 * Waits for an answer from another object, with a deadline. The call itself cannot be cancelled (an RPC has no signal),
 * so its effect must be safe to repeat.
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
