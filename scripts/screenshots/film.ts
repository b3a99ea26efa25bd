import type { BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { createApi, MessageType, Platform, SessionType, singleConversationId } from "../../src/client/index.ts";
import { LIMITS } from "../../src/protocol/limits.ts";

/** Two users who write to each other. */
export interface Scene {
  /** Their ids, and the names that are shown. */
  readonly left: readonly [id: string, name: string];
  readonly right: readonly [id: string, name: string];
  /** What the right user has written before. */
  readonly before: string;
  /** What the left and the right user write, in turns; the left one begins. */
  readonly lines: readonly string[];
  readonly locale: string;
}

export const scenes = {
  en: {
    left: ["mia", "Mia Laurent"],
    right: ["tom", "Tom Becker"],
    before: "Back at my desk.",
    lines: ["Lunch today?", "Sure! Noodles at 12:30?", "Perfect, see you there 🍜", "👍"],
    locale: "en-GB",
  },
  zh: {
    left: ["su", "苏晴"],
    right: ["zhou", "周屿"],
    before: "我到公司了。",
    lines: ["中午一起吃饭？", "好啊，12:30 吃面？", "没问题，老地方见 🍜", "👍"],
    locale: "zh-CN",
  },
} satisfies Record<string, Scene>;

const SCREEN = { width: 340, height: 500 };
const GAP = 16;
/** Milliseconds that a frame is shown: while someone types, and after something has happened. */
const SHOWN = { typing: 110, event: 700, end: 2_500 };
/** Characters typed from one frame to the next. */
const STEP = 2;
const QUALITY = 80;

type Open = (who: { id: string; password: string }, options: BrowserContextOptions) => Promise<{ readonly page: Page }>;

/**
 * Films two real pages side by side.
 * @param open opens the page of a signed-in user
 * @returns an animated WebP
 */
export async function film(url: string, scene: Scene, open: Open): Promise<Buffer> {
  const [left, right] = [await register(url, scene.left), await register(url, scene.right)];
  await right.api.msg.send({
    client_msg_id: crypto.randomUUID(),
    recv_id: left.id,
    session_type: SessionType.SINGLE,
    msg_type: MessageType.TEXT,
    content: { text: scene.before },
  });
  const options = { viewport: SCREEN, locale: scene.locale, isMobile: true, hasTouch: true };
  const pages = await Promise.all([open(left, options), open(right, options)]);
  const [one, other] = [pages[0].page, pages[1].page];
  const chat = singleConversationId(left.id, right.id);
  for (const page of [one, other]) await page.evaluate(`location.hash = "#/chat/${encodeURIComponent(chat)}"`);
  // Typing is shown to those who are connected.
  for (const page of [one, other]) await page.locator(".subtitle .is-online").waitFor();

  const frames: Buffer[] = [];
  const delay: number[] = [];
  async function shoot(shown: number): Promise<void> {
    const [a, b] = await Promise.all([one.screenshot(), other.screenshot()]);
    frames.push(await sideBySide(a, b));
    delay.push(shown);
  }

  await shoot(SHOWN.event);
  for (const [index, line] of scene.lines.entries()) {
    const [writer, reader] = index % 2 === 0 ? [one, other] : [other, one];
    await composerOf(writer).focus();
    // A user who typed just now is not shown as typing again at once.
    await writer.waitForTimeout(LIMITS.typingPauseSeconds * 1_000);
    const characters = [...line];
    for (let at = 0; at < characters.length; at += STEP) {
      await writer.keyboard.insertText(characters.slice(at, at + STEP).join(""));
      // It ends by itself after some seconds, which a slow machine may need for the rest of a line.
      if (at === 0) await reader.locator(".is-typing").waitFor();
      await shoot(SHOWN.typing);
    }
    await writer.keyboard.press("Enter");
    await reader.locator(".message.other").filter({ hasText: line }).waitFor();
    await shoot(SHOWN.typing);
    await writer
      .locator(".message.own .is-read")
      .nth(Math.floor(index / 2))
      .waitFor();
    await shoot(SHOWN.event);
  }
  delay[delay.length - 1] = SHOWN.end;
  await Promise.all([one, other].map((page) => page.context().close()));
  return await sharp(frames, { join: { animated: true } })
    .webp({ quality: QUALITY, effort: 6, minSize: true, mixed: true, loop: 0, delay })
    .toBuffer();
}

async function register(url: string, [id, nickname]: Scene["left"]) {
  const password = crypto.randomUUID();
  const { auth } = createApi({ url });
  await auth.register({ user_id: id, nickname, password });
  const { token } = await auth.login({ user_id: id, password, platform_id: Platform.MACOS });
  return { id, password, api: createApi({ url, token }) };
}

function composerOf(page: Page) {
  return page.locator(".composer textarea");
}

function sideBySide(left: Buffer, right: Buffer): Promise<Buffer> {
  const size = { width: 2 * SCREEN.width + GAP, height: SCREEN.height };
  return sharp({ create: { ...size, channels: 3, background: "#8a9a94" } })
    .composite([
      { input: left, left: 0, top: 0 },
      { input: right, left: SCREEN.width + GAP, top: 0 },
    ])
    .png()
    .toBuffer();
}
