import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { browserPath, launchBrowser, Visitor } from "./visitor.ts";

if (browserPath === undefined) {
  console.warn("Tests that need a browser are skipped: Chromium is not installed (apt install chromium)");
}

type Visit = (url: string, options?: BrowserContextOptions) => Promise<Visitor>;

/** Two visitors of the page who have written to each other. */
export async function twoTalking(visit: Visit, url: string): Promise<[ann: Visitor, ben: Visitor]> {
  const [ann, ben] = await Promise.all([visit(url), visit(url)]);
  await Promise.all([ann.register("Ann"), ben.register("Ben")]);
  await ann.find(ben);
  await ann.say("Hello Ben");
  await ann.sees("Hello Ben");
  await ben.openChat("Ann");
  await ben.sees("Hello Ben");
  return [ann, ben];
}

/** Opens visitors in one browser for this test file. Each has its own context, which is closed after the test. */
export function useBrowser(): Visit {
  let browser: Browser | undefined;
  let open: Visitor[] = [];
  beforeAll(async () => {
    if (browserPath !== undefined) browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(open.map(({ page }) => page.context().close()));
    const errors = open.flatMap((visitor) => visitor.errors);
    open = [];
    if (errors.length > 0) throw new Error(`The page threw: ${errors.join("; ")}`);
  });
  afterAll(() => browser?.close());
  return async (url, options = {}) => {
    if (!browser) throw new Error("there is no browser");
    const visitor = await Visitor.open(browser, url, options);
    open.push(visitor);
    return visitor;
  };
}
