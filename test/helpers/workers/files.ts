import { env, exports } from "cloudflare:workers";
import { judgeReply } from "../contract.ts";
import { type Answer, urlOf } from "./api.ts";
import type { Person, Target } from "./people.ts";

export interface Uploaded {
  readonly media_id: string;
  readonly url: string;
  readonly size: number;
  readonly mime: string;
  readonly expires_at: number;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes that begin like a PNG. */
export function png(size = 200, fill = 7): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size).fill(fill);
  bytes.set(PNG_SIGNATURE.slice(0, size));
  return bytes;
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A body of unknown length. */
export function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

export interface UploadOptions {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** Uploads a file, as clients do. @param query is added to the conversation_id and the type of a PNG */
export async function upload(
  who: Person,
  conversationId: string,
  body: Uint8Array<ArrayBuffer> | ReadableStream = png(),
  { query = {}, headers = {} }: UploadOptions = {},
): Promise<Answer<Uploaded>> {
  const owner = conversationId === "" ? { purpose: "avatar" } : { conversation_id: conversationId };
  const length = body instanceof Uint8Array ? { "Content-Length": String(body.byteLength) } : {};
  const response = await exports.default.fetch(
    new Request(urlOf("/media", { ...owner, type: "image/png", ...query }), {
      method: "POST",
      headers: { Authorization: `Bearer ${who.token}`, ...length, ...headers },
      body,
    }),
  );
  const raw = await response.text();
  judgeReply("POST", "/media", { status: response.status, text: raw });
  const { code, msg, data } = JSON.parse(raw);
  return { status: response.status, headers: response.headers, raw, code, msg, data, meta: undefined };
}

/** Downloads a file by its address, with only the path of it: its host is whatever the test asks. */
export function download(url: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(urlOf(new URL(url).pathname), init));
}

let sent = 0;

/** The body of a message with an image. */
export function picture(to: Target, url: string, clientMessageId = `p${++sent}`) {
  const target = "group_id" in to ? { group_id: to.group_id, session_type: 2 } : { recv_id: to.id, session_type: 1 };
  return { client_msg_id: clientMessageId, ...target, msg_type: 2, content: { image_url: url } };
}

/** The keys of all files that R2 has. */
export async function storedFiles(): Promise<string[]> {
  const { objects } = await bucket().list();
  return objects.map(({ key }) => key);
}

export function bucket(): R2Bucket {
  if (!env.MEDIA) throw new Error("there is no bucket");
  return env.MEDIA;
}
