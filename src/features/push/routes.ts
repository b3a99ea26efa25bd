import type { Context } from "hono";
import { settingsOf } from "../../env.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn, authorize } from "../../middleware/inbox.ts";
import type { HandlersBelow } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { PushRegistration } from "../../protocol/push.ts";
import type { PushKind } from "../../protocol/push-model.ts";
import { listEveryMessage, registerDevice, setEveryMessage, unregisterDevice } from "./calls.ts";
import { channelsOf } from "./channels.ts";
import { isAllowedEndpoint } from "./hosts.ts";

const KINDS: readonly PushKind[] = ["webpush", "fcm", "hook"];

export const pushRoutes: HandlersBelow<"push"> = {
  "GET /push/key": async (_, c) => {
    await authorize(c);
    const channels = channelsOf(c.env);
    const kinds = KINDS.filter((kind) => channels[kind].isReady);
    return { public_key: settingsOf(c.env).VAPID_PUBLIC_KEY ?? "", kinds };
  },

  "POST /push/register": async ({ body }, c) => {
    await assertReachable(c, body);
    return await askOwn(c, registerDevice, { device: body, site: new URL(c.req.url).origin });
  },

  "POST /push/unregister": async ({ body }, c) => {
    await askOwn(c, unregisterDevice, { device_id: body.device_id });
    return null;
  },

  "GET /push/conversations": (_, c) => askOwn(c, listEveryMessage, null),

  "PUT /push/conversation": async ({ body }, c) => {
    await askOwn(c, setEveryMessage, body);
    return null;
  },
};

/** @throws NexoError INVALID_PARAMETER for a device that this server cannot or may not send to */
async function assertReachable(c: Context<AppEnv>, device: PushRegistration): Promise<void> {
  if (!channelsOf(c.env)[device.kind].isReady) throw wrong(`kind: ${device.kind} is not set up on this server`);
  if (device.kind !== "webpush") return;
  if (!isAllowedEndpoint(settingsOf(c.env).PUSH_HOSTS, device.endpoint)) {
    throw wrong("endpoint: its host is not one that this server sends to");
  }
  try {
    const point = Buffer.from(device.keys.p256dh, "base64url");
    await crypto.subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, false, []);
  } catch {
    throw wrong("keys.p256dh: is not a point of P-256");
  }
}

function wrong(message: string): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, message);
}
