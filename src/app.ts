import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { settingsOf } from "./env.ts";
import { adminNumberRoutes, metricsRoute } from "./features/admin/numbers.ts";
import { adminUserRoutes } from "./features/admin/users.ts";
import { consentRoutes } from "./features/consent/routes.ts";
import { conversationRoutes } from "./features/conversations/routes.ts";
import { deletionRoutes } from "./features/deletions/routes.ts";
import { adminEditRoutes } from "./features/edits/admin-routes.ts";
import { editRoutes } from "./features/edits/routes.ts";
import { exportFileRoute, exportRoutes } from "./features/exports/routes.ts";
import { forwardRoutes } from "./features/forwards/routes.ts";
import { adminGroupRoutes } from "./features/groups/admin-routes.ts";
import { groupRoutes } from "./features/groups/routes.ts";
import { readyRoute } from "./features/health/routes.ts";
import { hookRoutes } from "./features/hooks/routes.ts";
import { importRoutes } from "./features/imports/routes.ts";
import { loginRoutes } from "./features/logins/routes.ts";
import { mediaRoutes } from "./features/media/routes.ts";
import { mentionRoutes } from "./features/mentions/routes.ts";
import { adminMessageRoutes } from "./features/messages/admin-routes.ts";
import { broadcastRoutes } from "./features/messages/broadcast.ts";
import { messageRoutes } from "./features/messages/routes.ts";
import { ownDataRoutes } from "./features/own-data/routes.ts";
import { pinRoutes } from "./features/pins/routes.ts";
import { presenceRoutes } from "./features/presence/routes.ts";
import { profileRoutes } from "./features/profiles/routes.ts";
import { pushRoutes } from "./features/push/routes.ts";
import { reactionRoutes } from "./features/reactions/routes.ts";
import { readRoutes } from "./features/reads/routes.ts";
import { adminRecallRoutes } from "./features/recalls/admin-routes.ts";
import { recallRoutes } from "./features/recalls/routes.ts";
import { adminReportRoutes } from "./features/reports/admin-routes.ts";
import { reportRoutes } from "./features/reports/routes.ts";
import { searchRoutes } from "./features/search/routes.ts";
import { socketRoute } from "./features/sockets/routes.ts";
import { keyed } from "./middleware/api-keys.ts";
import { authenticated } from "./middleware/authenticate.ts";
import type { AppEnv } from "./middleware/context.ts";
import { failed, methodNotAllowed } from "./middleware/envelope.ts";
import { floodLimited } from "./middleware/flood.ts";
import { tokenFirst } from "./middleware/inbox.ts";
import { allowedOrigins } from "./middleware/origin.ts";
import { identified } from "./middleware/request.ts";
import { addRoutes } from "./middleware/route.ts";
import { jsonBody, limitedBody } from "./middleware/validate.ts";
import { ADMIN_ROUTES } from "./protocol/admin-routes.ts";
import { Code, errorCode, NexoError } from "./protocol/codes.ts";

/** Paths that need a token. The token is checked before the body. */
const SIGNED_IN = [
  "/auth/logout",
  "/auth/refresh",
  "/auth/password",
  "/auth/erase",
  "/auth/sessions",
  "/auth/sessions/*",
  "/user/*",
  "/group/*",
  "/msg/*",
  "/conversation/*",
  "/push/*",
  "/sync",
  "/search",
  "/media",
];

/** The Worker's HTTP side: the middleware for every request, and the route file for each path. */
export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(async (error, c) => failed(isShape(error) ? await tokenFirst(c, error) : error, c));
  app.notFound((c) => failed(new NexoError(Code.NOT_FOUND), c));

  app.use(identified());
  // This comes before the settings check, because it reports wrong settings.
  app.route("/ready", readyRoute);
  app.use(async function settingsChecked(c, next) {
    settingsOf(c.env);
    await next();
  });

  // This comes before all code that changes response headers: the headers of an upgrade cannot be changed.
  app.route("/ws", socketRoute);

  app.use(allowedOrigins());
  app.get("/health", (c) => c.json({ status: "ok" }));
  for (const path of SIGNED_IN) app.use(path, authenticated());
  for (const [key, { scope }] of Object.entries(ADMIN_ROUTES)) {
    const [method = "", path = ""] = key.split(" ");
    app.on([method], [path], keyed(scope));
  }
  app.route("/metrics", metricsRoute);
  // Files are longer than other bodies, and are not JSON.
  app.route("/media", mediaRoutes);
  app.route("/export", exportFileRoute);
  app.use(limitedBody(), jsonBody());
  // The limit for an address applies before its request is checked.
  app.post("/auth/register", floodLimited("REGISTER_LIMIT"));
  app.post("/auth/login", floodLimited("LOGIN_LIMIT"));
  app.post("/auth/exchange", floodLimited("LOGIN_LIMIT"));
  app.post("/auth/password", floodLimited("LOGIN_LIMIT"));
  app.post("/auth/erase", floodLimited("LOGIN_LIMIT"));
  addRoutes(app, {
    ...loginRoutes,
    ...adminUserRoutes,
    ...adminNumberRoutes,
    ...adminMessageRoutes,
    ...adminRecallRoutes,
    ...adminEditRoutes,
    ...broadcastRoutes,
    ...adminReportRoutes,
    ...adminGroupRoutes,
    ...hookRoutes,
    ...importRoutes,
    ...exportRoutes,
    ...profileRoutes,
    ...consentRoutes,
    ...reportRoutes,
    ...pushRoutes,
    ...searchRoutes,
    ...ownDataRoutes,
    ...presenceRoutes,
    ...groupRoutes,
    ...messageRoutes,
    ...editRoutes,
    ...recallRoutes,
    ...deletionRoutes,
    ...reactionRoutes,
    ...pinRoutes,
    ...mentionRoutes,
    ...forwardRoutes,
    ...readRoutes,
    ...conversationRoutes,
  });
  return withOtherMethods(app);
}

/** Whether an error is about the form of a request. In that case the inbox has not checked its token. */
function isShape(error: unknown): boolean {
  const code = errorCode(error);
  return error instanceof HTTPException || code === Code.INVALID_PARAMETER || code === Code.TOO_LARGE;
}

/** Answers 405 when the path is known but does not support this method. */
function withOtherMethods(app: Hono<AppEnv>): Hono<AppEnv> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of app.routes) {
    if (method === "ALL") continue;
    const known = methods.get(path) ?? [];
    if (!known.includes(method)) methods.set(path, [...known, method]);
  }
  for (const [path, allowed] of methods) app.all(path, (c) => methodNotAllowed(c, allowed));
  return app;
}
