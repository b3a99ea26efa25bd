import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { Code } from "../../../src/protocol/codes.ts";
import { call, ok, urlOf } from "../../helpers/workers/api.ts";
import { ascii, bucket, download, png, storedFiles, streamOf, upload } from "../../helpers/workers/files.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { makeGroup, pair, people } from "../../helpers/workers/people.ts";

const HOUR = 3_600_000;

test("a file is stored as it is, and answered with its address", async () => {
  const [alice, , chat] = await pair();
  const bytes = png(100_000);
  const { media_id, url, ...rest } = ok(await upload(alice, chat, bytes, { query: { name: "a b.png" } }));
  expect(url).toBe(`https://nexo.test/media/${media_id}/a%20b.png`);
  expect(rest).toMatchObject({ size: 100_000, mime: "image/png" });
  expect(rest.expires_at / (Date.now() + 24 * HOUR)).toBeCloseTo(1, 6);
  const response = await download(url);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
});

test("a body of no or unknown length, and one that is longer or shorter than it says, is refused and not kept", async () => {
  const [alice, , chat] = await pair();
  const before = await storedFiles();
  const stream = (size: number) => streamOf(png(size));
  const unknown = await upload(alice, chat, stream(200));
  expect(unknown).toMatchObject({ status: 411, code: Code.INVALID_PARAMETER, msg: "Content-Length: is missing" });
  expect(await upload(alice, chat, png(0))).toMatchObject({ code: Code.INVALID_PARAMETER, msg: "body: is empty" });
  for (const wrong of ["-1", "1.5", "NaN", "1e3x", ""]) {
    const answer = await upload(alice, chat, stream(200), { headers: { "Content-Length": wrong } });
    expect(answer.code, wrong).toBe(Code.INVALID_PARAMETER);
  }
  for (const wrong of ["100", "300"]) {
    const answer = await upload(alice, chat, stream(200), { headers: { "Content-Length": wrong } });
    expect(answer, wrong).toMatchObject({ code: Code.INVALID_PARAMETER });
  }
  expect(await storedFiles()).toEqual(before);
});

test("a file above the limit is refused by its length alone", async () => {
  const [alice, , chat] = await pair();
  const answer = await upload(alice, chat, streamOf(png()), { headers: { "Content-Length": "25000001" } });
  expect(answer).toMatchObject({ status: 413, code: Code.TOO_LARGE });
  const avatar = await upload(alice, "", png(1_048_577));
  expect(avatar).toMatchObject({ status: 413, code: Code.TOO_LARGE });
});

test("a body that stops half-way is not kept, and only what came counts", async () => {
  const [alice, , chat] = await pair();
  const before = await storedFiles();
  const half = () => {
    let pulls = 0;
    return new ReadableStream({
      pull(controller) {
        if (pulls++ < 2) controller.enqueue(png(60_000));
        else controller.error(new Error("the connection was cut"));
      },
    });
  };
  // In full, these would be more than the day's bytes.
  for (let time = 0; time < 25; time++) {
    const headers = { "Content-Length": "24000000" };
    await expect(upload(alice, chat, half(), { headers })).resolves.toMatchObject({ code: Code.INVALID_PARAMETER });
  }
  expect(await storedFiles()).toEqual(before);
  ok(await upload(alice, chat));
});

test("[MEDIA-4] a declared type must be what the first bytes show; anything else is served as a download", async () => {
  const [alice, , chat] = await pair();
  const html = ascii("<!doctype html><script>alert(1)</script>".padEnd(80));
  for (const type of ["image/png", "image/jpeg", "video/mp4", "audio/webm", "image/gif; charset=x"]) {
    const answer = await upload(alice, chat, html, { query: { type } });
    expect(answer, type).toMatchObject({ code: Code.INVALID_PARAMETER });
  }
  for (const type of ["text/html", "image/svg+xml", "application/pdf", "text/javascript", "x\u202E", "a/b\r\nX: y"]) {
    const { mime, url } = ok(await upload(alice, chat, html, { query: { type, name: "a.html" } }));
    expect(mime, type).toBe("application/octet-stream");
    const response = await download(url);
    expect(response.headers.get("Content-Disposition"), type).toMatch(/^attachment/);
    await response.arrayBuffer();
  }
  // A polyglot is what it begins like, and nothing else.
  const polyglot = ascii("GIF89a/*<script>*/=alert(1)//".padEnd(80));
  const { mime, url } = ok(await upload(alice, chat, polyglot, { query: { type: "image/gif" } }));
  expect(mime).toBe("image/gif");
  const response = await download(url);
  expect(response.headers.get("Content-Type")).toBe("image/gif");
  expect(response.headers.get("Content-Security-Policy")).toBe("sandbox; default-src 'none'");
  await response.arrayBuffer();
});

test("[MEDIA-3] only a member of the conversation uploads for it", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const group = await makeGroup(alice, bob);
  ok(await upload(bob, group.conversation_id));
  ok(await upload(alice, alice.chatWith(bob)));
  for (const elsewhere of [group.conversation_id, alice.chatWith(bob), "sg_nowhere"]) {
    expect(await upload(carol, elsewhere)).toMatchObject({ status: 403, code: Code.NO_PERMISSION });
  }
  ok(await bob.post("/group/quit", { group_id: group.group_id }));
  expect(await upload(bob, group.conversation_id)).toMatchObject({ code: Code.NO_PERMISSION });
  expect(await upload(bob, "si_x")).toMatchObject({ code: Code.INVALID_PARAMETER });
  const both = await upload(bob, alice.chatWith(bob), png(), { query: { purpose: "avatar" } });
  expect(both).toMatchObject({ code: Code.INVALID_PARAMETER });
  const nobody = await call("POST", "/media", { query: { conversation_id: alice.chatWith(bob) } });
  expect(nobody).toMatchObject({ status: 401, code: Code.TOKEN_MISSING });
});

test("[MEDIA-3] of 100 uploads at once five are taken, and the others told to try again", async () => {
  const [alice, , chat] = await pair();
  const before = await storedFiles();
  const prototype: R2Bucket = Object.getPrototypeOf(bucket());
  const { put } = prototype;
  let isOpen = false;
  const slow = vi.spyOn(prototype, "put").mockImplementation(async function (this: R2Bucket, ...given) {
    while (!isOpen) await scheduler.wait(5);
    return await put.apply(this, given);
  });
  const refusals: string[] = [];
  const uploads = Array.from({ length: 100 }, async () => {
    const { code, headers } = await upload(alice, chat, png(5_000));
    if (code !== 0) refusals.push(`${code} after ${headers.get("Retry-After")}`);
    return code;
  });
  await eventually(() => expect(refusals).toHaveLength(95), 20_000);
  isOpen = true;
  expect((await Promise.all(uploads)).filter((code) => code === 0)).toHaveLength(5);
  slow.mockRestore();
  expect(refusals.every((refusal) => /^1006 after [1-9]/.test(refusal))).toBe(true);
  expect(await storedFiles()).toHaveLength(before.length + 5);
});

test("without the binding the routes of files are not found, and addresses are only words", async () => {
  const [alice, bob, chat] = await pair();
  const without = { ...env, MEDIA: undefined };
  const context = createExecutionContext();
  const headers = { Authorization: `Bearer ${alice.token}`, "Content-Length": "200" };
  for (const request of [
    new Request(urlOf("/media", { conversation_id: chat }), { method: "POST", headers, body: png() }),
    new Request(urlOf(`/media/${"A".repeat(56)}`)),
  ]) {
    const response = await createApp().fetch(request, without, context);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: Code.NOT_FOUND, msg: "this server keeps no files" });
  }
  ok(await alice.text(bob).then(() => alice.send(bob, `/media/${"A".repeat(56)}`)));
});

test("R2 that fails before, during and after an upload: the client is told to try again, and no file is lost", async () => {
  const [alice, , chat] = await pair();
  const prototype: R2Bucket = Object.getPrototypeOf(bucket());
  const { put } = prototype;
  const failing = vi.spyOn(prototype, "put");
  const faults = {
    before: () => Promise.reject(new Error("R2 is down")),
    during: async (body: ReadableStream) => {
      const reader = body.getReader();
      await reader.read();
      await reader.cancel();
      throw new Error("R2 went away");
    },
    after: async (body: ReadableStream, key: string) => {
      await put.call(bucket(), key, body);
      throw new Error("the answer was lost");
    },
  };
  for (const [when, fault] of Object.entries(faults)) {
    failing.mockImplementationOnce((key: string, body: unknown) => fault(body as ReadableStream, key) as never);
    const answer = await upload(alice, chat, png(300_000));
    expect(answer, when).toMatchObject({ status: 503, code: Code.SHUTTING_DOWN });
  }
  failing.mockRestore();
  await eventually(async () => ok(await upload(alice, chat)));
});
