import { handOn, hasHooks } from "../../core/events.ts";
import type { Env } from "../../env.ts";
import type { Channel } from "./channel.ts";

/**
 * The app's own backend, by its webhooks: for push services that this server does not speak to. The event's id is the
 * same if it is sent twice.
 */
export function hook(env: Env): Channel {
  return {
    isReady: hasHooks(env),
    send: async ({ device_id, token, details }, { payload, rev, topic }) => {
      const { service }: { service: string } = JSON.parse(details);
      const data = { device_id, service, token, topic, notification: payload };
      try {
        const id = `push_${topic}_${payload.seq}_${rev}`;
        await handOn(env, [{ id, type: "push.requested", data: JSON.stringify(data) }]);
        return { status: 202, isRetryable: false, retryAfter: 0 };
      } catch {
        return { status: 0, isRetryable: true, retryAfter: 0 };
      }
    },
  };
}
