import { Code, NexoError } from "../../protocol/codes.ts";
import { MEDIA_ID } from "../../protocol/media-ids.ts";
import { disposition } from "./file-name.ts";
import { OTHER_TYPE } from "./signatures.ts";

/**
 * Files come from strangers. Whatever one contains, a browser that opens it runs no script, sends nothing, and knows
 * nothing of the server's own pages. [MEDIA-4]
 */
const FILE_HEADERS = {
  // What a browser has cached is beyond recall, so it is not for long.
  "Cache-Control": "private, max-age=3600",
  "Content-Security-Policy": "sandbox; default-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Robots-Tag": "noindex",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Accept-Ranges": "bytes",
};

/** `*` or a list of entity tags, as RFC 9110 defines them. */
const ETAGS = /^(?:\*|(?:W\/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W\/)?"[!#-~]*")*)$/;

/**
 * Answers GET and HEAD of a file. One read of R2, and no object is woken: whoever knows the address may read, as with
 * an address outside. @throws NexoError NOT_FOUND
 */
export async function serve(request: Request, bucket: R2Bucket, mediaId: string): Promise<Response> {
  if (!MEDIA_ID.test(mediaId)) throw new NexoError(Code.NOT_FOUND);
  if (request.method === "HEAD") {
    const object = found(await bucket.head(mediaId));
    return new Response(null, { headers: withLength(object, object.size) });
  }
  const range = rangeOf(request.headers);
  const etags = request.headers.get("If-None-Match") ?? "";
  // R2 throws for any other text.
  const onlyIf = new Headers(ETAGS.test(etags) ? { "If-None-Match": etags } : {});
  let object: R2ObjectBody | R2Object;
  try {
    object = found(await bucket.get(mediaId, { onlyIf, ...(range && { range }) }));
  } catch (error) {
    return await behindTheEnd(bucket, mediaId, range, error);
  }
  if (!("body" in object)) return new Response(null, { status: 304, headers: headersOf(object) });
  if (!range) return new Response(object.body, { headers: withLength(object, object.size) });
  const ifRange = request.headers.get("If-Range");
  if (ifRange === null || ifRange === object.httpEtag) return partOf(object);
  await object.body.cancel();
  return await serve(withoutRange(request), bucket, mediaId);
}

function found<T>(object: T | null): T {
  if (object === null) throw new NexoError(Code.NOT_FOUND);
  return object;
}

/** R2 throws for a range behind the end, as for a failure. @throws the error of any other failure */
async function behindTheEnd(
  bucket: R2Bucket,
  mediaId: string,
  range: R2Range | undefined,
  error: unknown,
): Promise<Response> {
  const whole = range && (await bucket.head(mediaId));
  if (!whole || !isBehind(range, whole.size)) throw error;
  return new Response(null, {
    status: 416,
    headers: { ...headersOf(whole), "Content-Range": `bytes */${whole.size}` },
  });
}

/** For a client that has a part of something else, as its If-Range shows. */
function withoutRange(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.delete("Range");
  return new Request(request, { headers });
}

function partOf(object: R2ObjectBody): Response {
  const { size } = object;
  const { offset, length } = spanOf(object.range ?? {}, size);
  const headers = { ...withLength(object, length), "Content-Range": `bytes ${offset}-${offset + length - 1}/${size}` };
  return new Response(object.body, { status: 206, headers });
}

/** The range that R2 has sent. It may name fields that it does not use as undefined. */
function spanOf(range: Partial<Record<"offset" | "length" | "suffix", number>>, size: number) {
  const { suffix, offset = suffix === undefined ? 0 : Math.max(0, size - suffix), length = size } = range;
  return { offset, length: Math.min(length, size - offset) };
}

function withLength(object: R2Object, length: number): Record<string, string> {
  return { ...headersOf(object), "Content-Length": String(length) };
}

function headersOf({ httpEtag, httpMetadata, customMetadata }: R2Object): Record<string, string> {
  const type = httpMetadata?.contentType ?? OTHER_TYPE;
  const name = decodeURIComponent(customMetadata?.name ?? "");
  return {
    ...FILE_HEADERS,
    ETag: httpEtag,
    "Content-Type": type,
    "Content-Disposition": disposition(type === OTHER_TYPE ? "attachment" : "inline", name),
  };
}

/** The one range of a request. A header that is malformed or names several is ignored, as RFC 9110 allows. */
function rangeOf(headers: Headers): R2Range | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("Range")?.trim() ?? "") ?? [];
  if (first === "") return last === "" ? undefined : { suffix: Number(last) };
  const offset = Number(first);
  if (last === "") return { offset };
  return Number(last) < offset ? undefined : { offset, length: Number(last) - offset + 1 };
}

function isBehind(range: R2Range, size: number): boolean {
  return "suffix" in range ? range.suffix === 0 : (range.offset ?? 0) >= size;
}
