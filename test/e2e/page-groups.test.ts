import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

/** Ann's group with Ben and Cleo, opened by all three. */
async function groupOfThree(name: string): Promise<[ann: Visitor, ben: Visitor, cleo: Visitor]> {
  const [ann, ben, cleo] = await Promise.all([visit(suite.url), visit(suite.url), visit(suite.url)]);
  await Promise.all([ann.register("Ann"), ben.register("Ben"), cleo.register("Cleo")]);
  await ann.makeGroup(name, ben, cleo);
  await Promise.all([ben.openChat(name), cleo.openChat(name)]);
  return [ann, ben, cleo];
}

describe.skipIf(browserPath === undefined)("groups on the page", () => {
  test("roles: an admin mutes and kicks, and each user sees it in their own wording", async () => {
    const [ann, ben, cleo] = await groupOfThree("Sunday hike");
    await ann.say("Who is in?");
    await Promise.all([ben.sees("Who is in?"), cleo.sees("Who is in?")]);

    await ann.button("Details").click();
    await ann.act(ben, "Ben", "Make admin");
    await ann.reads("You made \u2068Ben\u2069 an admin");
    await ben.reads("\u2068Ann\u2069 made you an admin");
    await cleo.reads("\u2068Ann\u2069 made \u2068Ben\u2069 an admin");

    await ben.button("Details").click();
    await ben.act(cleo, "Cleo", "Mute for 10 min");
    await cleo.reads(/^You’ve been muted until /);
    expect(await cleo.composer.count()).toBe(0);
    await ben.act(cleo, "Cleo", "Unmute");
    await cleo.say("sorry");
    await ann.sees("sorry");

    await ben.act(cleo, "Cleo", "Remove from group");
    await ben.confirm("Remove from group");
    await cleo.reads("You were removed from this group.");
    await cleo.reads("\u2068Ben\u2069 removed you");
    expect(await cleo.texts()).toEqual(["Who is in?", "sorry"]);
    await ann.reads("2 members");

    await ann.page.getByText("Invite", { exact: true }).first().click();
    await ann.page.getByLabel("Add people by name or ID").fill(`${cleo.id} nobody-at-all`);
    await ann.button("Invite").click();
    await ann.reads("No user has this ID: nobody-at-all");
    expect(await ann.page.getByLabel("Add people by name or ID").inputValue()).toBe("nobody-at-all");
    await ann.page.getByLabel("Add people by name or ID").fill("");
    await ann.button("Invite").click();
    await ann.page.getByRole("status").getByText("Invited").waitFor();
    await cleo.reads("\u2068Ann\u2069 invited you");
    await cleo.composer.waitFor();
  });

  test("the owner renames, hands over, and the new owner dismisses", async () => {
    const [ann, ben, cleo] = await groupOfThree("Choir");
    await ann.button("Details").click();
    await ann.page.getByText("Edit group").click();
    await ann.page.getByLabel("Group name").fill("Choir of the north");
    await ann.button("Save").click();
    await ben.page.getByRole("heading", { level: 1, name: "Choir of the north" }).waitFor();
    await ann.act(ben, "Ben", "Make owner");
    await ann.confirm("Make owner");
    await ben.reads("\u2068Ann\u2069 made you the owner");
    await ann.button("Leave group").click();
    await ann.confirm("Leave group");
    await ann.reads("You left this group.");
    await ben.button("Details").click();
    await ben.button("Delete group").click();
    await ben.confirm("Delete group");
    await cleo.reads("This group was deleted. You can still read its messages.");
  });

  test("a group nickname replaces the user's name in the group, for everyone", async () => {
    const [ann, ben] = await groupOfThree("Crew");
    await ben.button("Details").click();
    await ben.page.getByText("Your name in this group").click();
    await ben.page.getByLabel("Name", { exact: true }).fill("Captain");
    await ben.button("Save").click();
    await ben.page.locator(`[data-user="${ben.id}"]`).getByText("Captain").waitFor();
    await ben.page.keyboard.press("Escape");
    await ben.say("all aboard");
    await ann.page.reload();
    await ann.message("all aboard").getByText("Captain").waitFor();
  });

  test("the readers of a message; pinned and silenced chats", async () => {
    const [ann, ben, cleo] = await groupOfThree("Readers");
    await cleo.goTo("#/");
    await ann.say("read this");
    await ben.sees("read this");
    await ben.row("Readers").getByText("unread").waitFor({ state: "detached" });
    await ann.message("read this").getByRole("button", { name: "Read by" }).click();
    const readers = ann.page.getByRole("dialog").getByRole("listitem");
    await readers.getByText("Ben", { exact: true }).waitFor();
    expect(await readers.count()).toBe(1);

    await cleo.row("Readers").getByText("1 unread message").waitFor();
    await cleo.openChat("Readers");
    await cleo.button("Details").click();
    await cleo.page.getByLabel("Pin to top").check();
    await cleo.page.getByRole("radio", { name: "Muted" }).check();
    await cleo.row("Readers").getByText("Pinned").waitFor({ state: "attached" });
    await cleo.row("Readers").getByText("Muted").waitFor({ state: "attached" });
  });
});
