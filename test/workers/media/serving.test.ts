import { expect, test } from "vitest";
import { Code } from "../../../src/protocol/codes.ts";
import { ok } from "../../helpers/workers/api.ts";
import { ascii, download, png, upload } from "../../helpers/workers/files.ts";
import { pair } from "../../helpers/workers/people.ts";

async function uploaded(size = 1_000, query: Record<string, string> = {}) {
  const [alice, , chat] = await pair();
  const bytes = png(size).map((byte, at) => (at < 8 ? byte : at % 251));
  return { bytes, url: ok(await upload(alice, chat, bytes, { query })).url };
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

test("[MEDIA-4] [WIRE-4] a file is sent with headers that keep it from running, and from caches of others", async () => {
  const { url } = await uploaded();
  const response = await download(url);
  await response.arrayBuffer();
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "image/png",
    "content-length": "1000",
    "content-disposition": "inline",
    "cache-control": "private, max-age=3600",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "cross-origin-resource-policy": "cross-origin",
    "strict-transport-security": "max-age=31536000",
    "accept-ranges": "bytes",
  });
});

test("HEAD tells the size and sends no bytes", async () => {
  const { url } = await uploaded();
  const response = await download(url, { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Length")).toBe("1000");
  expect(await bytesOf(response)).toHaveLength(0);
});

test("ranges: a part, the end, what is behind the end, and nonsense", async () => {
  const { url, bytes } = await uploaded();
  const parts: [range: string, from: number, to: number][] = [
    ["bytes=0-0", 0, 0],
    ["bytes=10-19", 10, 19],
    ["bytes=990-", 990, 999],
    ["bytes=990-5000", 990, 999],
    ["bytes=-5", 995, 999],
    ["bytes=-5000", 0, 999],
    ["bytes=0-999999999999999", 0, 999],
  ];
  for (const [range, from, to] of parts) {
    const response = await download(url, { headers: { Range: range } });
    expect(response.status, range).toBe(206);
    expect(response.headers.get("Content-Range"), range).toBe(`bytes ${from}-${to}/1000`);
    expect(response.headers.get("Content-Length"), range).toBe(String(to - from + 1));
    expect(await bytesOf(response), range).toEqual(bytes.slice(from, to + 1));
  }
  for (const range of ["bytes=1000-", "bytes=5000-6000", "bytes=-0"]) {
    const response = await download(url, { headers: { Range: range } });
    expect(response.status, range).toBe(416);
    expect(response.headers.get("Content-Range")).toBe("bytes */1000");
    await response.arrayBuffer();
  }
  const nonsense = [
    "bytes=5-4",
    "bytes=-",
    "bytes=",
    "bytes=a-b",
    "lines=0-1",
    "bytes=0-1,5-9",
    `bytes=${"0-0,".repeat(999)}`,
  ];
  for (const range of nonsense) {
    const response = await download(url, { headers: { Range: range } });
    expect(response.status, range).toBe(200);
    expect(await bytesOf(response)).toHaveLength(1_000);
  }
});

test("If-None-Match saves the bytes, and If-Range guards a part", async () => {
  const { url } = await uploaded();
  const first = await download(url);
  await first.arrayBuffer();
  const etag = first.headers.get("ETag") ?? "";
  const again = await download(url, { headers: { "If-None-Match": etag } });
  expect(again.status).toBe(304);
  expect(await bytesOf(again)).toHaveLength(0);
  const other = await download(url, { headers: { "If-None-Match": '"other"' } });
  expect(other.status).toBe(200);
  await other.arrayBuffer();
  for (const given of ["*", `"other", W/${etag}`]) {
    const known = await download(url, { headers: { "If-None-Match": given } });
    expect(known.status, given).toBe(304);
  }
  for (const given of [
    "other",
    '"other',
    "W/",
    'a"b"',
    `${etag}, other`,
    "\u00e9",
    '"',
    ",",
    `"${"x".repeat(9_000)}`,
  ]) {
    const whole = await download(url, { headers: { "If-None-Match": given } });
    expect(whole.status, given).toBe(200);
    await whole.arrayBuffer();
  }
  for (const [given, status] of [
    [etag, 206],
    ['"other"', 200],
  ] as const) {
    const part = await download(url, { headers: { Range: "bytes=0-9", "If-Range": given } });
    expect(part.status).toBe(status);
    await part.arrayBuffer();
  }
});

test("names: paths, control and direction characters and lengths do not reach a header or a disk", async () => {
  const names: [given: string, kept: string | null][] = [
    ["../../etc/passwd", "etc_passwd"],
    ["..\\..\\boot.ini", "boot.ini"],
    ["a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png"],
    ["gpj\u202Eexe.png", "gpjexe.png"],
    ['"; filename="evil.exe', "; filename=_evil.exe"],
    ["\uD800.png", "png"],
    ["照片 1.png", "照片 1.png"],
    ["...", null],
    [`${"长".repeat(300)}.jpeg`, `${"长".repeat(65)}.jpeg`],
  ];
  for (const [given, kept] of names) {
    const { url } = await uploaded(100, { name: given });
    const response = await download(url);
    await response.arrayBuffer();
    const header = response.headers.get("Content-Disposition") ?? "";
    const sent = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
    expect(sent === undefined ? null : decodeURIComponent(sent), given).toBe(kept);
    expect(header).toMatch(/^[ -~]*$/);
  }
});

test("the name in the address changes nothing, and an unknown file is not found", async () => {
  const { url } = await uploaded(100, { name: "a.png" });
  const renamed = await download(url.replace("a.png", "b%0d%0a.html"));
  expect(renamed.headers.get("Content-Disposition")).toBe("inline; filename=\"a.png\"; filename*=UTF-8''a.png");
  await renamed.arrayBuffer();
  const unknown = `https://nexo.test/media/${"A".repeat(56)}`;
  for (const address of [
    unknown,
    `${unknown}A`,
    `${unknown}/..%2f..%2fx`,
    "https://nexo.test/media/x",
    "https://nexo.test/media/",
  ]) {
    const response = await download(address);
    expect(response.status, address).toBe(404);
    expect(await response.json(), address).toMatchObject({ code: Code.NOT_FOUND, data: null });
  }
});

test("a text that only claims to be a picture is a download with its own bytes", async () => {
  const [alice, , chat] = await pair();
  const { url, mime } = ok(await upload(alice, chat, ascii("hello".repeat(20)), { query: { type: "" } }));
  expect(mime).toBe("application/octet-stream");
  const response = await download(url);
  expect(response.headers.get("Content-Disposition")).toBe("attachment");
  expect(await response.text()).toBe("hello".repeat(20));
});
