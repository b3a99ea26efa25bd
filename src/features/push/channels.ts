import { type Env, settingsOf } from "../../env.ts";
import type { Channels } from "./channel.ts";
import { fcm } from "./fcm.ts";
import { hook } from "./hook.ts";
import { webPush } from "./webpush.ts";

/** The ways to devices of each kind. */
export function channelsOf(env: Env): Channels {
  const settings = settingsOf(env);
  return { webpush: webPush(settings), fcm: fcm(settings), hook: hook(env) };
}
