import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();
const document = JSON.parse(readFileSync("docs/openapi.json", "utf8"));
const operations = Object.values<object>(document.paths).flatMap((path) => Object.keys(path));

describe.skipIf(browserPath === undefined)("the API reference at /docs", () => {
  test("shows every route under a policy that forbids foreign resources", async () => {
    const { page } = await visit(`${suite.url}/docs`);
    await page.locator(".opblock").first().waitFor();
    expect(await page.locator(".opblock").count()).toBe(operations.length);
    const policy = (await (await page.reload())?.allHeaders())?.["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policy).not.toMatch(/https?:|\*/);
  });

  test("sends its requests to the server that serves it", async () => {
    const { page } = await visit(`${suite.url}/docs`);
    const health = page.locator("#operations-The_server-getHealth");
    await health.locator(".opblock-summary-control").click();
    await health.getByRole("button", { name: "Try it out" }).click();
    await health.getByRole("button", { name: "Execute" }).click();
    await health.locator(".live-responses-table").getByText('"status"').first().waitFor();
  });

  test("both documents are served", async () => {
    const { page } = await visit(`${suite.url}/docs`);
    for (const name of ["openapi.json", "asyncapi.json"]) {
      const shown = await page.goto(`${suite.url}/docs/${name}`);
      expect(await shown?.text()).toBe(readFileSync(`docs/${name}`, "utf8"));
    }
  });
});
