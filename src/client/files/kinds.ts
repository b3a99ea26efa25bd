import { MessageType } from "../../protocol/model.ts";
import type { FileLike } from "./file.ts";

/** Addresses of files that are not uploaded yet. They are replaced before the message is sent. */
const WAITING = "nexo-file:";

/** What a file's message is made of. */
export interface FileMessage {
  readonly msg_type: number;
  readonly content: Record<string, unknown>;
}

const NAMES: Readonly<Record<number, string>> = {
  [MessageType.IMAGE]: "image",
  [MessageType.VIDEO]: "video",
  [MessageType.AUDIO]: "audio",
  [MessageType.FILE]: "file",
};

/** The type of message for a file: what the server shows in place, else a file. */
function kindOf(type: string): number {
  const [bare = ""] = type.split(";");
  if (/^image\/(jpeg|png|gif|webp|avif)$/.test(bare)) return MessageType.IMAGE;
  if (/^video\/(mp4|webm)$/.test(bare)) return MessageType.VIDEO;
  if (/^audio\/(mp4|mpeg|ogg|webm|wav|x-wav|x-m4a)$/.test(bare)) return MessageType.AUDIO;
  return MessageType.FILE;
}

/** The message of a file that is not uploaded yet. @param fields are added to its content, or replace its fields */
export function messageOf(id: string, file: FileLike, name: string, fields: Record<string, unknown>): FileMessage {
  const msg_type = kindOf(file.type);
  const kind = NAMES[msg_type];
  const named = msg_type === MessageType.FILE ? { file_name: name || "file" } : {};
  return { msg_type, content: { [`${kind}_url`]: WAITING + id, [`${kind}_size`]: file.size, ...named, ...fields } };
}

/**
 * Whether the content of a message still waits for the upload of its file: `client.sendingFile` has it until then.
 *
 * @example if (waitsForFile(item.content)) showProgress(client.sendingFile(item.client_msg_id));
 */
export function waitsForFile(content: Readonly<Record<string, unknown>>): boolean {
  return Object.values(content).some((value) => typeof value === "string" && value.startsWith(WAITING));
}

/** The content with the address of the uploaded file. */
export function contentWith(
  { msg_type, content }: { readonly msg_type: number; readonly content: Readonly<Record<string, unknown>> },
  url: string,
  more: Record<string, unknown>,
): Record<string, unknown> {
  return { ...content, [`${NAMES[msg_type]}_url`]: url, ...more };
}
