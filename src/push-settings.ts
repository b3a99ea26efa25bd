import * as z from "zod";

/** The settings of push notifications. An empty one counts as not set. */

const unset = z.literal("").transform(() => undefined);

const HOST = /^(\*\.)?[a-z0-9.-]+$/;
const ORIGIN = /^https?:\/\/[^/]+$/;

/** The parts of a service account's key file that FCM needs. */
const serviceAccount = z.object({
  project_id: z.string().regex(/^[\w.:-]+$/),
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url({ protocol: /^https$/ }).default("https://oauth2.googleapis.com/token"),
});

export type ServiceAccount = z.output<typeof serviceAccount>;

const serviceAccountText = z.string().transform((text, context) => {
  try {
    return serviceAccount.parse(JSON.parse(text));
  } catch {
    // The reason could quote the key.
    context.addIssue({ code: "custom", message: "must be the JSON key file of a service account" });
    return z.NEVER;
  }
});

export const pushSettings = {
  PUSH_HOSTS: z
    .string()
    .refine(
      (hosts) => hosts.split(/\s+/).every((host) => host === "" || HOST.test(host) || ORIGIN.test(host)),
      "must be hosts like push.example or *.push.example, separated by spaces",
    )
    .default("fcm.googleapis.com *.push.services.mozilla.com *.notify.windows.com *.push.apple.com"),
  VAPID_PUBLIC_KEY: z
    .union([unset, z.string().regex(/^B[A-P][\w-]{85}$/, "must be base64url of an uncompressed P-256 point")])
    .optional(),
  VAPID_PRIVATE_KEY: z.union([unset, z.string().regex(/^[\w-]{43}$/, "must be base64url of 32 bytes")]).optional(),
  VAPID_SUBJECT: z
    .union([unset, z.string().regex(/^(mailto:|https:\/\/)/, "must be a mailto: or https: address")])
    .optional(),
  FCM_SERVICE_ACCOUNT: z.union([unset, serviceAccountText]).optional(),
};

interface Keys {
  readonly VAPID_PUBLIC_KEY?: string | undefined;
  readonly VAPID_PRIVATE_KEY?: string | undefined;
}

export function hasBothKeys({ VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY }: Keys): boolean {
  return (VAPID_PUBLIC_KEY === undefined) === (VAPID_PRIVATE_KEY === undefined);
}

export const BOTH_KEYS = { path: ["VAPID_PRIVATE_KEY"], message: "and VAPID_PUBLIC_KEY must both be set, or neither" };
