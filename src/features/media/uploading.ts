import type { Context } from "hono";
import { askObject } from "../../core/rpc.ts";
import { settingsOf } from "../../env.ts";
import { detailOf, log } from "../../log.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn, ownInbox } from "../../middleware/inbox.ts";
import { received } from "../../middleware/validate.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Millis } from "../../protocol/model.ts";
import { beginUpload, endUpload } from "./calls.ts";
import { SIGNATURE_BYTES, servedType } from "./signatures.ts";

/** A file to be stored; without a conversation it is an avatar. */
interface Asked {
  readonly conversation_id: string;
  readonly name: string;
  /** The type that the sender declares; "" for none. */
  readonly type: string;
  /** The Content-Length. */
  readonly size: number;
}

interface Stored {
  readonly media_id: string;
  readonly size: number;
  readonly mime: string;
  readonly expires_at: Millis;
}

/**
 * Stores the body of a request as it arrives, without holding it in memory. The Inbox records the upload first, so that
 * a crash leaves no file behind that nobody knows. [MEDIA-2]
 * @throws NexoError INVALID_PARAMETER, TOO_LARGE, NO_PERMISSION, TOO_MANY_REQUESTS; SHUTTING_DOWN when R2 fails
 */
export async function upload(c: Context<AppEnv>, bucket: R2Bucket, asked: Asked): Promise<Stored> {
  const { conversation_id, name, type, size } = asked;
  const isAvatar = conversation_id === "";
  assertSize(size, isAvatar ? LIMITS.avatarBytes : settingsOf(c.env).MAX_MEDIA_BYTES);
  const source = new Source(c.req.raw.body);
  const mime = servedType(type, await received(source.head()));
  if (mime === null) throw invalid(`type: the file does not begin like ${type}`);
  if (isAvatar && !mime.startsWith("image/")) throw invalid("type: an avatar must be a JPEG, PNG, GIF, WebP or AVIF");

  const { media_id, expires_at } = await askOwn(c, beginUpload, { conversation_id, size });
  const inbox = ownInbox(c);
  try {
    await put(bucket, media_id, source, {
      size,
      httpMetadata: { contentType: mime },
      // For operators: who uploaded a file that somebody reports.
      customMetadata: { name: encodeURIComponent(name), user_id: c.get("login").user_id, conversation_id },
    });
  } catch (error) {
    c.executionCtx.waitUntil(askObject(inbox, endUpload, { media_id, received: source.received }));
    throw error;
  }
  c.executionCtx.waitUntil(askObject(inbox, endUpload, { media_id, received: null }));
  return { media_id, size, mime, expires_at };
}

function assertSize(size: number, most: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw invalid("Content-Length: must be an integer");
  if (size === 0) throw invalid("body: is empty");
  if (size > most) throw new NexoError(Code.TOO_LARGE, `body: must have at most ${most} bytes`);
}

type PutOptions = { readonly size: number } & Pick<R2PutOptions, "httpMetadata" | "customMetadata">;

/** R2 stores the whole file or nothing. */
async function put(bucket: R2Bucket, key: string, source: Source, { size, ...options }: PutOptions): Promise<void> {
  const { readable, writable } = new FixedLengthStream(size);
  void source.sendTo(writable);
  try {
    await bucket.put(key, readable, options);
  } catch (error) {
    if (source.isWrong(size)) throw invalid("body: does not have the length of Content-Length");
    log("error", "media_not_stored", { detail: detailOf(error) });
    throw new NexoError(Code.SHUTTING_DOWN);
  }
}

/** Bytes of a body that are read at a time. Each read costs time, and a connection gives only a few KB. */
const CHUNK = { least: 65_536, most: 262_144 };

interface Reader {
  read(): Promise<{ value?: Uint8Array | undefined }>;
  cancel(reason: unknown): Promise<void>;
}

function readerOf(body: ReadableStream<Uint8Array>): Reader {
  try {
    const reader = body.getReader({ mode: "byob" });
    return {
      read: () => reader.readAtLeast(CHUNK.least, new Uint8Array(CHUNK.most)),
      cancel: (reason) => reader.cancel(reason),
    };
  } catch {
    // A stream that is made in JavaScript may give no bytes into a buffer.
    return body.getReader();
  }
}

/** A body that is read once. */
class Source {
  /** Bytes so far. */
  received = 0;
  /** How the body ended: undefined while it goes on. */
  #end: "whole" | "broken" | undefined;
  readonly #reader: Reader | undefined;
  readonly #head: Uint8Array[] = [];

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body ? readerOf(body) : undefined;
  }

  /** Whether the body is longer or shorter than it was said to be, or stopped half-way. */
  isWrong(size: number): boolean {
    return this.received > size || (this.#end !== undefined && this.received < size);
  }

  /** The first bytes, at least as many as signatures need, if there are that many. */
  async head(): Promise<Uint8Array> {
    while (this.received < SIGNATURE_BYTES) {
      const chunk = await this.#next();
      if (!chunk) break;
      this.#head.push(chunk);
    }
    return Uint8Array.from(this.#head.flatMap((chunk) => [...chunk.subarray(0, SIGNATURE_BYTES)]));
  }

  /** Sends all bytes on, those of `head` too. The reader of the other end learns of a failure. */
  async sendTo(writable: WritableStream<Uint8Array>): Promise<void> {
    const writer = writable.getWriter();
    try {
      for (const chunk of this.#head) await writer.write(chunk);
      for (let chunk = await this.#next(); chunk; chunk = await this.#next()) await writer.write(chunk);
      await writer.close();
    } catch (error) {
      await Promise.allSettled([writer.abort(error), this.#reader?.cancel(error)]);
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { value } = (await this.#reader?.read()) ?? {};
      if (!value || value.byteLength === 0) {
        this.#end = "whole";
        return undefined;
      }
      this.received += value.byteLength;
      return value;
    } catch (error) {
      this.#end = "broken";
      throw error;
    }
  }
}

function invalid(message: string): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, message);
}
