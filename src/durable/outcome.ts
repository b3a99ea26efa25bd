import { type Code, codeMessage, errorCode, NexoError } from "../protocol/codes.ts";

/**
 * The result of a call between objects. A refusal is a value: if it were thrown, the runtime would log it as uncaught
 * and count it as a failure of the object, and real failures would be hard to find.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: Code;
      readonly message: string;
      readonly retryAfter?: number | undefined;
    };

/** Does some work and turns the contract's errors into values. Other errors are rethrown. */
export async function outcome<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const message = error instanceof Error ? error.message : codeMessage(code);
    return { ok: false, code, message, retryAfter: error instanceof NexoError ? error.retryAfter : undefined };
  }
}

/** The value of an outcome. @throws NexoError if it is a refusal */
export function unwrapped<T>(result: Outcome<T>): T {
  if (result.ok) return result.value;
  throw new NexoError(result.code, result.message, result.retryAfter);
}
