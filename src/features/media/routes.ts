import { type Context, Hono } from "hono";
import { tell } from "../../core/events.ts";
import { settingsOf } from "../../env.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { lengthRequired, ok } from "../../middleware/envelope.ts";
import { query } from "../../middleware/validate.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { uploadQuery } from "../../protocol/media.ts";
import { safeName } from "./file-name.ts";
import { serve } from "./serving.ts";
import { upload } from "./uploading.ts";

/** The routes of files. They take and give bytes and not JSON, so they skip the checks of the other routes. */
export const mediaRoutes = new Hono<AppEnv>()
  .post("/", query(uploadQuery), async (c) => {
    const bucket = bucketOf(c);
    const length = c.req.header("Content-Length");
    if (length === undefined) return lengthRequired(c);
    const { conversation_id = "", name = "", type = "" } = c.req.valid("query");
    const asked = { conversation_id, name: safeName(name), type, size: Number(length) };
    const { media_id, ...stored } = await upload(c, bucket, asked);
    const user_id = c.get("login").user_id;
    await tell(c.env, "media.uploaded", { user_id, media_id, conversation_id, type, size: asked.size });
    const tail = asked.name === "" ? "" : `/${encodeURIComponent(asked.name)}`;
    const origin = settingsOf(c.env).MEDIA_ORIGIN || new URL(c.req.url).origin;
    return ok(c, { media_id, url: `${origin}/media/${media_id}${tail}`, ...stored });
  })
  .get("/:media_id", (c) => serve(c.req.raw, bucketOf(c), c.req.param("media_id")))
  .get("/:media_id/:name", (c) => serve(c.req.raw, bucketOf(c), c.req.param("media_id")));

function bucketOf(c: Context<AppEnv>): R2Bucket {
  if (!c.env.MEDIA) throw new NexoError(Code.NOT_FOUND, "this server keeps no files");
  return c.env.MEDIA;
}
