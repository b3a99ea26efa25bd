import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast, signIn } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("coming into groups, on the page", () => {
  test("an admin sets approval, sees who waits, and lets them in [JOIN-1] [SWITCH-1]", async () => {
    const [ann, ben] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await Promise.all([ann.register("Ann"), ben.register("Ben")]);
    const phone = await signIn(suite.rest, ann.id, ann.password, 2);
    const group = await phone.api.group.create({ name: "Choir" });
    await ann.openChat("Choir");
    await ann.button("Details").click();
    const details = ann.page.getByRole("dialog", { name: "Details" });
    await details.getByText("Group settings").click();
    await details.getByLabel("Who can join").selectOption({ label: "Anyone, once an admin agrees" });
    await details.getByRole("button", { name: "Save" }).first().click();
    await ann.reads(/You changed the group settings/);

    await ben.page.goto(`${suite.url}/#/chat/sg_${group.id}`);
    await ben.button("Ask to join").click();
    await ben.reads("You’ve asked to join. An admin has to agree.");
    await details.getByRole("button", { name: /^Let in/ }).click();
    await ann.reads(/You let .*Ben.* in/);
    await ben.page.getByRole("textbox", { name: "Write a message" }).waitFor();
  });

  test("an invite link leads into a group by invitation only [JOIN-2]", async () => {
    const [owner] = await cast(suite.rest, "Owner");
    const group = await owner.api.group.create({ name: "Book club" });
    await owner.api.group.update({ group_id: group.id, join_mode: 3 });
    const { code } = await owner.api.group.makeLink({ group_id: group.id, max_uses: 1 });
    const [ben, cleo] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await Promise.all([ben.register("Ben"), cleo.register("Cleo")]);
    await cleo.page.goto(`${suite.url}/#/chat/sg_${group.id}`);
    await cleo.reads("Only people who are invited can join this group.");
    await ben.page.goto(`${suite.url}/#/join/${encodeURIComponent(code)}`);
    await ben.button("Join").click();
    await ben.page.getByRole("textbox", { name: "Write a message" }).waitFor();
    await cleo.page.goto(`${suite.url}/#/join/${encodeURIComponent(code)}`);
    await cleo.button("Join").click();
    await cleo.reads("This invite link doesn’t work any more.");
  });

  test("an admin bans a member, sees who is banned, and ends the ban [BAN-1]", async () => {
    const [ann, ben] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await Promise.all([ann.register("Ann"), ben.register("Ben")]);
    await ann.makeGroup("Choir", ben);
    await ben.openChat("Choir");
    await ann.button("Details").click();
    const details = ann.page.getByRole("dialog", { name: "Details" });
    await details.getByText("Banned people").click();
    await details.getByText("Nobody is banned.").waitFor();
    await details.getByText("Banned people").click();
    await ann.act(ben, "Ben", "Ban");
    await ann.confirm("Ban");
    await ann.reads(/You banned .*Ben/);
    await details.locator(`[data-user="${ben.id}"]`).waitFor({ state: "detached" });
    await ben.composer.waitFor({ state: "detached" });
    await ben.reads("You were removed from this group.");
    const group_id = new URL(ben.page.url()).hash.replace("#/chat/sg_", "");
    const phone = await signIn(suite.rest, ben.id, ben.password, 2);
    await expect(phone.api.group.join({ group_id })).rejects.toMatchObject({ code: 3014 });

    await details.getByText("Banned people").click();
    const end = details.getByRole("button", { name: /^End the ban: .*Ben/ });
    await end.click();
    await details.getByText("Nobody is banned.").waitFor();
    await end.waitFor({ state: "detached" });
    await phone.api.group.join({ group_id });
    await ben.composer.waitFor();
  });

  test("an admin makes an invite link and ends all links [JOIN-2]", async () => {
    const [ann, ben] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await Promise.all([ann.register("Ann"), ben.register("Ben")]);
    await ann.makeGroup("Choir");
    await ann.button("Details").click();
    const details = ann.page.getByRole("dialog", { name: "Details" });
    await details.getByRole("button", { name: "Create an invite link" }).click();
    await details.getByRole("button", { name: "Copy the invite link" }).waitFor();
    const link = (await details.locator(".invite-link").textContent()) ?? "";
    await ben.page.goto(link);
    await ben.button("Join").waitFor();
    await details.getByRole("button", { name: "End all invite links" }).click();
    await details.getByRole("button", { name: "Create an invite link" }).waitFor();
    await ben.button("Join").click();
    await ben.reads("This invite link doesn’t work any more.");
  });

  test("a search over all chats leads to its message, which can be reported [SEARCH-3] [REPORT-1]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "明天去北京");
    for (let at = 0; at < 3; at++) await ben.text(ann, `line ${at}`);
    await ann.row("Ben").waitFor();
    await ann.button("Search all chats").click();
    const dialog = ann.page.getByRole("dialog", { name: "Search all chats" });
    await dialog.getByLabel("Words in the message").fill("line");
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("line 2").waitFor();
    const boxes = await Promise.all((await dialog.getByRole("listitem").all()).map((hit) => hit.boundingBox()));
    expect(new Set(boxes.map((box) => box?.x)).size, "one below another").toBe(1);
    expect(boxes).toHaveLength(3);
    await dialog.getByLabel("Words in the message").fill("北京");
    await dialog.getByRole("button", { name: "Find" }).click();
    await dialog.getByText("明天去北京").click();
    await ann.sees("明天去北京");
    expect(ann.page.url()).toMatch(/\/1$/);
    await ann.page.getByText("明天去北京").last().click({ button: "right" });
    await ann.button("Report").click();
    const report = ann.page.getByRole("dialog", { name: "Report" });
    await report.getByLabel("Something else").check();
    await report.getByRole("button", { name: "Report" }).click();
    await report.getByText("Thank you. Your report was sent.").waitFor();
  });

  test("a draft is on the user's other device, and gone once it is sent [DATA-1]", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "hello");
    await cleo.text(ann, "hello");
    await ann.openChat("Ben");
    await ann.composer.fill("half a sen");
    const phone = await signIn(suite.rest, ann.id, ann.password, 2);
    const drafts = async () => (await phone.api.data.since()).items.map(({ value }) => value);
    await expect.poll(drafts, { timeout: 15_000 }).toEqual(["half a sen"]);
    const chat = `si_${[ann.id, cleo.id].sort().join(":")}`;
    await phone.api.data.put(`draft ${chat}`, "from my phone");
    await ann.row("Cleo").getByText("from my phone").waitFor();
    await ann.say("half a sentence");
    await expect.poll(drafts, { timeout: 15_000 }).toEqual(["from my phone"]);
  });

  test("a reload keeps what was typed last, asks once for what other devices wrote, and takes away what they sent [DATA-1]", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben.text(ann, "hello");
    await cleo.text(ann, "hello");
    const phone = await signIn(suite.rest, ann.id, ann.password, 2);
    const drafts = async () => (await phone.api.data.since()).items.map(({ value }) => value);
    await ann.openChat("Cleo");
    await ann.composer.fill("for Cleo");
    await ann.openChat("Ben");
    await ann.composer.fill("half a sen");
    await expect.poll(drafts, { timeout: 15_000 }).toEqual(["for Cleo", "half a sen"]);
    await ann.composer.fill("half a sentence");
    await ann.goTo("#/");
    const chat = `si_${[ann.id, cleo.id].sort().join(":")}`;
    await ann.page.goto("about:blank");
    await phone.api.data.put(`draft ${chat}`, "");
    let asked = 0;
    ann.page.on("response", (response) => {
      if (response.url().includes("/user/data")) asked++;
    });
    await ann.page.goto(suite.url);
    await ann.row("Ben").getByText("half a sentence").waitFor();
    await ann.row("Cleo").getByText("hello").waitFor();
    await ann.row("Ben").getByText("half a sentence").waitFor();
    expect(asked).toBe(1);
  });

  test("a draft that is sent leaves the other devices before the page can be closed [DATA-1]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ben?.text(ann, "hello");
    await ann.openChat("Ben");
    const phone = await signIn(suite.rest, ann.id, ann.password, 2);
    const drafts = async () => (await phone.api.data.since()).items.map(({ value }) => value);
    await ann.composer.fill("a thought");
    await expect.poll(drafts, { timeout: 15_000 }).toEqual(["a thought"]);
    // Time stands still from here on, so nothing happens that waits for a pause.
    await ann.page.clock.install();
    await ann.page.clock.pauseAt(Date.now() + 3_600_000);
    await ann.composer.press("Enter");
    await ann.page.clock.runFor(10);
    await expect.poll(drafts, { timeout: 15_000 }).toEqual([]);
  });
});
