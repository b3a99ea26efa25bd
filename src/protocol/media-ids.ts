import { MessageType } from "./model.ts";

/** Without zod, since the SDK and the page recognise files, too. */

/** The form of a media_id: 42 bytes in base64url, which have only one spelling. */
export const MEDIA_ID = /^[A-Za-z0-9_-]{56}$/;

/** A media_id in an address on any host, so that a change of the server's domain breaks no message. */
const IN_ADDRESS = /\/media\/([A-Za-z0-9_-]{56})(?![A-Za-z0-9_-])/g;

/** The media_ids in the addresses of a text, each once. */
export function mediaIdsIn(text: string): string[] {
  if (!text.includes("/media/")) return [];
  return [...new Set([...text.matchAll(IN_ADDRESS)].map(([, id = ""]) => id))];
}

/** Kinds of messages that keep the files that their content names. In a text an address is only words. */
const KEEPS_FILES: ReadonlySet<number> = new Set([
  MessageType.IMAGE,
  MessageType.VIDEO,
  MessageType.AUDIO,
  MessageType.FILE,
  MessageType.CUSTOM,
]);

/** The files that a message keeps. @param content JSON text as it is stored */
export function filesOf(messageType: number, content: string): string[] {
  return KEEPS_FILES.has(messageType) ? mediaIdsIn(content) : [];
}
