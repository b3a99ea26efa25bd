import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { Platform, RESERVED_USERS } from "./model.ts";
import { bytes, characters, idSchema, name, newIdSchema, optional } from "./text.ts";

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
  "POST /admin/users/:user_id/password": { auth: true, scope: "users", params: userIdParam, body: adminPasswordBody },
  "POST /admin/users/:user_id/ban": { auth: true, scope: "users", params: userIdParam },
  "POST /admin/users/:user_id/unban": { auth: true, scope: "users", params: userIdParam },
  "POST /admin/users/:user_id/logout": { auth: true, scope: "users", params: userIdParam, body: adminLogoutBody },
  "POST /admin/tokens": { auth: true, scope: "users", body: adminTokenBody },
  "GET /admin/audit": { auth: true, scope: "audit", query: adminAuditQuery },
  "GET /admin/stats": { auth: true, scope: "audit" },
  "GET /metrics": { auth: true, scope: "audit" },
} as const;
