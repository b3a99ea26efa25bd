import type { z } from "zod";
import type * as amend from "./amend.ts";
import type * as bodies from "./bodies.ts";
import type { FRAMES, FrameNumber } from "./frame-requests.ts";
import type * as groups from "./groups.ts";
import type { eraseBody, exportBody } from "./leaving.ts";
import type * as media from "./media.ts";
import type { pushRegisterBody } from "./push.ts";
import type { ROUTES, RouteKey } from "./routes.ts";
import type { reportBody } from "./safety.ts";

/** The types of requests, derived from the schemas that the server parses them with. Types only: no zod is loaded. */

export type RegisterRequest = z.input<typeof bodies.registerBody>;
export type LoginRequest = z.input<typeof bodies.loginBody>;
export type ExchangeRequest = z.input<typeof bodies.exchangeBody>;
export type PasswordRequest = z.input<typeof bodies.passwordBody>;
export type EraseRequest = z.input<typeof eraseBody>;
export type ExportRequest = z.input<typeof exportBody>;
export type UserUpdateRequest = z.input<typeof bodies.userUpdateBody>;
export type GroupCreateRequest = z.input<typeof bodies.groupCreateBody>;
export type GroupJoinRequest = z.input<typeof groups.groupJoinBody>;
export type GroupUsersRequest = z.input<typeof bodies.groupUsersBody>;
export type GroupSetRoleRequest = z.input<typeof bodies.groupSetRoleBody>;
export type GroupTransferRequest = z.input<typeof bodies.groupTransferBody>;
export type GroupMuteRequest = z.input<typeof bodies.groupMuteBody>;
export type GroupUpdateRequest = z.input<typeof groups.groupUpdateBody>;
export type GroupBanRequest = RouteRequest<"POST /group/ban">["body"];
export type GroupLinkRequest = RouteRequest<"POST /group/link">["body"];
export type GroupNicknameRequest = z.input<typeof bodies.groupNicknameBody>;
export type ReportRequest = z.input<typeof reportBody>;
export type SendRequest = z.input<typeof bodies.sendBody>;
export type EditRequest = z.input<typeof amend.editBody>;
/** The input of recall and delete. */
export type SeqsRequest = z.input<typeof amend.seqsBody>;
export type ReactRequest = z.input<typeof amend.reactBody>;
export type PinRequest = z.input<typeof amend.pinBody>;
export type ForwardRequest = z.input<typeof bodies.forwardBody>;
export type ConversationUpdateRequest = z.input<typeof bodies.conversationUpdateBody>;
export type UploadRequest = z.input<typeof media.uploadQuery>;
export type PushRegisterRequest = z.input<typeof pushRegisterBody>;
export type PullRequest = { conversation_id: string } & Partial<bodies.PullRange>;

type Part<K extends RouteKey, P extends "body" | "query" | "params"> =
  (typeof ROUTES)[K] extends Record<P, infer Schema extends z.ZodType> ? z.input<Schema> : undefined;
/** Values of a query or a path are sent as text. */
type Texts<Fields> = { [Name in keyof Fields]: string | number | undefined };

/** The input of a route. */
export type RouteRequest<K extends RouteKey> = (Part<K, "body"> extends undefined
  ? unknown
  : { body: Part<K, "body"> }) &
  (Part<K, "query"> extends undefined ? unknown : { query: Texts<Part<K, "query">> }) &
  (Part<K, "params"> extends undefined ? unknown : { params: Texts<Part<K, "params">> });

/** The `data` that a client sends in a frame. */
export type FrameRequest<N extends FrameNumber> = z.input<(typeof FRAMES)[N]["data"]>;
