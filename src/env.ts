import * as z from "zod";
import type { ConversationRpc, InboxRpc, Objects } from "./core/rpc.ts";
import { issuersSetting } from "./issuers.ts";
import { log } from "./log.ts";
import { Code, NexoError } from "./protocol/codes.ts";
import { BOTH_KEYS, hasBothKeys, pushSettings } from "./push-settings.ts";

/** The bindings of wrangler.toml, and the secret. */
export interface Env {
  readonly DB: D1Database;
  readonly CONVERSATION: Objects<ConversationRpc>;
  readonly INBOX: Objects<InboxRpc>;
  readonly REGISTER_LIMIT?: RateLimit;
  readonly LOGIN_LIMIT?: RateLimit;
  /** The rate of a key of the server API. */
  readonly ADMIN_LIMIT?: RateLimit;
  /** Metrics for operators. Without this binding nothing is counted. */
  readonly METRICS?: AnalyticsEngineDataset;
  /** The files of messages. Without this binding the routes of files answer NOT_FOUND, and all else works. */
  readonly MEDIA?: R2Bucket;
  /** The queue of events for the endpoints of an application; and those that no endpoint took in three days. */
  readonly HOOKS?: Queue;
  readonly HOOKS_DEAD?: Queue;
  /** The queue of broadcasts. */
  readonly JOBS?: Queue;
  readonly JWT_SECRET?: string;
  readonly JWT_SECRET_PREVIOUS?: string;
  readonly LOGIN_ISSUERS?: string;
  readonly HOOK_BEFORE_SECRET?: string;
  readonly VAPID_PUBLIC_KEY?: string;
  readonly VAPID_PRIVATE_KEY?: string;
  readonly FCM_SERVICE_ACCOUNT?: string;
  /** The former name of STRANGERS_PER_HOUR. It is still used when STRANGERS_PER_HOUR is not set. */
  readonly NEW_CHATS_PER_HOUR?: number | string;
}

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const MIN_SECRET_BYTES = 32;

const secret = z
  .string("must be set, for example with `wrangler secret put JWT_SECRET`")
  .transform((text) => new TextEncoder().encode(text))
  .refine((bytes) => bytes.byteLength >= MIN_SECRET_BYTES, `must have at least ${MIN_SECRET_BYTES} bytes`);

const settingsSchema = z
  .object({
    ALLOWED_ORIGINS: z
      .string()
      .default("")
      .transform((list) => list.split(",").map((origin) => origin.trim()))
      .pipe(z.array(z.string().regex(/^(\*|https?:\/\/[^/]+|)$/, "must be origins like https://chat.example")))
      .transform((origins) => new Set(origins.filter((origin) => origin !== ""))),
    TOKEN_LIFETIME_HOURS: whole(1, 24 * 365).default(168),
    MAX_FRAME_BYTES: whole(1_024, 1_048_576).default(51_200),
    MAX_BUFFERED_BYTES: whole(65_536, 64 * 1_048_576).default(4 * 1_048_576),
    MAX_SOCKETS_PER_USER: whole(1, 1_000).default(20),
    SEND_RATE_PER_SECOND: whole(1, 1_000_000).default(20),
    SEND_BURST: whole(1, 1_000_000).default(100),
    SEND_BYTES_PER_DAY: whole(65_536, 1_000_000_000_000).default(200_000_000),
    REQUEST_RATE_PER_SECOND: whole(1, 1_000_000).default(20),
    // The burst must be large enough for the most expensive request.
    REQUEST_BURST: whole(5, 1_000_000).default(200),
    OPERATION_RATE_PER_SECOND: whole(1, 1_000_000).default(10),
    // The burst must be large enough for a recall of as many messages as one may name.
    OPERATION_BURST: whole(10, 1_000_000).default(50),
    EDIT_SECONDS: whole(0, 10 * 365 * 86_400).default(172_800),
    RECALL_SECONDS: whole(0, 10 * 365 * 86_400).default(172_800),
    STRANGERS_PER_HOUR: whole(1, 1_000_000).default(60),
    MAX_GROUP_MEMBERS: whole(2, 10_000).default(500),
    LARGE_GROUP: whole(2, 500).default(16),
    NEW_GROUPS_PER_DAY: whole(1, 1_000_000).default(50),
    MAX_CONVERSATION_BYTES: whole(65_536, 10_000_000_000).default(9_500_000_000),
    // A request to the platform has at most 100 MB.
    MAX_MEDIA_BYTES: whole(1_024, 95_000_000).default(25_000_000),
    MEDIA_BYTES_PER_DAY: whole(1_024, 1_000_000_000_000).default(500_000_000),
    EXPORT_BYTES: whole(1_024, 1_000_000_000_000).default(1_000_000_000),
    MEDIA_ORIGIN: z
      .string()
      .default("")
      .refine(
        (origin) => /^(https?:\/\/[^/]+|)$/.test(origin),
        "must be an origin like https://files.example, or empty",
      ),
    FLOOD_LIMITS: z.enum(["on", "off"]).default("on"),
    LOG_SAMPLE: z.coerce.number().min(0).max(1).default(1),
    COMMON_PASSWORDS: z.enum(["allow", "refuse"]).default("allow"),
    WEBHOOKS: z.enum(["on", "off"]).default("off"),
    WEBHOOK_PRIVATE: z.enum(["on", "off"]).default("off"),
    HOOK_BEFORE_URL: z.string().default(""),
    HOOK_BEFORE_MS: whole(50, 8_000).default(1_500),
    HOOK_BEFORE_FAIL: z.enum(["open", "closed"]).default("open"),
    HOOK_BEFORE_SECRET: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and base64 of 24 to 64 bytes")
      .optional(),
    JWT_SECRET: secret,
    JWT_SECRET_PREVIOUS: secret.optional(),
    LOGIN_ISSUERS: issuersSetting.optional(),
    ...pushSettings,
  })
  .refine(({ HOOK_BEFORE_URL: url, HOOK_BEFORE_SECRET: key }) => url === "" || key !== undefined, {
    path: ["HOOK_BEFORE_SECRET"],
    message: "must be set with HOOK_BEFORE_URL",
  })
  .refine(hasBothKeys, BOTH_KEYS);

export type Settings = z.output<typeof settingsSchema>;

const checked = new WeakMap<object, Settings | Error>();

/**
 * The settings, checked once for each isolate.
 * @throws NexoError INTERNAL on every call while a setting is wrong; the log says which one and why.
 */
export function settingsOf(env: Env): Settings {
  const known = checked.get(env);
  const settings = known ?? check(env);
  if (!known) checked.set(env, settings);
  if (settings instanceof Error) throw settings;
  return settings;
}

/** The share of successful requests that get a line in the log. All of them while a setting is wrong. */
export function logSample(env: Env): number {
  const settings = checked.get(env) ?? check(env);
  return settings instanceof Error ? 1 : settings.LOG_SAMPLE;
}

function check(env: Env): Settings | Error {
  const parsed = settingsSchema.safeParse({ STRANGERS_PER_HOUR: env.NEW_CHATS_PER_HOUR, ...env });
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
  log("error", "settings_wrong", { wrong });
  return new NexoError(Code.INTERNAL);
}
