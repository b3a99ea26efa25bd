import type { ChannelSettings, Channels } from "./channel.ts";
import { fcm } from "./fcm.ts";
import { webPush } from "./webpush.ts";

/** The way to devices of each kind. */
export function channelsOf(settings: ChannelSettings): Channels {
  return { webpush: webPush(settings), fcm: fcm(settings), hook: hook() };
}

function hook(): Channels["hook"] {
  return {
    isReady: false,
    send: () => Promise.reject(new Error("this server has no webhooks")),
  };
}
