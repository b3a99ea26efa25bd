/** Markers of a JPEG (ITU-T T.81), and of Exif within it (CIPA DC-008). */
const START = 0xffd8;
const SCAN = 0xffda;
const APP1 = 0xffe1;
const APP13 = 0xffed;
const COMMENT = 0xfffe;
const ORIENTATION = 0x0112;
const UPRIGHT = 1;

/**
 * A JPEG without what a camera wrote about it: place, time, device, comments. Only the way up stays, and no pixel
 * changes. Anything else than a JPEG is returned as it is.
 */
export function withoutMetadata(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== START) return [bytes];
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let orientation = UPRIGHT;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at);
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === SCAN || marker >> 8 !== 0xff || end > bytes.length) break;
    if (marker === APP1) orientation = orientationIn(bytes.subarray(at + 4, end)) ?? orientation;
    else if (marker !== APP13 && marker !== COMMENT) parts.push(bytes.subarray(at, end));
    at = end;
  }
  const turned = orientation === UPRIGHT ? [] : [exifWith(orientation)];
  return [bytes.subarray(0, 2), ...turned, ...parts, bytes.subarray(at)];
}

/** The orientation in an Exif segment, 1 to 8; undefined if it has none. */
function orientationIn(segment: Uint8Array): number | undefined {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  // "Exif", two zeros, then a TIFF header with its byte order.
  if (segment.length < 14 || view.getUint32(0) !== 0x45786966) return undefined;
  const little = view.getUint16(6) === 0x4949;
  const directory = 6 + view.getUint32(10, little);
  if (directory + 2 > segment.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let entry = directory + 2; entry + 12 <= Math.min(segment.length, directory + 2 + entries * 12); entry += 12) {
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** An Exif segment with the orientation and nothing else. */
function exifWith(orientation: number): Uint8Array<ArrayBuffer> {
  const head = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
  return new Uint8Array([...head, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
}
