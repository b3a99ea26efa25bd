import { declareCall } from "../../core/call.ts";
import type { Millis } from "../../protocol/model.ts";

/** A request of a user to their Inbox: a place for a file. @throws NO_PERMISSION, TOO_MANY_REQUESTS */
export const beginUpload = declareCall<
  { readonly conversation_id: string; readonly size: number },
  { readonly media_id: string; readonly expires_at: Millis }
>("media.begin");

/** The Worker tells the uploader's Inbox that an upload has ended. @param received bytes; null if the file is stored */
export const endUpload = declareCall<{ readonly media_id: string; readonly received: number | null }, void>(
  "media.end",
);

/** An Inbox asks a Conversation whether its user may upload there. @throws NO_PERMISSION */
export const mayUpload = declareCall<{ readonly user_id: string }, void>("media.may_upload");

/** An Inbox asks a Conversation whether a send is known there, so that its files need not be copied again. */
export const knownSend = declareCall<{ readonly user_id: string; readonly client_msg_id: string }, boolean>(
  "media.known_send",
);

/** An Inbox asks a Conversation which of these files it keeps, or will delete itself. */
export const keptMedia = declareCall<readonly string[], readonly string[]>("media.kept");

/** An Inbox hands the picture of a group to the group's Conversation. @returns whether it is the group's picture */
export const adoptAvatar = declareCall<{ readonly media_id: string }, boolean>("media.adopt_avatar");
