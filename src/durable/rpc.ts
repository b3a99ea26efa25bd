import { withDeadline } from "../deadline.ts";
import { type Outcome, unwrapped } from "./outcome.ts";

/**
 * Calls another object and returns the value.
 * @throws NexoError its refusal, or SHUTTING_DOWN when the deadline passes
 */
export async function ask<T>(call: Promise<Outcome<T>>, milliseconds?: number): Promise<T> {
  return unwrapped(await withDeadline(call, milliseconds));
}
