import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { refused } from "../helpers/node/checks.ts";
import { cast } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";
import { outgoing } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("safety on the page", () => {
  test("a person is blocked from their card, listed in the settings, and unblocked there [BLOCK-1]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "hello");
    await ann.openChat("Ben");
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).click();
    const card = ann.page.getByRole("dialog", { name: "Profile" });
    await card.getByRole("button", { name: "Block" }).click();
    await ann.page.getByRole("dialog", { name: "Block" }).getByRole("button", { name: "Block" }).click();
    await card.getByText("You’ve blocked this person.").waitFor();
    refused(await ben.rest.post("/msg/send", outgoing({ user: ann.id }, { text: "again" })), 3011);
    await ann.page.keyboard.press("Escape");
    await ann.button("Your account").click();
    await ann.button("Privacy and blocked people").click();
    const privacy = ann.page.getByRole("dialog", { name: "Privacy and blocked people" });
    await privacy.getByLabel("Who can add me to groups").selectOption({ label: "Ask me first" });
    await privacy.getByRole("button", { name: /^Unblock/ }).click();
    await privacy.getByText("You haven’t blocked anyone.").waitFor();
    await ben.text(ann, "thanks");
    // The choice was stored: an invitation waits, and is accepted where a chat would be.
    const group = await ben.api.group.create({ name: "Choir" });
    const invited = await ben.api.group.invite({ group_id: group.id, user_ids: [ann.id] });
    expect(invited).toEqual([{ user_id: ann.id, code: 3012 }]);
    await ann.page.keyboard.press("Escape");
    await ann.page.keyboard.press("Escape");
    await ann.row("Choir").getByText("Invitation").waitFor();
    await ann.row("Choir").click();
    await ann.reads("You were invited to this group.");
    await ann.button("Join group").click();
    await ann.page.getByRole("textbox", { name: "Write a message" }).waitFor();
  });

  test("a person is reported with a reason and details [REPORT-1]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const eve = await visit(suite.url);
    await eve.register("Eve");
    await ben.text(eve, "buy now");
    await eve.openChat("Ben");
    await eve.page.getByRole("heading", { level: 1, name: "Ben" }).click();
    await eve.page.getByRole("dialog", { name: "Profile" }).getByRole("button", { name: "Report" }).click();
    const report = eve.page.getByRole("dialog", { name: "Report" });
    await report.getByLabel("Spam or fraud").check();
    await report.getByLabel("Details (optional)").fill("It is an advertisement.");
    await report.getByRole("button", { name: "Report" }).click();
    await report.getByText("Thank you. Your report was sent.").waitFor();
  });

  test("a user is found by the beginning of any name, if they let themselves be found [SEARCH-4]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    await ben.api.user.update({ nickname: "王 小明" });
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.button("Find people and groups").click();
    const dialog = ann.page.getByRole("dialog");
    await dialog.getByLabel("Name, user or group ID").fill("王 小");
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("No user or group found.").waitFor();
    await ben.api.user.setPrivacy({ findable: true });
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("王 小明").waitFor();
  });

  test("a chat is searched, in Chinese too, and the user's devices are listed [SEARCH-1] [LOGIN-9]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "明天我们去北京大学");
    await ben.text(ann, "see you at noon");
    await ann.openChat("Ben");
    await ann.button("Search in chat").click();
    const dialog = ann.page.getByRole("dialog", { name: "Search in chat" });
    await dialog.getByLabel("Words in the message").fill("北京");
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("明天我们去北京大学").waitFor();
    expect(await dialog.getByText("see you at noon").count()).toBe(0);
    await dialog.getByLabel("Words in the message").fill("midnight");
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("No messages found.").waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.button("Your account").click();
    await ann.button("Where you’re signed in").click();
    await ann.page.getByRole("dialog", { name: "Where you’re signed in" }).getByText("This device").waitFor();
  });
});
