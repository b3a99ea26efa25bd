import { type Context, Hono } from "hono";
import { ACCOUNT_CALLS, type ExportState, livingCredentials } from "../../core/accounts.ts";
import { askObject } from "../../core/rpc.ts";
import { settingsOf } from "../../env.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { floodLimit } from "../../middleware/flood.ts";
import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { exportPlaceText } from "../../protocol/leaving.ts";
import { exportOf, linkOf } from "./links.ts";
import { partsOf } from "./parts.ts";

/** How long a link works. Asking again gives another one. */
const LINK_LASTS = 3_600_000;

export const exportRoutes: Pick<Handlers, "POST /user/export" | "POST /admin/users/:user_id/export"> = {
  "POST /user/export": async ({ body }, c) => {
    bucketOf(c);
    return await viewOf(c, await askOwn(c, ACCOUNT_CALLS.export, body));
  },

  "POST /admin/users/:user_id/export": async ({ params: { user_id }, body }, c) => {
    bucketOf(c);
    await livingCredentials(c.env.DB, user_id);
    return await viewOf(c, await askObject(c.env.INBOX.getByName(user_id), ACCOUNT_CALLS.export, body));
  },
};

/** The download of an export: its parts, one after the other. It skips the checks of the other routes. */
export const exportFileRoute = new Hono<AppEnv>().get("/:link", async (c) => {
  const bucket = bucketOf(c);
  const exportId = await exportOf(settingsOf(c.env), c.req.param("link"), Date.now());
  // A download reads up to thousands of parts, so those of one export have a rate, wherever they come from.
  if (exportId !== null) await floodLimit(c, "LOGIN_LIMIT", `export ${exportId}`);
  const parts = exportId === null ? [] : await partsOf(bucket, exportId);
  if (parts.length === 0) throw new NexoError(Code.NOT_FOUND, "there is no such export, or no longer");
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const { readable, writable } = new FixedLengthStream(size);
  c.executionCtx.waitUntil(sendAll(bucket, parts, writable).catch(() => undefined));
  return new Response(readable, {
    headers: {
      "Content-Type": "application/x-ndjson",
      "Content-Disposition": 'attachment; filename="nexo-export.ndjson"',
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "X-Robots-Tag": "noindex",
      "Referrer-Policy": "no-referrer",
    },
  });
});

/** The reader learns of a failure: the body ends before its length. */
async function sendAll(bucket: R2Bucket, parts: readonly R2Object[], writable: WritableStream<Uint8Array>) {
  try {
    for (const { key } of parts) {
      const part = await bucket.get(key);
      if (!part) throw new Error(`the part ${key} is gone`);
      await part.body.pipeTo(writable, { preventClose: true });
    }
    await writable.close();
  } catch (error) {
    await writable.abort(error).catch(() => undefined);
  }
}

async function viewOf(c: Context<AppEnv>, state: ExportState) {
  const { export_id, requested_at, expires_at, size, is_ready, next } = state;
  const settings = settingsOf(c.env);
  const until = Math.min(expires_at, Date.now() + LINK_LASTS);
  const link = is_ready ? await linkOf(settings, export_id, until) : "";
  const url = is_ready ? `${new URL(c.req.url).origin}/export/${link}` : "";
  return {
    export_id,
    requested_at,
    expires_at,
    is_ready,
    size,
    next: next ? exportPlaceText(next) : "",
    url,
    url_expires_at: is_ready ? until : 0,
  };
}

function bucketOf(c: Context<AppEnv>): R2Bucket {
  if (!c.env.MEDIA) throw new NexoError(Code.NOT_FOUND, "this server keeps no files, so it makes no exports");
  return c.env.MEDIA;
}
