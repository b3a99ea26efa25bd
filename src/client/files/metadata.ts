/** Markers of a JPEG (ITU-T T.81). */
const START = 0xffd8;
const SCAN = 0xffda;
const END = 0xffd9;
/** The first of eight. */
const RESTART = 0xffd0;
/** Padding before a marker. */
const FILL = 0xffff;
const APP1 = 0xffe1;
const COMMENT = 0xfffe;
/** Segments of applications that decoders need: JFIF, and Adobe's, which tells how colours are coded. */
const NEEDED = [0xffe0, 0xffee];
const APP2 = 0xffe2;
/** "ICC_" begins the colour profile. */
const PROFILE = 0x4943435f;
/** "Exif" (CIPA DC-008), followed by two zeros. */
const EXIF = 0x45786966;
const ORIENTATION = 0x0112;
const UPRIGHT = 1;
/** The first bytes of a PNG (RFC 2083), and those of a WebP (RFC 9649). */
const PNG = 0x89504e47;
const RIFF = 0x52494646;
const WEBP = 0x57454250;
/** Chunks of a PNG that hold metadata or free text; XMP is in iTXt. */
const PNG_METADATA = ["eXIf", "tEXt", "zTXt", "iTXt", "tIME"];
/** The bits of a WebP's VP8X chunk that say that there are EXIF and XMP chunks. */
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A JPEG, PNG or WebP without what a camera wrote about it (place, time, device, comments) and what a phone stores after
 * it. Only the way up stays, and no pixel changes. Anything else, and a file that is not well formed, is returned as it
 * is.
 */
export function withoutMetadata(bytes: Bytes): Bytes[] {
  const view = viewOf(bytes);
  if (bytes.length < 16) return [bytes];
  if (view.getUint16(0) === START) return jpeg(bytes);
  if (view.getUint32(0) === PNG) return png(bytes) ?? [bytes];
  if (view.getUint32(0) === RIFF && view.getUint32(8) === WEBP) return webp(bytes) ?? [bytes];
  return [bytes];
}

function jpeg(bytes: Bytes): Bytes[] {
  const view = viewOf(bytes);
  const parts: Bytes[] = [];
  let orientation = UPRIGHT;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at);
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === FILL) {
      at++;
      continue;
    }
    if (marker === SCAN || marker >> 8 !== 0xff || end > bytes.length) break;
    if (marker === APP1) orientation = orientationIn(bytes.subarray(at + 4, end)) ?? orientation;
    const isProfile = marker === APP2 && end >= at + 8 && view.getUint32(at + 4) === PROFILE;
    const isOfApp = marker >> 4 === APP1 >> 4 || marker === COMMENT;
    if (!isOfApp || isProfile || NEEDED.includes(marker)) parts.push(bytes.subarray(at, end));
    at = end;
  }
  const head = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0];
  const turned = orientation === UPRIGHT ? [] : [bytesOf(head, tiffWith(orientation))];
  return [bytes.subarray(0, 2), ...turned, ...parts, bytes.subarray(at, endOf(bytes, at))];
}

/** Where a JPEG ends. After it phones store videos and further pictures, with metadata of their own. */
function endOf(bytes: Bytes, from: number): number {
  const view = viewOf(bytes);
  for (let at = from; at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = view.getUint16(at);
    if (marker === END) return at + 2;
    // In a scan, 0xff is followed by 0 or a restart marker.
    const isData = marker === 0xff00 || marker === FILL || marker >> 3 === RESTART >> 3;
    at += isData ? 1 : 2 + view.getUint16(at + 2);
  }
  return bytes.length;
}

/** A chunk of a PNG is its length, its type, its data and a checksum of type and data. */
function png(bytes: Bytes): Bytes[] | null {
  const chunks = chunksOf(bytes, 8, 4, (view, at) => 12 + view.getUint32(at));
  if (!chunks) return null;
  const parts = chunks.filter(({ type }) => !PNG_METADATA.includes(type)).map(({ whole }) => whole);
  const exif = chunks.find(({ type }) => type === "eXIf");
  const orientation = exif && orientationIn(exif.whole.subarray(8));
  if (orientation) {
    const chunk = bytesOf([0, 0, 0, 26, 0x65, 0x58, 0x49, 0x66], tiffWith(orientation), [0, 0, 0, 0]);
    viewOf(chunk).setUint32(34, checksum(chunk.subarray(4, 34)));
    // The header chunk is first.
    parts.splice(1, 0, chunk);
  }
  return [bytes.subarray(0, 8), ...parts];
}

/** A chunk of a WebP is its type, its length and its data, padded to an even length. */
function webp(all: Bytes): Bytes[] | null {
  const bytes = all.subarray(0, 8 + viewOf(all).getUint32(4, true));
  const chunks = chunksOf(bytes, 12, 0, (view, at) => 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2));
  if (!chunks) return null;
  const parts = chunks.filter(({ type }) => type !== "EXIF" && type !== "XMP ").map(({ whole }) => whole);
  const exif = chunks.find(({ type }) => type === "EXIF");
  const orientation = exif && orientationIn(exif.whole.subarray(8));
  if (chunks[0]?.type === "VP8X" && parts[0]) {
    const flags = bytesOf(parts[0]);
    flags[8] = ((flags[8] ?? 0) & ~(HAS_EXIF | HAS_XMP)) | (orientation ? HAS_EXIF : 0);
    parts[0] = flags;
  }
  if (orientation) parts.push(bytesOf([0x45, 0x58, 0x49, 0x46, 26, 0, 0, 0], tiffWith(orientation)));
  const head = bytes.slice(0, 12);
  viewOf(head).setUint32(4, 4 + parts.reduce((sum, { length }) => sum + length, 0), true);
  return [head, ...parts];
}

/** The chunks of a file from a place on, up to the last one of a PNG; null if one is cut. */
function chunksOf(bytes: Bytes, from: number, typeAt: number, sizeAt: (view: DataView, at: number) => number) {
  const view = viewOf(bytes);
  const chunks: { readonly type: string; readonly whole: Bytes }[] = [];
  for (let at = from; at < bytes.length; ) {
    const end = at + 8 <= bytes.length ? at + sizeAt(view, at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return null;
    const type = String.fromCharCode(...bytes.subarray(at + typeAt, at + typeAt + 4));
    chunks.push({ type, whole: bytes.subarray(at, end) });
    if (type === "IEND") break;
    at = end;
  }
  return chunks;
}

/** The orientation in Exif data, 2 to 8; undefined if it is upright or says none. "Exif" may stand before the data. */
function orientationIn(data: Bytes): number | undefined {
  const isNamed = data.length > 6 && viewOf(data).getUint32(0) === EXIF;
  // A TIFF header with its byte order.
  const tiff = isNamed ? data.subarray(6) : data;
  if (tiff.length < 8) return undefined;
  const view = viewOf(tiff);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let entry = directory + 2; entry + 12 <= Math.min(tiff.length, directory + 2 + entries * 12); entry += 12) {
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    return value > UPRIGHT && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** Exif data with the orientation and nothing else: 26 bytes. */
function tiffWith(orientation: number): number[] {
  return [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
}

/** CRC-32 as PNG has it. */
function checksum(bytes: Bytes): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function bytesOf(...parts: Iterable<number>[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function viewOf({ buffer, byteOffset, byteLength }: Bytes): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
