import type { Millis } from "./model.ts";

/** How a device is reached: a browser's push service, Firebase Cloud Messaging, or the app's own backend. */
export type PushKind = "webpush" | "fcm" | "hook";

/** How much of a message a notification shows: name and text, the name only, or that there is one. */
export type PushPrivacy = "full" | "name" | "none";

/** What `GET /push/key` answers. */
export interface PushKey {
  /** The key for `PushManager.subscribe`, base64url of 65 bytes; "" if this server has no Web Push. */
  public_key: string;
  /** The kinds of devices that this server can reach. */
  kinds: PushKind[];
}

/** What a device gets for a message: JSON in a Web Push, strings in the `data` of FCM. */
export interface PushPayload {
  /** `message`: show or replace the notification of a conversation. `withdraw`: remove it if it shows this seq. */
  type: "message" | "withdraw";
  user_id: string;
  /** "" in a push of FCM to a device whose privacy is `none`: Google can read it. */
  conversation_id: string;
  /** The newest message of the push. */
  seq: number;
  sent_at: Millis;
  /** Ready to show, in the device's language. "" in a withdrawal. */
  title: string;
  body: string;
  /** Unread messages of this conversation. */
  unread_count: number;
  /** Unread messages of all conversations with alerts: the number on the app's icon. */
  badge: number;
}
