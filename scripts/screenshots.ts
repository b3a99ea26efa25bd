// npm run screenshots: takes the README's pictures of the real page, on a server of its own
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import sharp from "sharp";
import { startServer } from "../test/helpers/node/server.ts";
import { launchBrowser, Visitor } from "../test/helpers/node/visitor.ts";
import { film, type Scene, scenes } from "./screenshots/film.ts";
import { type Cast, type Story, stories, tell } from "./screenshots/stories.ts";
import { root } from "./wrangler.ts";

const out = join(root, "docs/images");
const LARGEST = 200_000;
const LARGEST_FILM = 1_500_000;
const desktop = { viewport: { width: 1120, height: 700 }, deviceScaleFactor: 1 };
const phone = { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

mkdirSync(out, { recursive: true });
const server = await startServer({ vars: { JWT_SECRET: crypto.randomUUID() } });
const browser = await launchBrowser();
try {
  const [english, chinese] = [await tell(server.url, stories.en), await tell(server.url, stories.zh)];
  await shoot("desktop", english, stories.en, desktop);
  await shoot("dark", english, stories.en, { ...desktop, colorScheme: "dark" });
  await shoot("phone", english, stories.en, phone);
  await shoot("chinese", chinese, stories.zh, { ...desktop, locale: "zh-CN" });
  await shootFilm("talk", scenes.en);
  await shootFilm("talk-chinese", scenes.zh);
} finally {
  await browser.close();
  await server.stop();
}

async function shoot(name: string, cast: Cast, story: Story, options: BrowserContextOptions): Promise<void> {
  // The other users are shown as online because each of them has the page open.
  const friends = await Promise.all(cast.friends.map((friend) => signedIn(browser, friend)));
  const { page } = await signedIn(browser, cast.me, options);
  // A phone watches who is online while the list is on the screen.
  await page.locator(".presence-dot").first().waitFor({ state: "attached" });
  await page.getByRole("navigation").getByRole("link").filter({ hasText: story.open }).click();
  await page.getByText(story.last, { exact: true }).filter({ visible: true }).last().waitFor();
  // Names and members load a moment later.
  await page.locator(".subtitle").filter({ hasText: /\d/ }).waitFor();
  for (const [who] of story.group.lines) {
    if (who !== story.me)
      await page
        .locator(".sender", { hasText: story.people[who] ?? "" })
        .first()
        .waitFor();
  }
  await page.evaluate("document.activeElement?.blur()");
  // A row under the mouse shows its menu.
  await page.mouse.move(0, 0);
  const path = join(out, `${name}.png`);
  // Without loss, and a quarter smaller than the browser makes it.
  await sharp(await page.screenshot())
    .png({ compressionLevel: 9 })
    .toFile(path);
  await Promise.all([page, ...friends.map((friend) => friend.page)].map((each) => each.context().close()));
  checkSize(path, LARGEST);
}

async function shootFilm(name: string, scene: Scene): Promise<void> {
  const path = join(out, `${name}.webp`);
  writeFileSync(path, await film(server.url, scene, (who, options) => signedIn(browser, who, options)));
  checkSize(path, LARGEST_FILM);
}

function checkSize(path: string, largest: number): void {
  const { size } = statSync(path);
  console.log(`${relative(root, path)}: ${Math.round(size / 1_000)} KB`);
  if (size > largest) throw new Error(`${path} is larger than ${largest / 1_000} KB`);
}

async function signedIn(
  from: Browser,
  who: { id: string; password: string },
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const visitor = await Visitor.open(from, server.url, options);
  const { page } = visitor;
  await page.locator("input[autocomplete=username]").fill(who.id);
  await page.locator("input[type=password]").fill(who.password);
  await page.locator("button[type=submit]").click();
  await page.locator(".conversations").waitFor();
  return visitor;
}
