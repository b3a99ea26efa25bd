import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const;
const dialog = ({ page }: Visitor, name: string) => page.getByRole("dialog", { name, exact: true });
const gone = (visitor: Visitor, name: string) => dialog(visitor, name).waitFor({ state: "detached" });

describe.skipIf(browserPath === undefined)("what was typed on the page", () => {
  test("a draft is there after a reload, and shows in the list until it is sent [PAGE-8]", async () => {
    const [ann] = await twoTalking(visit, suite.url);
    await ann.composer.fill("begun, not ended");
    await ann.page.reload();
    await expect.poll(() => ann.composer.inputValue()).toBe("begun, not ended");
    await ann.goTo("#/");
    await ann.row("Ben").getByText("Draft: begun, not ended").waitFor();
    await ann.openChat("Ben");
    await ann.composer.press("Enter");
    await ann.sees("begun, not ended");
    await ann.goTo("#/");
    await ann.row("Ben").getByText("You: begun, not ended").waitFor();
    await ann.page.reload();
    await ann.openChat("Ben");
    expect(await ann.composer.inputValue()).toBe("");
  });

  test("a dialog with something in it asks before it closes, however one closes it [PAGE-8]", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.button("New group").click();
    const name = ann.page.getByLabel("Group name");
    const ways = [
      () => ann.page.keyboard.press("Escape"),
      () => ann.page.mouse.click(5, 5),
      () => ann.page.goBack(),
      () => ann.button("Close").click(),
    ];
    for (const [index, close] of ways.entries()) {
      await name.fill(`a name ${index}`);
      await close();
      await ann.button("Keep editing").click();
      await gone(ann, "Discard");
      expect(await name.inputValue()).toBe(`a name ${index}`);
    }
    await ann.page.keyboard.press("Escape");
    await ann.confirm("Discard");
    await gone(ann, "New group");
    // Nothing was typed, so nothing is asked.
    await ann.button("New group").click();
    await ann.page.keyboard.press("Escape");
    await gone(ann, "New group");
  });

  test.each([
    ["on a desktop", {}],
    ["on a phone", PHONE],
  ])("back closes the top layer only, %s, and leaves nothing in the history [PAGE-8]", async (_, options) => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url, options);
    await ann.register("Ann");
    const group = await ben.api.group.create({ name: "Trio", member_ids: [ann.id, cleo.id] });
    await ben.textGroup(group, "hello");
    await ann.openChat("Trio");
    await ann.button("Details").click();
    await ann.page.locator(`[data-user="${ben.id}"]`).getByRole("button", { name: "Ben" }).click();
    await dialog(ann, "Profile").waitFor();
    await ann.page.goBack();
    await gone(ann, "Profile");
    await dialog(ann, "Details").waitFor();
    await ann.page.goBack();
    await gone(ann, "Details");
    await ann.page.getByRole("heading", { level: 1, name: "Trio" }).waitFor();
    // To another chat from two layers up: back from there is the chat before, once.
    await ann.button("Details").click();
    await ann.page.locator(`[data-user="${ben.id}"]`).getByRole("button", { name: "Ben" }).click();
    await dialog(ann, "Profile").getByRole("button", { name: "Message" }).click();
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).waitFor();
    await ann.page.goBack();
    await ann.page.getByRole("heading", { level: 1, name: "Trio" }).waitFor();
    expect(await ann.page.getByRole("dialog").count()).toBe(0);
    await ann.page.goBack();
    await ann.row("Trio").waitFor();
    expect(await ann.page.evaluate("location.hash")).not.toContain("chat");
  });
});
