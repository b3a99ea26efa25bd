import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("people on the page", () => {
  test("members are picked from the user's chats, by name or id; an id that no user has is named [PAGE-7]", async () => {
    const [ben, cleo, dana] = await cast(suite.rest, "Ben", "Cleo", "Dana");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    for (const each of [ben, cleo]) await each.text(ann, "hello");
    await ann.row("Cleo").waitFor();
    await ann.button("New group").click();
    await ann.page.getByLabel("Group name").fill("Quartet");
    await ann.page.getByRole("checkbox", { name: "Cleo" }).check();
    const field = ann.page.getByLabel("Add people by name or ID");
    await field.fill("be");
    await expect.poll(() => ann.page.getByRole("checkbox").count()).toBe(1);
    await field.press("Enter");
    await ann.button("Remove \u2068Ben\u2069").waitFor();
    await field.fill(`${dana.id}, nobody-at-all`);
    await ann.button("Create").click();
    await ann.reads("No user has this ID: nobody-at-all");
    await ann.button("Remove \u2068Dana\u2069").waitFor();
    await field.fill("");
    await ann.button("Create").click();
    await ann.page.getByRole("heading", { level: 1, name: "Quartet" }).waitFor();
    await ann.reads("4 members");
  });

  test("an avatar, a title and a member open a card, from which one writes, copies and mutes [PAGE-7]", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url, { permissions: ["clipboard-read", "clipboard-write"] });
    await ann.register("Ann");
    await ben.text(ann, "hello");
    const group = await ben.api.group.create({ name: "Trio", member_ids: [ann.id, cleo.id] });
    await cleo.textGroup(group, "from cleo");
    await ann.openChat("Trio");
    const card = ann.page.getByRole("dialog", { name: "Profile" });
    await ann.page.locator(".message").getByRole("button", { name: "\u2068Cleo\u2069’s profile" }).click();
    await card.getByText(cleo.id).waitFor();
    await card.getByRole("button", { name: "Copy ID" }).click();
    await card.getByRole("button", { name: "Copied" }).waitFor();
    expect(await ann.page.evaluate("navigator.clipboard.readText()")).toBe(cleo.id);
    await card.getByRole("button", { name: "Message" }).click();
    await ann.page.getByRole("heading", { level: 1, name: "Cleo" }).waitFor();

    await ann.openChat("Trio");
    await ann.button("Details").click();
    await ann.page.locator(`[data-user="${ben.id}"]`).getByRole("button", { name: "Ben" }).click();
    await card.getByRole("checkbox", { name: "Mute notifications" }).check();
    await ann.row("Ben").getByText("Muted").waitFor({ state: "attached" });
    // The card is the top layer; the details are still there below it.
    await ann.page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    await ann.page.getByRole("dialog", { name: "Details" }).waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.openChat("Ben");
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).click();
    await card.getByText(ben.id).waitFor();
  });

  test("a link to a group shows the group and the way in; a deleted one can be left [PAGE-7]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const group = await ben.api.group.create({ name: "Open house", introduction: "Everybody is welcome." });
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.goTo("#/chat/sg_no-such-group");
    await ann.reads("This group doesn’t exist.");
    await ann.goTo(`#/chat/sg_${group.id}`);
    await ann.reads("Everybody is welcome.");
    expect(await ann.composer.count()).toBe(0);
    await ann.button("Join").click();
    await ann.composer.waitFor();
    await ben.api.group.dismiss(group.id);
    await ann.reads("This group was deleted. You can still read its messages.");
    await ann.button("Details").click();
    await ann.button("Leave group").click();
    await ann.confirm("Leave group");
    await ann.row("Open house").waitFor({ state: "detached" });
  });
});
