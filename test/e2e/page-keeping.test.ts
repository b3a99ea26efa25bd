import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast, signIn } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

/** Each poll is a request of the user, of which the rate leaves some to the page. */
const POLL = { timeout: 15_000, interval: 1_000 };
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

  test("a draft that is not shared with other devices is not replaced by an older one, nor does it replace a newer one [PAGE-8] [DATA-1]", async () => {
    const [ann] = await twoTalking(visit, suite.url);
    const phone = await signIn(suite.rest, ann.id, ann.password, 2);
    const shared = async () => (await phone.api.data.since()).items.map(({ value }) => value);
    const answered = (method: string, isOk: boolean) =>
      ann.page.waitForResponse(
        (answer) => answer.url().includes("/user/data") && answer.request().method() === method && answer.ok() === isOk,
      );
    const reload = async () => {
      const read = answered("GET", true);
      await ann.page.reload();
      await read;
      await ann.goTo("#/");
    };
    await ann.composer.fill("begun");
    await expect.poll(shared, POLL).toEqual(["begun"]);

    const long = "x".repeat(4_097);
    const refused = answered("PUT", false);
    await ann.composer.fill(long);
    await refused;
    await reload();
    await ann.openChat("Ben");
    expect(await ann.composer.inputValue()).toBe(long);

    // The page is left before the other devices know that the draft was sent.
    await ann.say("sent, and off");
    await reload();
    await expect.poll(shared, POLL).toEqual([]);

    await ann.openChat("Ben");
    await ann.composer.fill("again");
    await expect.poll(shared, POLL).toEqual(["again"]);
    await ann.say("sent once more");
    const chat = decodeURIComponent(new URL(ann.page.url()).hash.replace("#/chat/", ""));
    await ann.page.goto("about:blank");
    await phone.api.data.put(`draft ${chat}`, "from my phone");
    await ann.page.goto(suite.url);
    await ann.row("Ben").getByText("Draft: from my phone").waitFor();
    expect(await shared()).toEqual(["from my phone"]);
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
