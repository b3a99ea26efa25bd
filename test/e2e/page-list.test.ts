import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

/** Opens a chat's menu as the right mouse button does, and does one thing of it. */
async function choose(visitor: Visitor, title: string, action: string): Promise<void> {
  await visitor.row(title).click({ button: "right" });
  await visitor.page.getByRole("dialog", { name: title }).getByRole("button", { name: action, exact: true }).click();
}

describe.skipIf(browserPath === undefined)("the list of chats", () => {
  test("a chat's menu pins, mutes, reads and leaves, by mouse and by keyboard", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    for (const each of [ben, cleo]) await each.text(ann, "hello");
    await ben.api.group.create({ name: "Trio", member_ids: [ann.id, cleo.id] });
    await ann.row("Trio").waitFor();
    const titles = () => ann.page.locator(".conversation-title").allTextContents();

    await choose(ann, "Ben", "Pin to top");
    await ann.row("Ben").getByText("Pinned").waitFor({ state: "attached" });
    await expect.poll(async () => (await titles())[0]).toBe("Ben");
    await choose(ann, "Cleo", "Mute notifications");
    await ann.row("Cleo").getByText("Muted").waitFor({ state: "attached" });
    await choose(ann, "Cleo", "Unmute notifications");
    await ann.row("Cleo").getByText("Muted").waitFor({ state: "detached" });
    await ann.button("Unread (2)").click();
    await expect.poll(async () => (await titles()).toSorted()).toEqual(["Ben", "Cleo"]);
    await choose(ann, "Ben", "Mark as read");
    await expect.poll(titles).toEqual(["Cleo"]);
    await ann.button("Unread (1)").click();

    await ann.row("Trio").focus();
    await ann.tabTo("Options for \u2068Trio\u2069");
    await ann.page.keyboard.press("Enter");
    await ann.button("Leave group").click();
    await ann.confirm("Leave group");
    await ann.goTo("#/");
    await ann.row("Trio").click();
    await ann.reads("You left this group.");
  });

  test("a filter is there however few chats there are", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    for (const each of [ben, cleo]) await each.text(ann, "hello");
    await ann.row("Cleo").waitFor();
    await ann.row("Ben").waitFor();
    await ann.page.getByRole("searchbox", { name: "Search chats" }).fill("cle");
    await ann.row("Ben").waitFor({ state: "detached" });
    await ann.page.getByRole("searchbox").fill("nobody");
    await ann.reads("No chats found");
  });

  test("a chat's menu archives, marks as unread, and deletes with the history [LIST-4] [LIST-5]", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "one");
    await cleo.text(ann, "two");
    await ann.openChat("Ben");
    await choose(ann, "Ben", "Mark as unread");
    await ann.row("Ben").getByText("Marked as unread").first().waitFor({ state: "attached" });
    await choose(ann, "Cleo", "Archive");
    await ann.row("Cleo").waitFor({ state: "detached" });
    await ann.button("Archived (1)").click();
    await choose(ann, "Cleo", "Move out of the archive");
    await ann.row("Cleo").waitFor();
    await choose(ann, "Cleo", "Delete chat");
    await ann.page.getByRole("dialog", { name: "Delete chat" }).getByRole("button", { name: "Delete chat" }).click();
    await ann.row("Cleo").waitFor({ state: "detached" });
    await cleo.text(ann, "three");
    await ann.openChat("Cleo");
    await ann.page.locator(".message").getByText("three").waitFor();
    expect(await ann.page.locator(".message").getByText("two").count()).toBe(0);
  });
});
