/**
 * What a request takes of its user's budget, by what it causes. [RATE-3]
 * A send takes of the budget of sends instead, when it is new; one that is not, of a budget of its own.
 */
export const Cost = {
  /** Done by the user's own inbox or by the conversation that holds the socket. */
  OWN: 1,
  /** Asks D1 or another object, or opens a socket. */
  ASKS: 2,
  /** Writes to D1. */
  WRITES: 5,
} as const;

/** How often one group may be joined or left by one user in an hour. [RATE-4] */
export const MOVES_PER_HOUR = 10;
