import { expect, test } from "vitest";
import { OTHER_TYPE, servedType } from "../../../../src/features/media/signatures.ts";

const bytes = (text: string) => Uint8Array.from(text.padEnd(64, "\0"), (character) => character.charCodeAt(0));

const FILES: Readonly<Record<string, string>> = {
  "image/jpeg": "\xFF\xD8\xFF\xE0",
  "image/png": "\x89PNG\r\n\x1A\n",
  "image/gif": "GIF89a",
  "image/webp": "RIFF\x01\0\0\0WEBP",
  "image/avif": "\0\0\0\x1Cftypavif",
  "video/mp4": "\0\0\0\x1Cftypisom",
  "audio/mp4": "\0\0\0\x1CftypM4A ",
  "video/webm": "\x1A\x45\xDF\xA3\x01\0\x42\x82\x84webm",
  "audio/webm": "\x1A\x45\xDF\xA3\x01\0\x42\x82\x84webm",
  "audio/mpeg": "ID3\x04",
  "audio/ogg": "OggS",
  "audio/wav": "RIFF\x01\0\0\0WAVE",
};

test("[MEDIA-4] each listed type is served if the first bytes show it, and no other file as one of them", () => {
  for (const [type, head] of Object.entries(FILES)) {
    expect(servedType(type, bytes(head)), type).toBe(type);
    expect(servedType(`${type.toUpperCase()}; codecs=x`, bytes(head)), type).toBe(type);
    expect(servedType(type, bytes("<script>")), type).toBeNull();
    expect(servedType("text/html", bytes(head)), type).toBe(OTHER_TYPE);
  }
  expect(servedType("audio/mpeg", bytes("\xFF\xFB\x90"))).toBe("audio/mpeg");
  expect(servedType("audio/x-m4a", bytes(FILES["audio/mp4"] ?? ""))).toBe("audio/mp4");
});

test("[MEDIA-4] without a declared type the first bytes decide", () => {
  expect(servedType("", bytes(FILES["image/png"] ?? ""))).toBe("image/png");
  const others = [
    "%PDF-1.7",
    "<svg",
    "\xFF\xFEh\0t\0m\0",
    "\x1A\x45\xDF\xA3 matroska",
    "\0\0\0\x1Cftypheic",
    "RIFF\0\0\0\0AVI ",
    "",
  ];
  for (const head of others) expect(servedType("", bytes(head)), head).toBe(OTHER_TYPE);
});
