import { importPKCS8, SignJWT } from "jose";
import * as z from "zod";
import type { PushPayload } from "../../protocol/push-model.ts";
import type { ServiceAccount } from "../../push-settings.ts";
import { type Channel, type ChannelSettings, fetchInTime, type Push, post, TIME_TO_LIVE } from "./channel.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
/** Seconds before its end at which an access token is no longer used. */
const MARGIN = 300;

/** What Google answers to an assertion (RFC 6749, section 5.1). */
const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number().default(3_600) });

/** The access token of each account. Not its promise: a request must not wait for another request's promise. */
const accessTokens = new WeakMap<ServiceAccount, { readonly token: string; readonly until: number }>();

/** Firebase Cloud Messaging, HTTP v1: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages */
export function fcm({ FCM_SERVICE_ACCOUNT: account }: ChannelSettings): Channel {
  return {
    isReady: account !== undefined,
    send: async ({ token, privacy }, push) => {
      if (!account) throw new Error("there is no FCM_SERVICE_ACCOUNT");
      const access = await accessTokenOf(account);
      if (access === null) return { status: 0, isRetryable: true, retryAfter: 0 };
      const headers = { Authorization: `Bearer ${access}`, "Content-Type": "application/json" };
      const message = { token, ...messageOf(push, privacy === "none") };
      const url = `https://fcm.googleapis.com/v1/projects/${account.project_id}/messages:send`;
      const answer = await post(url, headers, JSON.stringify({ message }));
      if (answer.status !== 401) return answer;
      accessTokens.delete(account);
      return { ...answer, isRetryable: true };
    },
  };
}

/** @param isHidden whether Google is not told which conversation it is [NOTIFY-6] */
function messageOf({ payload, topic }: Push, isHidden: boolean) {
  const data = dataOf(isHidden ? { ...payload, conversation_id: "" } : payload);
  if (payload.type === "withdraw") {
    return {
      data,
      android: { priority: "NORMAL", ttl: `${TIME_TO_LIVE}s` },
      apns: {
        headers: { "apns-push-type": "background", "apns-priority": "5" },
        payload: { aps: { "content-available": 1, badge: payload.badge } },
      },
    };
  }
  return {
    data,
    notification: { title: payload.title, body: payload.body },
    android: {
      priority: "HIGH",
      ttl: `${TIME_TO_LIVE}s`,
      collapse_key: topic,
      notification: { tag: topic, notification_count: payload.badge },
    },
    apns: {
      headers: { "apns-priority": "10", "apns-collapse-id": topic },
      payload: { aps: { badge: payload.badge, sound: "default", "thread-id": topic } },
    },
  };
}

/** The values of `data` are strings. */
function dataOf(payload: PushPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]));
}

/** An access token, by a signed assertion (RFC 7523). Null if Google did not give one. */
async function accessTokenOf(account: ServiceAccount): Promise<string | null> {
  const now = Math.floor(Date.now() / 1_000);
  const kept = accessTokens.get(account);
  if (kept && kept.until > now) return kept.token;
  const key = await importPKCS8(account.private_key, "RS256");
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt(now)
    .setExpirationTime(now + 3_600)
    .sign(key);
  const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  try {
    const init: RequestInit = { method: "POST", redirect: "manual", body };
    const given = await fetchInTime(account.token_uri, init, async (response) =>
      tokenAnswer.parse(response.ok ? await response.json() : null),
    );
    accessTokens.set(account, { token: given.access_token, until: now + given.expires_in - MARGIN });
    return given.access_token;
  } catch {
    return null;
  }
}
