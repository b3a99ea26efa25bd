import type { z } from "zod";
import { ADMIN_ROUTES, type Scope } from "./admin-routes.ts";
import * as amend from "./amend.ts";
import * as bodies from "./bodies.ts";
import * as groups from "./groups.ts";
import { LEAVING_ROUTES } from "./leaving.ts";
import { LIST_ROUTES } from "./list.ts";
import * as media from "./media.ts";
import { OWN_DATA_ROUTES } from "./own-data.ts";
import { PUSH_ROUTES } from "./push.ts";
import { SAFETY_ROUTES } from "./safety.ts";
import { SEARCH_ROUTES } from "./search.ts";
import { SESSION_ROUTES } from "./sessions.ts";

/** The input of a route. */
export interface RouteInput {
  /** Whether it needs a token; with a scope, a key of the server API. */
  readonly auth: boolean;
  /** What the key must be allowed to do. */
  readonly scope?: Scope;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly params?: z.ZodType;
}

/**
 * Every route of the server by method and path, with the schemas of its input. Its answer is in route-answers.ts under
 * the same key; it is in a file of its own so that no bundle contains it.
 */
export const ROUTES = {
  "POST /auth/register": { auth: false, body: bodies.registerBody },
  "POST /auth/login": { auth: false, body: bodies.loginBody },
  "POST /auth/exchange": { auth: false, body: bodies.exchangeBody },
  "POST /auth/logout": { auth: true },
  "POST /auth/refresh": { auth: true },
  "POST /auth/password": { auth: true, body: bodies.passwordBody },
  ...SESSION_ROUTES,
  ...LEAVING_ROUTES,
  "GET /user/info": { auth: true },
  "GET /user/profile/:user_id": { auth: true, params: bodies.userIdParam },
  "PUT /user/update": { auth: true, body: bodies.userUpdateBody },
  "POST /user/batch_info": { auth: true, body: bodies.userIdsBody },
  "POST /user/get_users_online_status": { auth: true, body: bodies.userIdsBody },
  ...SAFETY_ROUTES,
  ...OWN_DATA_ROUTES,
  "POST /group/create": { auth: true, body: bodies.groupCreateBody },
  "GET /group/info": { auth: true, query: bodies.groupIdBody },
  "GET /group/members": { auth: true, query: groups.groupMembersQuery },
  "POST /group/join": { auth: true, body: groups.groupJoinBody },
  "POST /group/quit": { auth: true, body: bodies.groupIdBody },
  "POST /group/invite": { auth: true, body: bodies.groupUsersBody },
  "POST /group/kick": { auth: true, body: bodies.groupUsersBody },
  "POST /group/set_role": { auth: true, body: bodies.groupSetRoleBody },
  "POST /group/transfer": { auth: true, body: bodies.groupTransferBody },
  "POST /group/dismiss": { auth: true, body: bodies.groupIdBody },
  "POST /group/mute": { auth: true, body: bodies.groupMuteBody },
  "PUT /group/update": { auth: true, body: groups.groupUpdateBody },
  "PUT /group/nickname": { auth: true, body: bodies.groupNicknameBody },
  ...groups.GROUP_ROUTES,
  "POST /msg/send": { auth: true, body: bodies.sendBody },
  "GET /msg/pull": { auth: true, query: bodies.pullQuery },
  ...SEARCH_ROUTES,
  "GET /msg/max_seq": { auth: true, query: bodies.conversationIdQuery },
  "GET /msg/read_by": { auth: true, query: bodies.readByQuery },
  "GET /msg/changes": { auth: true, query: amend.changesQuery },
  "POST /msg/edit": { auth: true, body: amend.editBody },
  "POST /msg/recall": { auth: true, body: amend.seqsBody },
  "POST /msg/delete": { auth: true, body: amend.seqsBody },
  "POST /msg/react": { auth: true, body: amend.reactBody },
  "POST /msg/pin": { auth: true, body: amend.pinBody },
  "POST /msg/forward": { auth: true, body: bodies.forwardBody },
  "GET /msg/reactions": { auth: true, query: amend.reactionsQuery },
  "GET /msg/revisions": { auth: true, query: amend.revisionsQuery },
  "GET /msg/pins": { auth: true, query: bodies.conversationIdQuery },
  "GET /msg/mentions": { auth: true, query: amend.mentionsQuery },
  "GET /conversation/list": { auth: true, query: bodies.listQuery },
  "GET /conversation/info": { auth: true, query: bodies.conversationIdQuery },
  "PUT /conversation/update": {
    auth: true,
    query: bodies.conversationIdQuery,
    body: bodies.conversationUpdateBody,
  },
  ...LIST_ROUTES,
  "POST /conversation/mark_read": { auth: true, body: bodies.markReadBody },
  "GET /conversation/max_read_seq": { auth: true, query: bodies.conversationIdQuery },
  "GET /conversation/unread_count": { auth: true, query: bodies.unreadCountQuery },
  ...PUSH_ROUTES,
  "GET /sync": { auth: true, query: bodies.syncQuery },
  "POST /media": { auth: true, query: media.uploadQuery, body: media.file },
  "GET /media/:media_id": { auth: false, params: media.mediaParam },
  "GET /media/:media_id/:name": { auth: false, params: media.namedMediaParam },
  "GET /health": { auth: false },
  "GET /ready": { auth: false },
  "GET /ws": { auth: false, query: bodies.socketQuery },
  ...ADMIN_ROUTES,
} as const satisfies Readonly<Record<`${"GET" | "POST" | "PUT"} /${string}`, RouteInput>>;

/** A route's method and path, for example `POST /group/join`. */
export type RouteKey = keyof typeof ROUTES;
