import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { withoutMetadata } from "../../../../src/client/files/metadata.ts";

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

test("of the segments of applications only the colours' stay", () => {
  const adobe = segment(0xee, ascii("Adobe"));
  const colours = segment(0xe2, ascii("ICC_PROFILE"));
  const others = [0xe2, 0xe3, 0xe4, 0xeb, 0xec, 0xed, 0xef].flatMap((marker) => segment(marker, ascii("at home")));
  const bytes = cleaned(
    0xff,
    0xd8,
    ...jfif,
    ...others,
    0xff,
    ...colours,
    ...segment(0xe2, []),
    ...adobe,
    ...table,
    ...scan,
  );
  expect(bytes).toEqual([0xff, 0xd8, ...jfif, ...colours, ...adobe, ...table, ...scan]);
});

test("what a phone stores after a picture is removed, and every scan of the picture stays", () => {
  const data = [1, 0xff, 0, 0xd9, 0xff, 0xd7, 0xd9, 2];
  // A table may hold the bytes of the end.
  const scans = [...segment(0xda, [9]), ...data, ...segment(0xdb, [0xff, 0xd9, 3]), ...segment(0xda, [9]), ...data];
  const whole = [0xff, 0xd8, ...table, ...scans, 0xff, 0xff, 0xd9];
  const video = [...ascii("ftypmp42"), 0xff, 0xd8, ...exif(6, true), ...scan];
  expect(cleaned(...whole, ...video)).toEqual(whole);
  expect(cleaned(...whole)).toEqual(whole);
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

/** Exif data as PNG and WebP have it, without the name before it. */
const bare = (orientation: number, isLittle: boolean) => exif(orientation, isLittle).slice(10);
const big = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const small = (value: number) => big(value).reverse();

describe("PNG", () => {
  const signature = [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a];
  const chunk = (type: string, data: readonly number[]) => {
    const named = [...ascii(type), ...data];
    return [...big(data.length), ...named, ...big(crc32(Uint8Array.from(named)))];
  };
  const header = chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const picture = [...chunk("iCCP", [1, 2]), ...chunk("IDAT", [9, 9])];
  const end = chunk("IEND", []);
  const rest = [...picture, ...end];
  const metadata = [
    ...chunk("tEXt", ascii("Comment\0at home")),
    ...chunk("iTXt", ascii("XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>")),
    ...chunk("zTXt", [1, 2, 3]),
    ...chunk("tIME", [7, 234, 1, 1, 0, 0, 0]),
  ];

  test("place, XMP, texts and time are removed, and nothing else", () => {
    const bytes = cleaned(...signature, ...header, ...chunk("eXIf", bare(1, false)), ...metadata, ...rest);
    expect(bytes).toEqual([...signature, ...header, ...rest]);
  });

  test.each([true, false])("the way up stays, with a right checksum (little-endian: %s)", (isLittle) => {
    const bytes = cleaned(...signature, ...header, ...picture, ...chunk("eXIf", bare(6, isLittle)), ...end);
    const turned = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    expect(bytes).toEqual([...signature, ...header, ...chunk("eXIf", turned), ...rest]);
    expect(cleaned(...bytes)).toEqual(bytes);
  });

  test("what follows the last chunk is removed", () => {
    const whole = [...signature, ...header, ...rest];
    const bytes = cleaned(...signature, ...header, ...metadata, ...rest, ...ascii("at home"));
    expect(bytes).toEqual(whole);
  });

  test("one that ends early, or lies about a length, is left as it is", () => {
    const whole = [...signature, ...header, ...metadata, ...rest];
    for (const bytes of [whole.slice(0, -3), [...signature, ...big(0xffffffff), ...ascii("tEXt"), 1, 2, 3, 4]]) {
      expect(cleaned(...bytes)).toEqual(bytes);
    }
  });
});

describe("WebP", () => {
  const chunk = (type: string, data: readonly number[]) => [
    ...ascii(type),
    ...small(data.length),
    ...data,
    ...(data.length % 2 ? [0] : []),
  ];
  const file = (...chunks: readonly number[]) => [
    ...ascii("RIFF"),
    ...small(chunks.length + 4),
    ...ascii("WEBP"),
    ...chunks,
  ];
  const extended = (flags: number) => chunk("VP8X", [flags, 0, 0, 0, 9, 0, 0, 9, 0, 0]);
  const picture = chunk("VP8 ", [1, 2, 3]);
  const xmp = chunk("XMP ", ascii("<x:xmpmeta/>"));

  test("Exif and XMP are removed, and the header no longer announces them", () => {
    const bytes = cleaned(...file(...extended(0x2c), ...picture, ...chunk("EXIF", bare(1, true)), ...xmp));
    expect(bytes).toEqual(file(...extended(0x20), ...picture));
  });

  test.each([true, false])("the way up stays (named Exif: %s)", (isNamed) => {
    const given = [...(isNamed ? [...ascii("Exif"), 0, 0] : []), ...bare(8, false)];
    const bytes = cleaned(...file(...extended(0x0c), ...picture, ...chunk("EXIF", given), ...xmp));
    const turned = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0];
    expect(bytes).toEqual(file(...extended(0x08), ...picture, ...chunk("EXIF", turned)));
    expect(cleaned(...bytes)).toEqual(bytes);
  });

  test("what follows the file is removed", () => {
    expect(cleaned(...file(...picture, ...xmp), ...ascii("at home"))).toEqual(file(...picture));
  });

  test("one that ends early is left as it is", () => {
    const bytes = file(...extended(0x04), ...picture, ...xmp).slice(0, -2);
    expect(cleaned(...bytes)).toEqual(bytes);
  });
});
