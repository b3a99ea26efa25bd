import * as z from "zod";
import { ADMIN_ANSWERS } from "./admin-answers.ts";
import { pulled } from "./amend-answers.ts";
import { AMEND_ROUTES } from "./amend-routes.ts";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { GROUP_ANSWERS } from "./groups-answers.ts";
import { LEAVING_ANSWERS } from "./leaving-answers.ts";
import { LIST_ANSWERS } from "./list-answers.ts";
import * as media from "./media.ts";
import { message } from "./message-answers.ts";
import { OWN_DATA_ANSWERS } from "./own-data-answers.ts";
import { PUSH_ANSWERS } from "./push-answers.ts";
import { ROUTES, type RouteInput, type RouteKey } from "./routes.ts";
import { SAFETY_ANSWERS } from "./safety-answers.ts";
import { SEARCH_ANSWERS } from "./search-answers.ts";
import { SESSION_ANSWERS } from "./session-answers.ts";

/** The answer of a route. */
export interface RouteAnswer {
  /** The schema of `data`; of the whole body if `bare`. */
  readonly answer: z.ZodType;
  /** The answer is a list with pages; `meta` says where the next page begins. */
  readonly paged?: true;
  /** The answer has no envelope. */
  readonly bare?: true;
  /** The answer is plain text. */
  readonly text?: true;
  /** The route has a handler of its own, because it skips the checks of the other routes. */
  readonly apart?: true;
  /** The codes of this route, without those that `routeCodes` adds to all routes. */
  readonly codes: readonly Code[];
  readonly summary: string;
  /** The original server did not have this route. */
  readonly isNew?: true;
}

const GROUP = [Code.GROUP_NOT_FOUND, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED] as const;

/** Every answer, by the keys of ROUTES. For tests and documents: the Worker and the SDK import only its types. */
export const ROUTE_ANSWERS = {
  "POST /auth/register": {
    answer: answers.user,
    codes: [Code.USER_EXISTS, Code.REFUSED_BY_APP, Code.TOO_MANY_REQUESTS],
    summary: "Create an account. Without a user_id the server makes one.",
  },
  "POST /auth/login": {
    answer: answers.login,
    codes: [Code.USER_NOT_FOUND, Code.WRONG_PASSWORD, Code.ACCOUNT_GONE, Code.TOO_MANY_REQUESTS],
    summary: "Sign in on a platform. This ends the previous login of the platform.",
  },
  "POST /auth/exchange": {
    answer: answers.login,
    codes: [Code.FOREIGN_TOKEN, Code.ACCOUNT_GONE, Code.TOO_MANY_REQUESTS],
    summary: "Sign in with a token of the application's own issuer. The account is made if there is none.",
    isNew: true,
  },
  "POST /auth/logout": { answer: answers.nothing, codes: [], summary: "End this login.", isNew: true },
  "POST /auth/refresh": {
    answer: answers.token,
    codes: [],
    summary: "Get a new token. For 60 s the old token can repeat this call, and do nothing else.",
    isNew: true,
  },
  "POST /auth/password": {
    answer: answers.nothing,
    codes: [Code.WRONG_PASSWORD, Code.TOO_MANY_REQUESTS],
    summary: "Change the password. Every other login ends.",
    isNew: true,
  },
  ...SESSION_ANSWERS,
  ...LEAVING_ANSWERS,
  "GET /user/info": { answer: answers.me, codes: [Code.USER_NOT_FOUND], summary: "Get the caller's own account." },
  "GET /user/profile/:user_id": { answer: answers.user, codes: [Code.USER_NOT_FOUND], summary: "Get a user." },
  "PUT /user/update": {
    answer: answers.me,
    codes: [Code.USER_NOT_FOUND],
    summary: "Change the caller's own account. Absent fields are not changed.",
  },
  "POST /user/batch_info": {
    answer: z.array(answers.user),
    codes: [],
    summary: "Get the users found, in the order asked.",
  },
  "POST /user/get_users_online_status": {
    answer: z.array(answers.presence),
    codes: [],
    summary: "Get the online status of users. Users who share no conversation with the caller look offline.",
  },
  ...SAFETY_ANSWERS,
  ...OWN_DATA_ANSWERS,
  ...GROUP_ANSWERS,
  "POST /msg/send": {
    answer: message,
    codes: [
      ...GROUP,
      Code.USER_NOT_FOUND,
      Code.NOT_ACCEPTED,
      Code.NOT_ADMIN,
      Code.MUTED,
      Code.NOT_ALLOWED,
      Code.REFUSED_BY_APP,
    ],
    summary: "Send a message. A retry with the same client_msg_id gets the first answer.",
  },
  "GET /msg/pull": {
    answer: pulled,
    codes: [Code.NO_PERMISSION],
    summary: "Get messages by a range of seqs, at most 100.",
  },
  ...SEARCH_ANSWERS,
  "GET /msg/max_seq": {
    answer: answers.maxSeq,
    codes: [Code.NO_PERMISSION],
    summary: "Get the newest seq that the caller sees.",
  },
  "GET /msg/read_by": {
    answer: z.array(answers.readBy),
    paged: true,
    codes: [Code.NO_PERMISSION, Code.NOT_ALLOWED, Code.MESSAGE_NOT_FOUND],
    summary: "List the active members who have read a message, without its sender.",
    isNew: true,
  },
  ...AMEND_ROUTES,
  "GET /conversation/list": {
    answer: z.array(answers.conversation),
    paged: true,
    codes: [],
    summary: "List the conversations: pinned first, then newest first. Without a limit, up to 2,000 are returned.",
  },
  "GET /conversation/info": {
    answer: answers.conversation,
    codes: [Code.NO_PERMISSION, Code.CONVERSATION_NOT_FOUND],
    summary: "Get a conversation.",
  },
  "PUT /conversation/update": {
    answer: answers.nothing,
    codes: [Code.NO_PERMISSION, Code.CONVERSATION_NOT_FOUND],
    summary: "Pin, silence, archive or snooze a conversation, or mark it as unread. Absent fields are not changed.",
  },
  ...LIST_ANSWERS,
  "POST /conversation/mark_read": {
    answer: answers.nothing,
    codes: [Code.NO_PERMISSION],
    summary: "Move the caller's read mark. It only moves forward, and never past what the caller sees.",
  },
  "GET /conversation/max_read_seq": {
    answer: answers.readState,
    codes: [Code.NO_PERMISSION],
    summary: "Get the newest seq, the read mark and the unread count.",
  },
  "GET /conversation/unread_count": {
    answer: z.union([answers.unreadCount, answers.totals]),
    codes: [Code.NO_PERMISSION],
    summary: "Count the unread messages of a conversation, or without conversation_id of all conversations.",
  },
  ...PUSH_ANSWERS,
  "GET /sync": {
    answer: answers.synced,
    codes: [Code.TOKEN_MISMATCH],
    summary: "Get the conversations that changed since a cursor.",
    isNew: true,
  },
  "POST /media": {
    answer: media.uploaded,
    apart: true,
    codes: [Code.NOT_FOUND, Code.NO_PERMISSION],
    summary: "Upload a file for a message or an avatar. The body is the file, with its Content-Length.",
    isNew: true,
  },
  "GET /media/:media_id": {
    answer: media.file,
    bare: true,
    apart: true,
    codes: [Code.NOT_FOUND],
    summary: "Download a file, or a range of it.",
    isNew: true,
  },
  "GET /media/:media_id/:name": {
    answer: media.file,
    bare: true,
    apart: true,
    codes: [Code.NOT_FOUND],
    summary: "Download a file. The name is for people; the file has the name that it was uploaded with.",
    isNew: true,
  },
  "GET /health": {
    answer: answers.health,
    bare: true,
    apart: true,
    codes: [],
    summary: "Check that the server is up.",
  },
  "GET /ready": {
    answer: answers.ready,
    apart: true,
    codes: [],
    summary: "Check that settings, database and objects work. A 503 names what does not.",
    isNew: true,
  },
  "GET /ws": {
    answer: z.undefined(),
    bare: true,
    apart: true,
    codes: [
      Code.FORBIDDEN,
      Code.TOO_MANY_REQUESTS,
      Code.NO_PERMISSION,
      Code.TOKEN_INVALID,
      Code.TOKEN_EXPIRED,
      Code.TOKEN_MISSING,
      Code.TOKEN_MISMATCH,
      Code.TOO_MANY_CONNECTIONS,
    ],
    summary: "Open a socket. A successful upgrade answers 101, a refused one the envelope.",
  },
  ...ADMIN_ANSWERS,
} as const satisfies Readonly<Record<RouteKey, RouteAnswer>>;

/** Codes that every route may answer. */
const EVERYWHERE = [Code.INVALID_PARAMETER, Code.INTERNAL, Code.SHUTTING_DOWN] as const;
/** Codes that every route with a token may answer, too. */
const SIGNED_IN = [Code.TOKEN_INVALID, Code.TOKEN_EXPIRED, Code.TOKEN_MISSING, Code.TOO_MANY_REQUESTS] as const;

/** Codes that every route with a key may answer, too. */
const KEYED = [Code.TOKEN_INVALID, Code.TOKEN_MISSING, Code.TOO_MANY_REQUESTS, Code.FORBIDDEN] as const;

/** Every code except 0 that a route may answer, in order. */
export function routeCodes(key: RouteKey): Code[] {
  const { auth, scope, body }: RouteInput = ROUTES[key];
  const codes = new Set<Code>([...EVERYWHERE, ...ROUTE_ANSWERS[key].codes]);
  if (auth) for (const code of scope ? KEYED : SIGNED_IN) codes.add(code);
  if (body) codes.add(Code.TOO_LARGE);
  return [...codes].sort((a, b) => a - b);
}

/** Every route, in the order of the table. */
export function routeKeys(): RouteKey[] {
  return Object.keys(ROUTES).filter((key): key is RouteKey => key in ROUTES);
}

/** The `data` of a route's answer. */
export type RouteData<K extends RouteKey> = z.output<(typeof ROUTE_ANSWERS)[K]["answer"]>;
