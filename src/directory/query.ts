import { withDeadline } from "../deadline.ts";

/** Half of what one object waits for another, so that who asks D1 for somebody else still answers them. */
const QUERY_DEADLINE = 5_000;

/**
 * Waits for a query, but not for ever. [STORE-2]
 * @throws NexoError SHUTTING_DOWN when the deadline passes; a write may have happened all the same
 */
export function inTime<T>(query: PromiseLike<T>): Promise<T> {
  return withDeadline(query, QUERY_DEADLINE);
}
