import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { bundledPage } from "../../scripts/build-page.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { Gateway } from "../helpers/node/gateway.ts";
import { signUp } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing, singleId } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

const UPLOADS = /\/media\?/;
const text = (name: string, size = 2_000) => ({ name, mimeType: "text/plain", buffer: Buffer.alloc(size, "x") });

/** A picture that is large enough for a thumbnail. */
const pictureOf = async ({ page }: Visitor, name = "view.png") => ({
  name,
  mimeType: "image/png",
  buffer: await page.screenshot(),
});

/** A second of silence. */
function wav(): ArrayBuffer {
  const rate = 8_000;
  const bytes = Buffer.alloc(44 + rate, 128);
  bytes.write("RIFF");
  bytes.writeUInt32LE(36 + rate, 4);
  bytes.write("WAVEfmt ", 8);
  for (const [at, value] of [
    [16, 16],
    [24, rate],
    [28, rate],
    [40, rate],
  ] as const)
    bytes.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.write("data", 36);
  return new Uint8Array(bytes).buffer;
}

type Given = { name: string; mimeType: string; buffer: Buffer };

/** Chooses files with the attach button, and sends them. */
async function attach(who: Visitor, ...files: Given[]): Promise<void> {
  await who.page.locator(".composer input[type=file]").setInputFiles(files);
  await confirm(who, files.length);
}

async function confirm(who: Visitor, count: number): Promise<void> {
  const name = count === 1 ? "Send 1 file" : `Send ${count} files`;
  await who.page.getByRole("dialog", { name }).getByRole("button", { name: "Send", exact: true }).click();
}

/** Gives a file to the page as a paste or a drop does. */
async function give(who: Visitor, kind: "paste" | "drop", { name, mimeType, buffer }: Given): Promise<void> {
  const data = await who.page.evaluateHandle(
    ([title, type, bytes]) => {
      const transfer = new (
        globalThis as unknown as { DataTransfer: new () => { items: { add(file: File): void } } }
      ).DataTransfer();
      transfer.items.add(new File([Uint8Array.from(bytes)], title, { type }));
      return transfer;
    },
    [name, mimeType, [...buffer]] as const,
  );
  if (kind === "drop") await who.page.locator(".chat").dispatchEvent("drop", { dataTransfer: data });
  else await data.evaluate(pasteInto);
}

/** Runs in the page. */
function pasteInto(data: unknown): void {
  const { document, ClipboardEvent } = globalThis as unknown as {
    document: { querySelector(selector: string): { dispatchEvent(event: unknown): void } | null };
    ClipboardEvent: new (type: string, init: object) => unknown;
  };
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(".composer textarea")?.dispatchEvent(event);
}

/** The message with a file of this name, in a state. */
function file(who: Visitor, name: string, status: "sent" | "pending" | "failed" = "sent"): Locator {
  return who.page.locator(`.message[data-status="${status}"]`).filter({ hasText: name });
}

const picture = (who: Visitor) => who.page.locator('.message[data-status="sent"] button.image img');

/** Uploads of this visitor get no answer until they are let go. */
async function stall(who: Visitor): Promise<{ begun: () => number; release: () => Promise<void> }> {
  let count = 0;
  const context = who.page.context();
  await context.route(UPLOADS, () => {
    count++;
  });
  return { begun: () => count, release: () => context.unroute(UPLOADS) };
}

describe.skipIf(browserPath === undefined)("files on the page", () => {
  test("chosen, dropped and pasted files are shown to both; a picture opens in a viewer [PAGE-10]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await attach(ann, await pictureOf(ann), text("notes.txt"));
    for (const each of [ann, ben]) {
      await file(each, "notes.txt").waitFor();
      await picture(each).waitFor();
    }
    expect(await file(ben, "notes.txt").textContent()).toContain("2 KB · 127.0.0.1");
    const [shown] = await Promise.all([picture(ben).getAttribute("src")]);
    await ben.page.locator("button.image").click();
    const whole = ben.page.getByRole("dialog", { name: "Image from Ann" }).getByRole("img");
    await whole.waitFor();
    // The chat shows the thumbnail, the viewer the picture.
    expect(await whole.getAttribute("src")).not.toBe(shown);
    await ben.page.keyboard.press("Escape");

    await give(ann, "drop", text("dropped.txt"));
    await confirm(ann, 1);
    await give(ann, "paste", text("pasted.txt"));
    await confirm(ann, 1);
    for (const name of ["dropped.txt", "pasted.txt"]) await file(ben, name).waitFor();
    await give(ann, "drop", text("by accident.txt"));
    await ann.page.getByRole("dialog").waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.say("nothing after these");
    await ben.sees("nothing after these");
    expect(await file(ben, "by accident.txt").count()).toBe(0);
  });

  test("20 MB over a connection that is cut in mid-stream arrive once", async () => {
    const gateway = await Gateway.start(suite.url);
    const ben = await visit(suite.url);
    const ann = await visit(gateway.url);
    await ben.register("Ben");
    await ann.register("Ann");
    await ann.find(ben);
    gateway.cuts = 2;
    await attach(ann, text("large.bin", 20_000_000));
    await ann.say("written meanwhile");
    await ben.openChat("Ann");
    await ben.sees("written meanwhile");
    await file(ben, "large.bin").waitFor({ timeout: 60_000 });
    expect(gateway.cuts).toBe(0);
    const address = await file(ben, "large.bin").getByRole("link").getAttribute("href");
    const bytes = await (await ben.page.request.get(address ?? "")).body();
    expect(bytes.byteLength).toBe(20_000_000);
    expect(await file(ben, "large.bin").count()).toBe(1);
    await gateway.stop();
  });

  test("an upload that is cancelled is not sent [PAGE-10]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { begun, release } = await stall(ann);
    await attach(ann, text("secret.txt"));
    await expect.poll(begun).toBe(1);
    await file(ann, "secret.txt", "pending").getByRole("button", { name: "Cancel" }).click();
    await file(ann, "secret.txt", "pending").waitFor({ state: "detached" });
    await release();
    await ann.say("after it");
    await ben.sees("after it");
    expect(await file(ben, "secret.txt").count()).toBe(0);
  });

  test("a reload in the middle of an upload, and a time without network, lose nothing [PAGE-10]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { begun, release } = await stall(ann);
    await attach(ann, text("reloaded.txt"));
    await expect.poll(begun).toBe(1);
    await ann.page.reload();
    await file(ann, "reloaded.txt", "pending").waitFor();
    await release();
    await ann.page.reload();
    await file(ben, "reloaded.txt").waitFor();

    await ann.page.context().setOffline(true);
    await ann.reads(/^You’re offline/);
    await attach(ann, text("offline.txt"));
    await file(ann, "offline.txt", "pending").waitFor();
    await ann.page.context().setOffline(false);
    for (const each of [ann, ben]) await file(each, "offline.txt").waitFor();
    expect(await file(ben, "reloaded.txt").count()).toBe(1);
  });

  test("a tab that is closed while it uploads leaves the file to the other tab [PAGE-10]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const other = await ann.tab();
    await other.sees("Hello Ben");
    const { begun, release } = await stall(ann);
    await attach(ann, text("handed over.txt"));
    await expect.poll(begun).toBeGreaterThanOrEqual(1);
    await file(other, "handed over.txt", "pending").waitFor();
    await ann.page.close();
    await release();
    await other.page.reload();
    for (const each of [other, ben]) await file(each, "handed over.txt").waitFor();
    expect(await file(ben, "handed over.txt").count()).toBe(1);
  });

  test("a voice message is recorded, sent and played", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.page.context().grantPermissions(["microphone"]);
    await ann.button("Record a voice message").click();
    await ann.page.getByRole("timer").filter({ hasText: "0:01" }).waitFor();
    await ann.button("Send recording").click();
    const player = ben.page.locator(".message audio");
    await player.waitFor();
    const played = await player.evaluate(async (audio: unknown) => {
      const element = audio as { play(): Promise<void>; error: unknown; muted: boolean };
      element.muted = true;
      await element.play();
      return element.error;
    });
    expect(played).toBeNull();
  });

  test("files on a host of their own are shown and played without a click, and others are not [PAGE-1]", async () => {
    const gateway = await Gateway.start(suite.url);
    gateway.files = await bundledPage(suite.url);
    const ann = await visit(gateway.url);
    await ann.register("Ann");
    const ben = await signUp(suite.rest, "ben");
    const chat = singleId(ben.id, ann.id);
    const bytes = await ann.page.screenshot();
    const upload = async (type: string, body: Blob) =>
      (await ben.api.media.upload({ conversation_id: chat, type }, body)).url;
    const picture = await upload("image/png", new Blob([new Uint8Array(bytes)]));
    const say = (msg_type: number, content: Record<string, string>) =>
      ben.api.msg.send(outgoing({ user: ann.id }, content, { msg_type }));
    await say(2, { image_url: picture });
    await say(2, { image_url: `https://files.example/media/${picture.split("/")[4]}` });
    await say(4, { audio_url: await upload("audio/wav", new Blob([wav()])) });
    await ann.row("ben").click();
    await ann.page.locator(`.message button.image img[src^="${suite.url}"]`).waitFor();
    await expect.poll(() => ann.page.evaluate(`document.querySelector("button.image img").naturalWidth`)).toBe(1280);
    expect(await ann.page.locator('img[src*="files.example"]').count()).toBe(0);
    const duration = ann.page.locator("audio").evaluate(async (audio: unknown) => {
      const player = audio as { muted: boolean; play(): Promise<void>; duration: number };
      player.muted = true;
      await player.play();
      return player.duration;
    });
    expect(await duration).toBeCloseTo(1, 1);
    expect(ann.errors).toEqual([]);
    await gateway.stop();
  });

  test("a new group has the picture that was chosen for it, for all its members", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.button("New group").click();
    const dialog = ann.page.getByRole("dialog", { name: "New group" });
    await dialog.getByLabel("Group name").fill("Painters");
    await dialog.locator("input[type=file]").setInputFiles(await pictureOf(ann));
    await dialog.locator('.avatar img[src*="/media/"]').waitFor();
    await dialog.getByRole("checkbox", { name: /Ben/ }).check();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    for (const each of [ann, ben]) await each.row("Painters").locator('.avatar img[src*="/media/"]').waitFor();
  });

  test("an avatar is uploaded as a square", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.button("Your account").click();
    const dialog = ann.page.getByRole("dialog", { name: "Your account" });
    await dialog.locator("input[type=file]").setInputFiles(await pictureOf(ann));
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    const shown = ben.page.locator('.avatar img[src*="/media/"]').first();
    await shown.waitFor({ timeout: 30_000 });
    const size = await shown.evaluate(async (img: unknown) => {
      const image = img as { decode(): Promise<void>; naturalWidth: number; naturalHeight: number };
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    });
    expect(size).toEqual([512, 512]);
  });
});
