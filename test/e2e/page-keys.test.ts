import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const;
/** What a finger may miss: the controls on the screen that are smaller than 44 pixels. */
const small = ({ page }: Visitor) =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll("button, a.conversation, textarea, select, input:not([type=radio], [type=checkbox], [type=file]), summary, .segments label, label:has(.switch)")]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.matches(".skip, .messages a"))
        .filter((e) => { const { width, height } = e.getBoundingClientRect(); return width < 43.5 || height < 43.5; })
        .map((e) => e.outerHTML.slice(0, 120))`);
const heading = ({ page }: Visitor, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

describe.skipIf(browserPath === undefined)("keyboard, touch and copying", () => {
  test("Ctrl+K switches chats, Alt and the arrows go to the next one, Escape returns to the list", async () => {
    const people = await cast(suite.rest, "Ben", "Cleo", "Dana");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    for (const each of people) {
      await each.text(ann, "hello");
      await ann.row("hello").nth(people.indexOf(each)).waitFor();
    }
    const { keyboard } = ann.page;
    await keyboard.press("Control+k");
    const search = ann.page.getByRole("combobox");
    await search.fill("a");
    await keyboard.press("ArrowDown");
    await search.fill("cle");
    await expect.poll(() => ann.page.getByRole("option").count()).toBe(1);
    await keyboard.press("Enter");
    await heading(ann, "Cleo");
    await ann.isOn("Write a message");
    await keyboard.press("Alt+ArrowDown");
    await heading(ann, "Ben");
    await keyboard.press("Alt+ArrowUp");
    await keyboard.press("Alt+ArrowUp");
    await heading(ann, "Dana");
    await keyboard.press("Control+/");
    await ann.page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await keyboard.press("Escape");
    await ann.page.getByRole("dialog").waitFor({ state: "detached" });
    await heading(ann, "Dana");
    await keyboard.press("Escape");
    await ann.reads("Select a chat");
    await ann.openChat("Ben");
    await ann.page.reload();
    await heading(ann, "Ben");
    await ann.page.evaluate("document.activeElement.blur()");
    await ann.tabTo("Skip to message box");
    await keyboard.press("Enter");
    await ann.isOn("Write a message");
  });

  test("several messages are copied as lines with time, sender and text", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ben.say("second\nmessage");
    await ann.sees("second\nmessage");
    await ann.say("third");
    await ann.sees("third");
    const copied = await ann.page.evaluate<string>(`(() => {
      const rows = document.querySelectorAll(".messages li");
      getSelection().setBaseAndExtent(rows[0], 0, rows[rows.length - 1], rows[rows.length - 1].childNodes.length);
      const clipboardData = new DataTransfer();
      rows[0].dispatchEvent(new ClipboardEvent("copy", { bubbles: true, cancelable: true, clipboardData }));
      return clipboardData.getData("text/plain");
    })()`);
    expect(copied.replaceAll(/\[\d+:\d+\]/g, "[time]")).toBe(
      "[time] You: Hello Ben\n[time] Ben: second\nmessage\n[time] You: third",
    );
  });

  test("touch targets are 44 pixels high and wide", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url, PHONE);
    await ann.register("Ann");
    await ben.text(ann, "hello");
    await ann.row("Ben").waitFor();
    expect(await small(ann)).toEqual([]);
    await ann.button("Your account").tap();
    expect(await small(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("dialog").waitFor({ state: "detached" });
    await ann.row("Ben").tap();
    await ann.say("hi");
    await ann.sees("hi");
    expect(await small(ann)).toEqual([]);
  });

  test("touch targets are as large in the dialogs: privacy, details of a group, the menu of a message", async () => {
    const ann = await visit(suite.url, PHONE);
    await ann.register("Ann");
    const [ben] = await cast(suite.rest, "Ben");
    await ann.button("Your account").tap();
    await ann.button("Privacy and blocked people").tap();
    await ann.page.getByRole("combobox", { name: "Who can message me" }).waitFor();
    expect(await small(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("dialog").waitFor({ state: "detached" });
    await ann.makeGroup("Choir", ben);
    await ann.say("hi");
    await ann.sees("hi");
    await ann.button("Details").tap();
    const details = ann.page.getByRole("dialog", { name: "Details" });
    for (const fold of ["Group settings", "Banned people"]) await details.getByText(fold).tap();
    await details.getByRole("button", { name: "Actions for Ben" }).tap();
    await details.getByRole("button", { name: "Ban", exact: true }).waitFor();
    expect(await small(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("dialog").waitFor({ state: "detached" });
    await ann.message("hi").click({ button: "right" });
    await ann.button("Forward").waitFor();
    expect(await small(ann)).toEqual([]);
  });

  test("on a narrow phone all of the composer is in one row, with a microphone or a button that sends", async () => {
    const ann = await visit(suite.url, { ...PHONE, viewport: { width: 320, height: 640 } });
    await ann.register("Ann");
    const [ben] = await cast(suite.rest, "Ben");
    await ben.text(ann, "hello");
    await ann.row("Ben").tap();
    const [microphone, send] = [ann.button("Record a voice message"), ann.button("Send")];
    const height = async () => (await ann.page.locator(".composer").boundingBox())?.height;
    await microphone.waitFor();
    expect(await send.isVisible()).toBe(false);
    expect(await height()).toBeLessThan(70);
    await ann.composer.fill("hi");
    await microphone.waitFor({ state: "hidden" });
    expect(await height()).toBeLessThan(70);
    await send.tap();
    await ann.sees("hi");
    await microphone.waitFor();
  });

  test("a missing picture shows the initial; an http: address is refused with a message", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.button("Your account").click();
    const field = ann.page.getByLabel("Picture address");
    await field.fill("http://pictures.example/me.png");
    await ann.button("Save").click();
    expect(await field.evaluate((input: unknown) => (input as { validationMessage: string }).validationMessage)).toBe(
      "Use an address that starts with https://.",
    );
    await field.fill(`${suite.url}/assets/gone.png`);
    await ann.button("Save").click();
    await ann.page.getByRole("dialog").waitFor({ state: "detached" });
    await ann.button("Your account").getByText("A", { exact: true }).waitFor();
    expect(await ann.button("Your account").locator("img").count()).toBe(0);
  });
});
