/**
 * What a request takes from its user's request budget, by the work that it causes. [RATE-3]
 * A new send takes from the budget of sends instead; a retry takes from a separate budget of retries.
 */
export const Cost = {
  /** Handled by the user's own inbox alone, or by the conversation that holds the socket. */
  OWN: 1,
  /** Asks D1 or another object, or opens a socket. */
  ASKS: 2,
  /** Writes to D1. */
  WRITES: 5,
} as const;

/** How often one user may join or leave one group in an hour. [RATE-4] */
export const MOVES_PER_HOUR = 10;

/** How often one user may change in an hour what every member of a large group is told of. [RATE-7] */
export const GROUP_CHANGES_PER_HOUR = 30;
