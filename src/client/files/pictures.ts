import { type FileLike, fileOf } from "./file.ts";
import { withoutMetadata } from "./metadata.ts";

/** The longer side of a thumbnail, and the side of an avatar, in pixels. */
const THUMBNAIL = 320;
const AVATAR = 512;
const JPEG = "image/jpeg";
/** Types that hold metadata that can be taken out without decoding. */
const CLEANED = [JPEG, "image/png", "image/webp"];
const QUALITY = 0.8;

/** The parts of a browser that decode and draw pictures; without a DOM library in scope. */
interface Canvas {
  getContext(kind: "2d"): { drawImage(picture: Bitmap, ...place: number[]): void } | null;
  convertToBlob(options: { type: string; quality: number }): Promise<FileLike>;
}
interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}
interface Drawing {
  readonly createImageBitmap?: (file: FileLike, options: { imageOrientation: "from-image" }) => Promise<Bitmap>;
  readonly OffscreenCanvas?: new (width: number, height: number) => Canvas;
}

/** A picture to be sent. The size is that on the screen, the right way up. */
export interface PreparedPicture {
  readonly file: FileLike;
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly thumbnail: FileLike | null;
}

/**
 * Removes what a camera wrote about a picture, and makes a thumbnail where the platform can draw. A picture that cannot be
 * decoded is sent as it is.
 */
export async function preparePicture(file: FileLike): Promise<PreparedPicture> {
  const clean = await withoutCamera(file);
  const bitmap = await decoded(clean);
  if (!bitmap) return { file: clean, size: null, thumbnail: null };
  const { width, height } = bitmap;
  const scale = Math.min(1, THUMBNAIL / width, THUMBNAIL / height);
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  // A small picture is its own thumbnail. An animation would stand still.
  const isSmall = scale === 1 || clean.type === "image/gif";
  const thumbnail = isSmall ? null : await drawn(bitmap, [0, 0, width, height], [w, h]);
  bitmap.close();
  return { file: clean, size: { width, height }, thumbnail };
}

/** The middle of a picture as a square; the picture itself where the platform cannot draw. */
export async function squarePicture(file: FileLike): Promise<FileLike> {
  const bitmap = await decoded(file);
  if (!bitmap) return await withoutCamera(file);
  const side = Math.min(bitmap.width, bitmap.height);
  const from = [(bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side];
  const to = Math.min(AVATAR, side);
  const square = await drawn(bitmap, from, [to, to]);
  bitmap.close();
  return square ?? (await withoutCamera(file));
}

async function withoutCamera(file: FileLike): Promise<FileLike> {
  if (!CLEANED.includes(file.type)) return file;
  return fileOf(withoutMetadata(new Uint8Array(await file.arrayBuffer())), file.type);
}

async function decoded(file: FileLike): Promise<Bitmap | null> {
  const { createImageBitmap } = globalThis as unknown as Drawing;
  return (await createImageBitmap?.(file, { imageOrientation: "from-image" }).catch(() => null)) ?? null;
}

async function drawn(bitmap: Bitmap, from: number[], [width = 1, height = 1]: number[]): Promise<FileLike | null> {
  const { OffscreenCanvas } = globalThis as unknown as Drawing;
  const canvas = OffscreenCanvas && new OffscreenCanvas(width, height);
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return null;
  context.drawImage(bitmap, ...from, 0, 0, width, height);
  return await canvas.convertToBlob({ type: JPEG, quality: QUALITY });
}
