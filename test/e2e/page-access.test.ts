import { describe, expect, test } from "vitest";
import { findings } from "../helpers/node/axe.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

/** Opens a dialog by its button, looks at it, and closes it by Escape. */
async function findingsIn(visitor: Visitor, button: string): Promise<string[]> {
  await visitor.button(button).click();
  const found = await findings(visitor);
  await visitor.page.keyboard.press("Escape");
  await visitor.page.getByRole("dialog").waitFor({ state: "detached" });
  return found;
}

describe.skipIf(browserPath === undefined)("the page for everyone", () => {
  test.each(["light", "dark"] as const)("axe finds nothing on any screen in %s", async (colorScheme) => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    await ben.api.user.update({ avatar: "https://pictures.example/ben.svg" });
    const ann = await visit(suite.url, { colorScheme });
    expect(await findings(ann)).toEqual([]);
    await ann.signIn("nobody-at-all");
    await ann.reads("No user has this ID.");
    expect(await findings(ann)).toEqual([]);
    await ann.register("Ann");
    expect(await findings(ann)).toEqual([]);
    for (const dialog of ["Find people and groups", "New group"]) expect(await findingsIn(ann, dialog)).toEqual([]);
    await ann.button("Your account").click();
    await ann.page.getByText("Change password").click();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");

    await ben.text(ann, "hello https://example.com");
    const files = {
      image_url: "https://pictures.example/a.svg",
      file_url: "https://files.example/a",
      file_name: "a.pdf",
    };
    for (const msg_type of [2, 5]) await ben.api.msg.send(outgoing({ user: ann.id }, files, { msg_type }));
    await ann.row("Ben").getByText("3 unread messages").waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.openChat("Ben");
    await ann.reads("Open on files.example");
    await ann.say("z".repeat(8_001));
    await ann.reads(/^1 character too long/);
    expect(await findings(ann)).toEqual([]);
    await ann.say("hello");
    await ann.sees("hello");
    expect(await findings(ann)).toEqual([]);
    for (const dialog of ["Details", "Send image"]) expect(await findingsIn(ann, dialog)).toEqual([]);

    await ann.goTo(`#/chat/si_${ann.id}:nobody-at-all`);
    await ann.say("refused");
    await ann.sees("refused", "failed");
    expect(await findings(ann)).toEqual([]);

    await ann.makeGroup("Trio", ben, cleo);
    await ann.say("welcome");
    await ann.sees("welcome");
    expect(await findingsIn(ann, "Read by")).toEqual([]);
    await ann.button("Details").click();
    await ann.page.getByText("Edit group").click();
    await ann.button("Actions for Ben").click();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.locator(`[data-user="${ben.id}"]`).waitFor({ state: "detached" });
    await ann.button("New group").click();
    await ann.page.getByRole("checkbox", { name: "Ben" }).check();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.confirm("Discard");
    await ann.page.keyboard.press("Control+k");
    await ann.page.getByRole("option").first().waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.keyboard.press("Control+/");
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.row("Ben").click({ button: "right" });
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    const other = await ben.api.group.create({ name: "Open house" });
    await ann.goTo(`#/chat/sg_${other.id}`);
    await ann.button("Join").waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.openChat("Ben");
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).click();
    await ann.page.getByRole("dialog", { name: "Profile" }).waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.page.context().setOffline(true);
    await ann.reads(/^You’re offline/);
    expect(await findings(ann)).toEqual([]);
  });

  test("with the keyboard alone: find a user, write, open the details, return", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const { keyboard } = ann.page;
    await ann.tabTo("Find people and groups");
    await keyboard.press("Enter");
    await keyboard.type(ben.id);
    await keyboard.press("Enter");
    await ann.button("Message").waitFor();
    await ann.tabTo("Message");
    await keyboard.press("Enter");
    await ann.isOn("Write a message");
    await keyboard.type("no mouse");
    await keyboard.press("Enter");
    await ann.sees("no mouse");
    for (const dialog of ["Details", "Send image"]) {
      await ann.tabTo(dialog);
      await keyboard.press("Enter");
      await ann.page.getByRole("dialog", { name: dialog }).waitFor();
      await keyboard.press("Escape");
      await ann.isOn(dialog);
    }
    // A list that scrolls must be reachable, too.
    await ann.tabTo("Messages");
  });

  test("a form shows errors in the page's language, and focuses the wrong field", async () => {
    const ann = await visit(suite.url, { locale: "zh-CN" });
    const { page } = ann;
    await page.getByRole("button", { name: "登录", exact: true }).click();
    const id = page.getByLabel("用户 ID");
    expect(await id.evaluate((field: unknown) => (field as { validationMessage: string }).validationMessage)).toBe(
      "请填写此项。",
    );
    await ann.isOn("用户 ID");
    await id.fill("nobody-at-all");
    await page.getByLabel("密码").fill("a password");
    await page.getByRole("button", { name: "登录", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "没有该 ID 的用户。" }).waitFor();
  });

  test("new messages are announced; those of a silenced chat only while it is open", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const aloud = (text: string) => ann.page.getByRole("status").filter({ hasText: `Ben: ${text}` });
    await ben.say("once");
    await aloud("once").waitFor({ state: "attached" });
    await ann.button("Details").click();
    await ann.page.getByRole("radio", { name: "Muted" }).check();
    await ann.row("Ben").getByText("Muted").waitFor({ state: "attached" });
    await ann.page.keyboard.press("Escape");
    await ben.say("twice");
    await aloud("twice").waitFor({ state: "attached" });
    await ann.goTo("#/");
    await ben.say("unheard");
    await ann.row("Ben").getByText("unheard").waitFor();
    expect(await aloud("unheard").count()).toBe(0);
  });

  test("at 400 % of zoom nothing needs scrolling sideways", async () => {
    const ann = await visit(suite.url, { viewport: { width: 320, height: 256 } });
    const fits = async () => expect(await ann.page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await fits();
    await ann.register("Ann");
    const [ben] = await cast(suite.rest, "Ben");
    await ben.text(ann, "Donaudampfschifffahrtsgesellschaftskapitän".repeat(3));
    await ann.row("Ben").getByText("1 unread message").waitFor();
    await fits();
    await ann.openChat("Ben");
    await fits();
    await ann.button("Details").click();
    await fits();
    const dialog = ann.page.getByRole("dialog").locator(".dialog-body");
    expect(await dialog.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  });

  test("nothing moves for users who prefer reduced motion", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const moving = () =>
      ann.page.evaluate(
        "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length",
      );
    expect(await moving()).toBeGreaterThan(0);
    await ann.page.emulateMedia({ reducedMotion: "reduce" });
    expect(await moving()).toBe(0);
  });
});
