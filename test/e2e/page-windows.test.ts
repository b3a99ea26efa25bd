import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast, signIn } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing, platform } from "../helpers/node/wire.ts";

const suite = useServer({ SEND_RATE_PER_SECOND: "1000", SEND_BURST: "1000", REQUEST_BURST: "2000" });
const visit = useBrowser();

const nodes = ({ page }: Visitor) => page.evaluate<number>("document.querySelectorAll('*').length");
const messages = ({ page }: Visitor) => page.getByRole("region", { name: "Messages" });

describe.skipIf(browserPath === undefined)("long chats and long lists", () => {
  test("only messages near the screen are rendered, however far up the reader is [PAGE-6]", async () => {
    const [writer] = await cast(suite.rest, "Writer");
    const reader = await visit(suite.url);
    await reader.register("Reader");
    await writer.text(reader, "message 0");
    await reader.openChat("Writer");
    for (const n of upTo(400)) await writer.text(reader, `message ${n}`);
    await reader.sees("message 400");
    const few = await nodes(reader);
    expect(few).toBeLessThan(1_500);
    await reader.page.reload();
    await reader.sees("message 400");
    for (const oldest = reader.message("message 0"); (await oldest.count()) === 0; ) {
      await messages(reader).evaluate((element) => {
        element.scrollTop = 0;
      });
      await reader.page.waitForTimeout(20);
      expect(await nodes(reader)).toBeLessThan(1_500);
    }
    // By the scroll bar into what has never been rendered, and by the button to the end.
    await messages(reader).evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    const middle = reader.page.locator(".message").first();
    await expect.poll(async () => Number(await middle.getAttribute("data-seq"))).toBeGreaterThan(100);
    await expect
      .poll(
        async () =>
          (await messages(reader)
            .getByText(/^message /)
            .count()) > 20,
      )
      .toBe(true);
    await reader.button("Jump to latest").click();
    await reader.sees("message 400");
    expect(await nodes(reader)).toBeLessThan(1_500);
  });

  test("a message of many screens can be read to its end, and past it [PAGE-6]", async () => {
    const [writer] = await cast(suite.rest, "Writer");
    const reader = await visit(suite.url, { viewport: { width: 360, height: 700 } });
    await reader.register("Reader");
    await writer.text(reader, "message 0");
    await reader.openChat("Writer");
    await writer.text(reader, "long ".repeat(6_000));
    for (const n of upTo(60)) await writer.text(reader, `message ${n}`);
    await reader.sees("message 60");
    await messages(reader).evaluate((element) => {
      element.scrollTop = 0;
    });
    const long = reader.page.locator('[data-seq="2"]');
    await long.waitFor();
    // Its last lines are at the top of the screen, then it fills the screen, then it ends there.
    for (const block of ["end", "center"] as const) {
      await long.evaluate((row, to) => row.scrollIntoView({ block: to }), block);
      await reader.page.mouse.move(180, 350);
      for (let step = 0; step < 12; step++) {
        await reader.page.mouse.wheel(0, 50);
        await reader.page.waitForTimeout(30);
      }
      expect(await reader.page.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))")).toBe(true);
    }
    await long.evaluate((row) => row.scrollIntoView({ block: "end" }));
    await reader.page.mouse.wheel(0, 400);
    await reader.sees("message 1");
    await expect.poll(() => reader.page.locator(".message").count()).toBeGreaterThan(10);
  });

  test("text that is selected stays, wherever one scrolls, and the focus is not lost [PAGE-6]", async () => {
    const [writer] = await cast(suite.rest, "Writer");
    const reader = await visit(suite.url);
    await reader.register("Reader");
    for (const n of upTo(150)) await writer.text(reader, `message ${n} https://example.com/${n}`);
    await reader.openChat("Writer");
    await reader.button(/Jump to latest$/).click();
    const last = messages(reader).getByRole("link", { name: "https://example.com/150" });
    await last.focus();
    await messages(reader).evaluate((element) => {
      element.scrollTop = 0;
    });
    await last.waitFor({ state: "detached" });
    await reader.isOn("Messages");
    const first = messages(reader).getByText(/^message 1 /);
    await first.selectText();
    await reader.button(/Jump to latest$/).click();
    await last.waitFor();
    expect(await reader.page.evaluate("getSelection().toString()")).toContain("message 1 ");
  });

  test("a long list renders only rows near the screen; a row that moves to the top moves no other [PAGE-6]", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const { api } = await signIn(suite.rest, ann.id, ann.password, platform.ios);
    const groups: string[] = [];
    for (const n of upTo(45)) groups.push((await api.group.create({ name: `Group ${n}` })).id);
    await ann.row("Group 45").waitFor();
    await expect.poll(() => ann.row("").count()).toBeLessThan(32);
    const list = ann.page.locator(".conversations");
    await list.evaluate((element) => {
      element.scrollTop = 1_000;
    });
    await ann.row("Group 27").waitFor();
    const before = await ann.row("Group 27").boundingBox();
    await api.msg.send(outgoing({ group: groups[0] ?? "" }, { text: "from below to the top" }));
    await ann.page.waitForTimeout(500);
    expect(await ann.row("Group 27").boundingBox()).toEqual(before);
    // By keyboard: one stop, then row by row, to either end.
    await ann.row("Group 27").focus();
    await ann.page.keyboard.press("End");
    await expect.poll(() => ann.page.evaluate("document.activeElement.textContent")).toContain("Group 2");
    await ann.page.keyboard.press("Home");
    await expect.poll(() => ann.page.evaluate("document.activeElement.textContent")).toContain("Group 1");
  });
});
