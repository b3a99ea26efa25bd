import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { browserPath, launchBrowser, Visitor } from "./visitor.ts";

/** Opens visitors in one browser for this test file; each has a context of their own, and is gone after the test. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<Visitor> {
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
