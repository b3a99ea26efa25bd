import * as z from "zod";
import { Platform, RESERVED_USERS } from "./account-model.ts";
import { editBody, seqsBody } from "./amend.ts";
import { adminSendBody, groupMuteBody, groupSetRoleBody } from "./bodies.ts";
import { EVENT_TYPES } from "./events.ts";
import { groupChanges, groupMembersQuery } from "./groups.ts";
import { adminEraseBody, exportBody } from "./leaving.ts";
import { LIMITS } from "./limits.ts";
import { bytes, characters, conversationIdSchema, idSchema, isObject, name, newIdSchema, optional } from "./text.ts";

/** What a key of the server API may do. `all` includes every other scope. */
export const SCOPES = ["users", "messages", "groups", "hooks", "export", "audit", "all"] as const;
export type Scope = (typeof SCOPES)[number];

const accountId = newIdSchema.refine((id) => !RESERVED_USERS.has(id), "is reserved");
const profileText = bytes(0, LIMITS.profileTextBytes);
const nickname = name(1, LIMITS.nameCharacters);
const extra = bytes(0, LIMITS.extraBytes);
const password = characters(LIMITS.passwordCharacters.min, LIMITS.passwordCharacters.max);
const platformId = z.int().min(0).max(LIMITS.platforms);

const account = {
  user_id: accountId,
  nickname,
  avatar: optional(profileText),
  extra: optional(extra),
  password: optional(password),
  /** A hash that another server made. `core/passwords.ts` says which are accepted. */
  password_hash: optional(z.string().max(LIMITS.passwordHashCharacters)),
};
const userIdParam = z.object({ user_id: idSchema });
/** For what would let somebody in as `system`, or end it. */
const accountIdParam = z.object({ user_id: accountId });

const adminUserBody = z.object(account);
const adminImportUsersBody = z.object({
  users: z
    .array(z.object({ ...account, created_at: optional(z.int().min(0)) }).omit({ password: true }))
    .min(1)
    .max(LIMITS.importUsers),
});
const adminProfileBody = z.object({
  nickname: optional(nickname),
  avatar: optional(profileText),
  extra: optional(extra),
});
const adminPasswordBody = z.object({ password });
const adminLogoutBody = z.object({ platform_id: optional(platformId).transform((id) => id || undefined) });
const adminTokenBody = z.object({
  user_id: accountId,
  platform_id: optional(platformId).transform((id) => id || Platform.WEB),
  ttl: optional(z.int().min(60).max(LIMITS.tokenSeconds)),
});
const importMessagesBody = z.object({
  conversation_id: conversationIdSchema,
  messages: z
    .array(
      z.object({
        seq: z.int().min(1),
        sender_id: idSchema,
        client_msg_id: bytes(1, LIMITS.clientMessageIdBytes),
        msg_type: z.int(),
        content: z.custom<Record<string, unknown>>(isObject, "must be an object"),
        send_at: z.int().min(0),
      }),
    )
    .min(1)
    .max(LIMITS.importMessages),
  reads: optional(z.array(z.object({ user_id: idSchema, read_seq: z.int().min(0) })).max(LIMITS.importMessages)),
});
const broadcastBody = z.object({
  job_id: optional(idSchema.max(LIMITS.jobIdCharacters)),
  user_ids: optional(z.array(idSchema).min(1).max(LIMITS.broadcastUsers)),
  all: optional(z.boolean()),
  msg_type: z.int(),
  content: z.custom<Record<string, unknown>>(isObject, "must be an object"),
});
const numberText = z.string().regex(/^\d{1,16}$/, "must be an integer");
const reportState = z.string().regex(/^[a-z_]{1,32}$/, "must be 1 to 32 of a-z _");
const reportsQuery = z.object({ state: reportState.optional(), before: numberText.transform(Number).optional() });
const groupIdParam = z.object({ group_id: idSchema });
const groupUsersBody = z.object({ user_ids: z.array(idSchema).min(1).max(LIMITS.batchUsers) });
const adminGroupBody = z.object({
  group_id: optional(newIdSchema),
  owner_id: accountId,
  name: nickname,
  introduction: optional(profileText),
  avatar: optional(profileText),
  member_ids: optional(z.array(idSchema)),
});
const hookIdParam = z.object({ hook_id: idSchema });
const hookFields = {
  types: optional(z.array(z.enum(EVENT_TYPES)).max(EVENT_TYPES.length)),
  batch: optional(z.int().min(1).max(100)),
};
const hookUrl = z.string().max(LIMITS.profileTextBytes);
const hookSecret = z.string().max(LIMITS.profileTextBytes);
const adminAuditQuery = z.object({
  before: z
    .string()
    .regex(/^\d{1,16}$/, "must be an integer")
    .transform(Number)
    .optional(),
});

/** The routes of the server API. Their answers are in admin-answers.ts. */
export const ADMIN_ROUTES = {
  "POST /admin/users": { auth: true, scope: "users", body: adminUserBody },
  "POST /admin/users/import": { auth: true, scope: "users", body: adminImportUsersBody },
  "GET /admin/users/:user_id": { auth: true, scope: "users", params: userIdParam },
  "PUT /admin/users/:user_id": { auth: true, scope: "users", params: userIdParam, body: adminProfileBody },
  "POST /admin/users/:user_id/password": {
    auth: true,
    scope: "users",
    params: accountIdParam,
    body: adminPasswordBody,
  },
  "POST /admin/users/:user_id/ban": { auth: true, scope: "users", params: accountIdParam },
  "POST /admin/users/:user_id/unban": { auth: true, scope: "users", params: userIdParam },
  "POST /admin/users/:user_id/logout": { auth: true, scope: "users", params: userIdParam, body: adminLogoutBody },
  "POST /admin/users/:user_id/erase": { auth: true, scope: "users", params: accountIdParam, body: adminEraseBody },
  "POST /admin/users/:user_id/export": { auth: true, scope: "export", params: accountIdParam, body: exportBody },
  "POST /admin/tokens": { auth: true, scope: "users", body: adminTokenBody },
  "POST /admin/messages": { auth: true, scope: "messages", body: adminSendBody },
  "POST /admin/messages/recall": { auth: true, scope: "messages", body: seqsBody.extend({ user_id: idSchema }) },
  "POST /admin/messages/edit": { auth: true, scope: "messages", body: editBody.extend({ user_id: idSchema }) },
  "POST /admin/messages/import": { auth: true, scope: "messages", body: importMessagesBody },
  "POST /admin/broadcast": { auth: true, scope: "messages", body: broadcastBody },
  "GET /admin/jobs/:job_id": { auth: true, scope: "messages", params: z.object({ job_id: idSchema }) },
  "POST /admin/groups": { auth: true, scope: "groups", body: adminGroupBody },
  "GET /admin/groups/:group_id": { auth: true, scope: "groups", params: groupIdParam },
  "PUT /admin/groups/:group_id": {
    auth: true,
    scope: "groups",
    params: groupIdParam,
    body: z.object(groupChanges),
  },
  "GET /admin/groups/:group_id/members": {
    auth: true,
    scope: "groups",
    params: groupIdParam,
    query: groupMembersQuery.pick({ cursor: true, limit: true }),
  },
  "POST /admin/groups/:group_id/add": { auth: true, scope: "groups", params: groupIdParam, body: groupUsersBody },
  "POST /admin/groups/:group_id/remove": { auth: true, scope: "groups", params: groupIdParam, body: groupUsersBody },
  "POST /admin/groups/:group_id/role": {
    auth: true,
    scope: "groups",
    params: groupIdParam,
    body: groupSetRoleBody.omit({ group_id: true }),
  },
  "POST /admin/groups/:group_id/transfer": {
    auth: true,
    scope: "groups",
    params: groupIdParam,
    body: z.object({ user_id: idSchema }),
  },
  "POST /admin/groups/:group_id/mute": {
    auth: true,
    scope: "groups",
    params: groupIdParam,
    body: groupMuteBody.omit({ group_id: true }),
  },
  "POST /admin/groups/:group_id/dismiss": { auth: true, scope: "groups", params: groupIdParam },
  "POST /admin/hooks": {
    auth: true,
    scope: "hooks",
    body: z.object({ url: hookUrl, ...hookFields, secret: optional(hookSecret) }),
  },
  "GET /admin/hooks": { auth: true, scope: "hooks" },
  "PUT /admin/hooks/:hook_id": {
    auth: true,
    scope: "hooks",
    params: hookIdParam,
    body: z.object({ url: optional(hookUrl), ...hookFields, enabled: optional(z.boolean()) }),
  },
  "POST /admin/hooks/:hook_id/rotate": {
    auth: true,
    scope: "hooks",
    params: hookIdParam,
    body: z.object({ secret: optional(hookSecret) }),
  },
  "POST /admin/hooks/:hook_id/remove": { auth: true, scope: "hooks", params: hookIdParam },
  "POST /admin/hooks/:hook_id/test": { auth: true, scope: "hooks", params: hookIdParam },
  "GET /admin/hooks/:hook_id/log": { auth: true, scope: "hooks", params: hookIdParam },
  "GET /admin/reports": { auth: true, scope: "audit", query: reportsQuery },
  "PUT /admin/reports/:report_id": {
    auth: true,
    scope: "audit",
    params: z.object({ report_id: idSchema }),
    body: z.object({ state: reportState }),
  },
  "GET /admin/audit": { auth: true, scope: "audit", query: adminAuditQuery },
  "GET /admin/stats": { auth: true, scope: "audit" },
  "GET /metrics": { auth: true, scope: "audit" },
} as const;
