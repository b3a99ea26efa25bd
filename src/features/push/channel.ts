import type { Settings } from "../../env.ts";
import type { PushKind, PushPayload } from "../../protocol/push-model.ts";
import type { Device } from "./store.ts";

/** One notification to one device. */
export interface Push {
  readonly payload: PushPayload;
  /** Tells apart notifications that cover the same message, but not what recalls left of it. */
  readonly rev: number;
  /** Notifications of one conversation have the same topic, and the newest one replaces the others. Reveals nothing. */
  readonly topic: string;
}

/** What a push service answered. */
export interface Answer {
  /** An HTTP status; 0 if there was none in time. */
  readonly status: number;
  /** Whether the same request may succeed a little later. */
  readonly isRetryable: boolean;
  /** Seconds that the service asked to wait. */
  readonly retryAfter: number;
}

/** A way to devices of one kind. */
export interface Channel {
  /** Whether the server has what it needs for this kind: keys, an account, a queue. */
  readonly isReady: boolean;
  /** Sends one notification. Takes a bounded time. @throws Error if the settings or the device's keys cannot be used */
  send(device: Device, push: Push): Promise<Answer>;
}

export type Channels = Readonly<Record<PushKind, Channel>>;

/** How long a push service delivers a notification to a device that is off, in seconds. */
export const TIME_TO_LIVE = 86_400;

const DEADLINE = 10_000;

/**
 * Posts to a push service. Redirects are not followed, and the answer's body is not read: the address came from a
 * client. [NOTIFY-5]
 */
export async function post(url: string, headers: Record<string, string>, body: BodyInit): Promise<Answer> {
  try {
    return await fetchInTime(url, { method: "POST", redirect: "manual", headers, body }, async (response) => {
      await response.body?.cancel();
      const { status } = response;
      const retryAfter = Number(response.headers.get("Retry-After")) || 0;
      return { status, isRetryable: status === 429 || status >= 500, retryAfter };
    });
  } catch {
    return { status: 0, isRetryable: true, retryAfter: 0 };
  }
}

/** Fetches and reads an answer, within 10 s in all. @throws Error without an answer in time */
export async function fetchInTime<T>(
  url: string,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Not AbortSignal.timeout: its timer cannot be cleared, and would keep the object awake after the answer.
  const timer = setTimeout(() => controller.abort(), DEADLINE);
  try {
    return await read(await fetch(url, { ...init, signal: controller.signal }));
  } finally {
    clearTimeout(timer);
  }
}

/** Settings that belong to a kind of device. */
export type ChannelSettings = Pick<
  Settings,
  "PUSH_HOSTS" | "VAPID_PUBLIC_KEY" | "VAPID_PRIVATE_KEY" | "VAPID_SUBJECT" | "FCM_SERVICE_ACCOUNT"
>;
