import { withDeadline } from "../deadline.ts";

/**
 * Half the time that one object waits for another, so that an object that queries D1 for a caller can still answer it.
 */
const QUERY_DEADLINE = 5_000;

/**
 * Waits for a query, with a deadline. [STORE-2]
 * @throws NexoError SHUTTING_DOWN when the deadline passes; a write may still have happened
 */
export function inTime<T>(query: PromiseLike<T>): Promise<T> {
  return withDeadline(query, QUERY_DEADLINE);
}
