import { expect, test } from "vitest";
import { withoutMetadata } from "../../../../src/client/files/jpeg.ts";

const segment = (marker: number, data: readonly number[]) => [0xff, marker, 0, data.length + 2, ...data];
const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

/** An Exif segment with an orientation and a place, in either byte order. */
function exif(orientation: number, isLittle: boolean): number[] {
  const two = (value: number) => (isLittle ? [value & 255, value >> 8] : [value >> 8, value & 255]);
  const four = (value: number) => (isLittle ? [...two(value), 0, 0] : [0, 0, ...two(value)]);
  const entry = (tag: number, value: number) => [...two(tag), ...two(3), ...four(1), ...two(value), 0, 0];
  const head = [...ascii("Exif"), 0, 0, ...ascii(isLittle ? "II" : "MM"), ...two(42), ...four(8)];
  return segment(0xe1, [...head, ...two(2), ...entry(0x8825, 99), ...entry(0x0112, orientation), ...four(0)]);
}

const jfif = segment(0xe0, ascii("JFIF"));
const table = segment(0xdb, [1, 2, 3]);
const scan = [0xff, 0xda, 0, 3, 9, 1, 2, 0xff, 0xe1, 3, 0xff, 0xd9];
const joined = (parts: readonly Uint8Array[]) => parts.flatMap((part) => [...part]);
const cleaned = (...bytes: number[]) => joined(withoutMetadata(Uint8Array.from(bytes)));

test("what a camera wrote is removed, and the picture stays as it was", () => {
  const comment = segment(0xfe, ascii("at home"));
  const xmp = segment(0xe1, ascii("http://ns.adobe.com/xap/"));
  const bytes = cleaned(0xff, 0xd8, ...jfif, ...exif(1, false), ...xmp, ...comment, ...table, ...scan);
  expect(bytes).toEqual([0xff, 0xd8, ...jfif, ...table, ...scan]);
});

test.each([true, false])("the way up stays (little-endian: %s)", (isLittle) => {
  const bytes = cleaned(0xff, 0xd8, ...exif(6, isLittle), ...table, ...scan);
  expect(bytes.slice(-scan.length - table.length)).toEqual([...table, ...scan]);
  // Read again, it is the same way up.
  expect(cleaned(...bytes)).toEqual(bytes);
  expect(bytes.join()).toContain("1,18,0,3,0,0,0,1,0,6");
  expect(bytes.join()).not.toContain("136,37");
});

test("anything else, and a JPEG that ends early, is left as it is", () => {
  for (const bytes of [[], [0xff, 0xd8], [1, 2, 3, 4, 5], [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 1]]) {
    expect(cleaned(...bytes)).toEqual(bytes);
  }
});
