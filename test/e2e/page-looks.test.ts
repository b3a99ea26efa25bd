import { describe, expect, test } from "vitest";
import { buildPage } from "../../scripts/build-page.ts";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { fetchWith } from "../helpers/node/tap.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer({ SEND_RATE_PER_SECOND: "1000", SEND_BURST: "1000" });
const visit = useBrowser();
/** Declared in the browser, where some of these functions run. */
declare function requestAnimationFrame(callback: () => void): number;

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const;

describe.skipIf(browserPath === undefined)("how the page looks", () => {
  test("300 messages: the newest first, older ones are added above without a jump, back to the first [PAGE-3]", async () => {
    const [writer] = await cast(suite.rest, "Writer");
    const reader = await visit(suite.url);
    await reader.register("Reader");
    for (const n of upTo(300)) await writer.text(reader, `message ${n}`);
    await reader.row("Writer").getByText("300 unread messages").waitFor();
    await reader.openChat("Writer");
    await reader.sees("message 1");
    await reader.button(/Jump to latest$/).click();
    await reader.title("Nexo IM");
    await reader.page.reload();
    await reader.sees("message 300");
    expect(await reader.page.locator('[data-seq="1"]').count()).toBe(0);

    const list = reader.page.getByRole("region", { name: "Messages" });
    // Checks every frame: the visible rows must not move while older messages are added above them.
    await list.evaluate((element) => {
      const watch = { jumps: [] as number[], top: element.scrollTop };
      Object.assign(globalThis, { watch });
      const visible = () =>
        [...element.querySelectorAll("[data-seq]")].find((row) => row.getBoundingClientRect().top > 60);
      let row = visible();
      let at = row?.getBoundingClientRect().top ?? 0;
      let top = element.scrollTop;
      let height = element.scrollHeight;
      const frame = () => {
        const grown = element.scrollHeight - height;
        if (row?.isConnected && grown !== 0) {
          const moved = row.getBoundingClientRect().top - at;
          const scrolled = top + grown - element.scrollTop;
          if (Math.abs(moved - scrolled) > 1 || Math.abs(scrolled) > 400) watch.jumps.push(moved);
        }
        row = visible();
        at = row?.getBoundingClientRect().top ?? 0;
        top = element.scrollTop;
        height = element.scrollHeight;
        requestAnimationFrame(frame);
      };
      frame();
    });
    await list.hover();
    // What is far from the screen is not rendered, so what goes by is put together.
    const seen = new Map<number, string>();
    const note = async () => {
      for (const { seq, text } of await list.evaluate((element) =>
        [...element.querySelectorAll(".message")].map((row) => ({
          seq: Number(row.getAttribute("data-seq")),
          text: row.querySelector(".text")?.textContent ?? "",
        })),
      ))
        seen.set(seq, text);
    };
    for (const oldest = reader.page.locator('[data-seq="1"]'); (await oldest.count()) === 0; ) {
      await note();
      const before = await list.evaluate((element) => element.scrollTop);
      await reader.page.mouse.wheel(0, -400);
      await list.evaluate(
        (element, from) =>
          new Promise<void>((resolve) => {
            const look = () => (element.scrollTop !== from || from === 0 ? resolve() : requestAnimationFrame(look));
            look();
          }),
        before,
      );
    }
    expect(
      await reader.page.evaluate(() => (globalThis as unknown as { watch: { jumps: number[] } }).watch.jumps),
    ).toEqual([]);
    await note();
    expect([...seen].toSorted(([a], [b]) => a - b)).toEqual(upTo(300).map((n) => [n, `message ${n}`]));
    await reader.button("Jump to latest").click();
    await reader.message("message 300").waitFor();
    await reader.button("Jump to latest").waitFor({ state: "detached" });
  });

  test("a phone shows one pane, and returns to the list", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url, PHONE);
    await ann.register("Ann");
    await ben.text(ann, "to your phone");
    await ann.row("Ben").tap();
    await ann.sees("to your phone");
    expect(await ann.row("Ben").isVisible()).toBe(false);
    await ann.say("on my way");
    await ann.sees("on my way");
    const width = await ann.page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(PHONE.viewport.width);
    await ann.button("Back to chats").tap();
    await ann.row("Ben").waitFor();
    expect(await ann.composer.count()).toBe(0);
    await ann.page.goForward();
    await ann.composer.waitFor();
  });

  test("Chinese for browsers set to Chinese, and by choice", async () => {
    const { page } = await visit(suite.url, { locale: "zh-CN" });
    await page.getByRole("button", { name: "登录", exact: true }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(await page.locator("body").innerText()).not.toMatch(/Sign|Password|User/);
    await page.getByRole("radio", { name: "English" }).check();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  });
});

/** A file of the page: no answer in the envelope. */
const get = (path: string) => fetchWith()(suite.url + path, { method: "GET", headers: {} });

describe("the page's files", () => {
  test("weigh less than 100 KB gzipped in all", async () => {
    expect((await buildPage()).gzipped).toBeLessThan(100_000);
  });

  test("have a strict policy; all other paths belong to the Worker", async () => {
    const page = await get("/");
    const html = await page.text();
    expect(page.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    expect(page.headers.get("Content-Security-Policy")).not.toContain("unsafe");
    expect(page.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(page.headers.get("X-DNS-Prefetch-Control")).toBe("off");
    const assets = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets).toHaveLength(7);
    for (const path of assets) {
      const asset = await get(path);
      expect([path, asset.status, asset.headers.get("Cache-Control")]).toEqual([
        path,
        200,
        "public, max-age=31536000, immutable",
      ]);
    }
    expect((await get("/assets/nothing.js")).status).toBe(404);
    for (const path of ["/nothing", "/index.html", "/favicon.ico"]) {
      const { status, code } = await suite.rest.get(path);
      expect([path, status, code]).toEqual([path, 404, 1005]);
    }
  });
});
