/** Every code of the wire contract, by name, without the reserved codes of the original server. */
export const Code = {
  OK: 0,
  INVALID_PARAMETER: 1001,
  INTERNAL: 1002,
  UNAUTHORIZED: 1003,
  FORBIDDEN: 1004,
  NOT_FOUND: 1005,
  TOO_MANY_REQUESTS: 1006,
  NO_PERMISSION: 1007,
  SHUTTING_DOWN: 1008,
  TOO_LARGE: 1009,
  TOKEN_INVALID: 2001,
  TOKEN_EXPIRED: 2002,
  TOKEN_MISSING: 2003,
  TOKEN_MISMATCH: 2004,
  USER_NOT_FOUND: 2006,
  USER_EXISTS: 2007,
  WRONG_PASSWORD: 2008,
  ACCOUNT_GONE: 2009,
  FOREIGN_TOKEN: 2010,
  GROUP_NOT_FOUND: 3001,
  GROUP_DISMISSED: 3002,
  NOT_A_MEMBER: 3003,
  MEMBER_NOT_ACTIVE: 3004,
  ALREADY_A_MEMBER: 3005,
  NOT_OWNER: 3006,
  NOT_ADMIN: 3007,
  OWNER_STAYS: 3008,
  MUTED: 3009,
  GROUP_FULL: 3010,
  NOT_ACCEPTED: 3011,
  WAITS: 3012,
  LINK_INVALID: 3013,
  BANNED: 3014,
  NOT_ALLOWED: 3015,
  MESSAGE_NOT_FOUND: 4001,
  CONVERSATION_NOT_FOUND: 4003,
  MESSAGE_CHANGED: 4007,
  TOO_LATE: 4008,
  NOT_YOURS: 4009,
  TOO_MANY: 4010,
  REFUSED_BY_APP: 4011,
  TOO_MANY_CONNECTIONS: 5001,
  INVALID_PROTOCOL: 5003,
} as const;

export type Code = (typeof Code)[keyof typeof Code];

/** The HTTP status of a code's class, and its message when nothing more exact is known. */
const meanings = (): Record<Code, readonly [status: number, message: string]> => ({
  [Code.OK]: [200, "success"],
  [Code.INVALID_PARAMETER]: [400, "invalid parameter"],
  [Code.INTERNAL]: [500, "internal error"],
  [Code.UNAUTHORIZED]: [401, "unauthorized"],
  [Code.FORBIDDEN]: [403, "forbidden"],
  [Code.NOT_FOUND]: [404, "not found"],
  [Code.TOO_MANY_REQUESTS]: [429, "too many requests"],
  [Code.NO_PERMISSION]: [403, "no permission"],
  [Code.SHUTTING_DOWN]: [503, "temporarily unavailable, try again"],
  [Code.TOO_LARGE]: [413, "too large"],
  [Code.TOKEN_INVALID]: [401, "token invalid, revoked or replaced"],
  [Code.TOKEN_EXPIRED]: [401, "token expired"],
  [Code.TOKEN_MISSING]: [401, "token missing"],
  [Code.TOKEN_MISMATCH]: [401, "token mismatch"],
  [Code.USER_NOT_FOUND]: [404, "user not found"],
  [Code.USER_EXISTS]: [409, "user exists"],
  [Code.WRONG_PASSWORD]: [403, "wrong password"],
  [Code.ACCOUNT_GONE]: [403, "account erased or banned"],
  [Code.FOREIGN_TOKEN]: [401, "foreign token not accepted"],
  [Code.GROUP_NOT_FOUND]: [404, "group not found"],
  [Code.GROUP_DISMISSED]: [409, "group dismissed"],
  [Code.NOT_A_MEMBER]: [403, "not a member of the group"],
  [Code.MEMBER_NOT_ACTIVE]: [403, "member not active: a kicked user can return only by invitation"],
  [Code.ALREADY_A_MEMBER]: [409, "already a member"],
  [Code.NOT_OWNER]: [403, "only the owner may do this"],
  [Code.NOT_ADMIN]: [403, "only the owner and admins may do this"],
  [Code.OWNER_STAYS]: [403, "the owner cannot quit or be kicked"],
  [Code.MUTED]: [403, "muted"],
  [Code.GROUP_FULL]: [409, "group full"],
  [Code.NOT_ACCEPTED]: [403, "this user does not take this from you"],
  [Code.WAITS]: [403, "waits for approval"],
  [Code.LINK_INVALID]: [404, "link invalid or used up"],
  [Code.BANNED]: [403, "banned from the group"],
  [Code.NOT_ALLOWED]: [403, "not allowed by the group's switches"],
  [Code.MESSAGE_NOT_FOUND]: [404, "message not found"],
  [Code.CONVERSATION_NOT_FOUND]: [404, "conversation not found"],
  [Code.MESSAGE_CHANGED]: [409, "the message was recalled or changed meanwhile"],
  [Code.TOO_LATE]: [403, "too late"],
  [Code.NOT_YOURS]: [403, "not your message"],
  [Code.TOO_MANY]: [409, "too many"],
  [Code.REFUSED_BY_APP]: [403, "refused by the application"],
  [Code.TOO_MANY_CONNECTIONS]: [429, "too many connections"],
  [Code.INVALID_PROTOCOL]: [400, "invalid protocol"],
});
// A bundle that asks for no meaning, the SDK's, then contains none.
const MEANINGS = /* @__PURE__ */ meanings();

/** The HTTP status of a code's class; 500 for a code that this release does not know. */
export function httpStatus(code: number): number {
  return isCode(code) ? MEANINGS[code][0] : 500;
}

/** The standard wording of a code. */
export function codeMessage(code: number): string {
  return isCode(code) ? MEANINGS[code][1] : "unknown error";
}

function isCode(code: number): code is Code {
  return code in MEANINGS;
}

/**
 * The one error class of this project: a code of the contract, and a message for developers. It crosses RPC as a plain
 * Error that keeps `code` and `retryAfter`; read those with `errorCode`.
 */
export class NexoError extends Error {
  override readonly name = "NexoError";
  readonly code: Code;
  /** Seconds after which a retry may succeed; only with TOO_MANY_REQUESTS. */
  readonly retryAfter: number | undefined;

  constructor(code: Code, message: string = codeMessage(code), retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The code of an error, whether it was thrown here or by an object on the other side of an RPC. */
export function errorCode(error: unknown): Code | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  // 0 is not a code of a NexoError: DOMExceptions have it.
  return typeof error.code === "number" && error.code !== Code.OK && isCode(error.code) ? error.code : undefined;
}
