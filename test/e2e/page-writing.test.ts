import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("writing on the page", () => {
  test("the page says that a text is too long, and cuts nothing off [PAGE-5]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.say("x".repeat(9_000));
    await ann.reads("1,000 characters too long. Messages can have up to 8,000.");
    expect((await ann.composer.inputValue()).length).toBe(9_000);
    expect(await ann.button("Send").isDisabled()).toBe(true);
    await ann.say("y".repeat(8_000));
    await ben.sees("y".repeat(8_000));
    expect((await ben.texts()).at(-1)).toBe("y".repeat(8_000));
    // Neither the list nor the announcement repeats all of it.
    const aloud = await ben.page.getByRole("status").filter({ hasText: "Ann: yyy" }).textContent();
    expect(aloud?.length).toBeLessThan(200);
    expect((await ben.row("Ann").textContent())?.length).toBeLessThan(300);
  });

  test("a name or a password that is too long is not cut off, either [PAGE-5]", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.button("New group").click();
    await ann.page.getByLabel("Group name").fill("g".repeat(65));
    await ann.button("Create").click();
    const name = ann.page.getByLabel("Group name");
    expect(await name.evaluate((field: unknown) => (field as { validationMessage: string }).validationMessage)).toBe(
      "At most 64 characters.",
    );
    expect((await name.inputValue()).length).toBe(65);
    await name.fill("g".repeat(64));
    await ann.button("Create").click();
    await ann.page.getByRole("heading", { level: 1, name: "g".repeat(64) }).waitFor();
  });

  test("going back and forth between the list and a chat does not fill the history", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url, { viewport: { width: 390, height: 780 } });
    await ann.register("Ann");
    await ben.text(ann, "hello");
    const length = () => ann.page.evaluate<number>("history.length");
    await ann.openChat("Ben");
    const before = await length();
    for (let times = 0; times < 3; times++) {
      await ann.button("Back to chats").click();
      await ann.row("Ben").waitFor();
      await expect.poll(() => ann.page.evaluate("document.activeElement.dataset.id")).toContain(ben.id);
      await ann.openChat("Ben");
    }
    expect(await length()).toBe(before);
    // A user who opened the address directly reaches the list, too.
    const address = ann.page.url();
    const other = await ann.tab();
    await other.page.setViewportSize({ width: 390, height: 780 });
    expect(other.page.url()).toBe(address);
    const begun = await other.page.evaluate<number>("history.length");
    await other.button("Back to chats").click();
    await other.row("Ben").waitFor();
    expect(await other.page.evaluate<number>("history.length")).toBe(begun);
  });
});
