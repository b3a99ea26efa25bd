import { describe, expect, test } from "vitest";
import { findings } from "../helpers/node/axe.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast, uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

/** Opens the menu of a message by its button. */
async function menu(who: Visitor, text: string): Promise<void> {
  const message = who.message(text);
  await message.hover();
  await message.getByRole("button", { name: /^Options for the message/ }).click();
}

async function choose(who: Visitor, text: string, entry: string): Promise<void> {
  await menu(who, text);
  await who.page.getByRole("dialog").getByRole("button", { name: entry, exact: true }).click();
}

const reaction = (who: Visitor, text: string, name: string) =>
  who.message(text).getByRole("group", { name: "Reactions" }).getByRole("button", { name, exact: true });

describe.skipIf(browserPath === undefined)("operations on messages", () => {
  test("a reaction shows at once to both; a click on it joins in or takes back; who reacted is listed", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await choose(ben, "Hello Ben", "React with 👍");
    await reaction(ben, "Hello Ben", "👍 1").waitFor();
    expect(await reaction(ben, "Hello Ben", "👍 1").getAttribute("aria-pressed")).toBe("true");
    await reaction(ann, "Hello Ben", "👍 1").click();
    await reaction(ben, "Hello Ben", "👍 2").waitFor();
    await choose(ann, "Hello Ben", "See who reacted");
    const dialog = ann.page.getByRole("dialog", { name: "Reactions" });
    await dialog.getByRole("listitem").filter({ hasText: "Ben" }).getByText("👍").waitFor();
    expect(await dialog.getByRole("listitem").count()).toBe(2);
    await ann.page.keyboard.press("Escape");
    await reaction(ben, "Hello Ben", "👍 2").click();
    await reaction(ann, "Hello Ben", "👍 1").waitFor();
    // A reload asks the server, and shows the same.
    await ben.page.reload();
    await reaction(ben, "Hello Ben", "👍 1").waitFor();
    expect(await reaction(ben, "Hello Ben", "👍 1").getAttribute("aria-pressed")).toBe("false");
  });

  test("the arrow up edits the last message; Escape leaves it; the draft comes back", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.composer.press("ArrowUp");
    const field = ann.page.getByRole("textbox", { name: "Edit message" });
    expect(await field.inputValue()).toBe("Hello Ben");
    await field.fill("never saved");
    await field.press("Escape");
    expect(await ann.composer.inputValue()).toBe("");
    await ann.composer.press("ArrowUp");
    await field.fill("Hello dear Ben");
    await field.press("Enter");
    await ann.sees("Hello dear Ben");
    await ben.sees("Hello dear Ben");
    await ben.message("Hello dear Ben").getByText("edited", { exact: true }).waitFor();
    await ann.row("Ben").getByText("Hello dear Ben").waitFor();
    await ben.row("Ann").getByText("Hello dear Ben").waitFor();
    expect(await ben.texts()).toEqual(["Hello dear Ben"]);
    // While an edit is open, a draft waits.
    await ann.composer.fill("a draft");
    await choose(ann, "Hello dear Ben", "Edit message");
    expect(await field.inputValue()).toBe("Hello dear Ben");
    await ann.button("Cancel editing").click();
    expect(await ann.composer.inputValue()).toBe("a draft");
    // Others' messages have no such entry.
    await menu(ben, "Hello dear Ben");
    expect(await ben.button("Edit message").count()).toBe(0);
    expect(await ben.button("Delete for everyone").count()).toBe(0);
  });

  test("a recalled message leaves a line, in the chat and in the list, and its quote says no more", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await choose(ben, "Hello Ben", "Reply");
    await ben.reads("Replying to Ann");
    await ben.say("Hello yourself");
    await ann.sees("Hello yourself");
    await ann.message("Hello yourself").getByRole("button", { name: "In reply to You Hello Ben" }).waitFor();
    await choose(ann, "Hello Ben", "Delete for everyone");
    await ann.confirm("Delete for everyone");
    await ben.reads(/Ann.? deleted a message/);
    await ann.reads("You deleted a message");
    await expect.poll(() => ben.page.getByText("Hello Ben", { exact: true }).count()).toBe(0);
    expect(await ben.message("Hello yourself").locator(".quote").textContent()).toMatch(/Ann.? deleted a message/);
    // What is deleted for oneself stays with the other.
    await choose(ben, "Hello yourself", "Delete for me");
    await ben.confirm("Delete for me");
    await expect.poll(() => ben.message("Hello yourself").count()).toBe(0);
    await ben.page.reload();
    await ben.reads(/Ann.? deleted a message/);
    // What the last visit showed is replaced once the server has answered.
    await expect.poll(() => ben.message("Hello yourself").count()).toBe(0);
    await ann.sees("Hello yourself");
  });

  test("a reply jumps to its message far above, and from there back to the newest", async () => {
    const [, ben] = await twoTalking(visit, suite.url);
    const { api, chatWith } = await fast(ben);
    await choose(ben, "Hello Ben", "Reply");
    await ben.say("to the first");
    await ben.sees("to the first");
    for (let n = 1; n <= 90; n++) await api(`filler ${n}`);
    await api("the last", 2);
    await ben.page.reload();
    await ben.sees("the last");
    expect(await ben.page.locator('[data-seq="1"]').count()).toBe(0);
    await ben.message("the last").locator("button.quote").click();
    await ben.sees("to the first");
    await ben.message("to the first").locator("button.quote").click();
    await ben.sees("Hello Ben");
    await expect.poll(() => ben.page.evaluate<string>("document.activeElement.dataset.seq ?? ''")).toBe("1");
    await ben.button("Jump to latest").click();
    await ben.sees("the last");
    // A link to a message opens there.
    await ben.goTo(`#/chat/${encodeURIComponent(chatWith)}/2`);
    await ben.sees("to the first");
    await ben.say("sent from above");
    await ben.sees("sent from above");
    await ben.sees("the last");
  });

  test("in a group: a name is completed and mentioned, a pin stands above, a message is sent on to another chat", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.makeGroup("Team", ben);
    await ann.say("hello team");
    await ann.sees("hello team");
    await ann.composer.pressSequentially("hi @be");
    const names = ann.page.getByRole("listbox", { name: "Mention someone" });
    await names.getByRole("option", { name: "Ben" }).waitFor();
    await ann.composer.press("Enter");
    expect(await ann.composer.inputValue()).toBe("hi @Ben ");
    await ann.composer.pressSequentially("and @every");
    await names.getByRole("option", { name: "everyone" }).waitFor();
    await ann.composer.press("Escape");
    await names.waitFor({ state: "detached" });
    await ann.composer.press("Enter");
    await ann.message("hi @Ben and @every").locator(".mention").getByText("@Ben").waitFor();
    // The list says it, and the button in the chat leads there.
    await ben.row("Team").getByText("1 mention of you").waitFor();
    await ben.openChat("Team");
    await ben.message("hi @Ben and @every").locator(".mention").waitFor();
    await expect.poll(() => ben.row("Team").getByText("1 mention of you").count()).toBe(0);

    await choose(ann, "hello team", "Pin message");
    await ben.reads(/Ann.? pinned a message/);
    await ben
      .button(/^Pinned message/)
      .getByText("hello team")
      .waitFor();
    await ben.button("1 pinned").click();
    const pins = ben.page.getByRole("dialog", { name: "Pinned messages" });
    // Members see the pins; the owner and admins also take them away.
    expect(await pins.getByRole("button", { name: /^Unpin/ }).count()).toBe(0);
    await ben.page.keyboard.press("Escape");
    await choose(ann, "hello team", "Unpin");
    await ben.button(/^Pinned message/).waitFor({ state: "detached" });

    await choose(ben, "hello team", "Forward");
    await ben.page.getByRole("dialog", { name: "Forward to" }).getByRole("button", { name: "Ann" }).click();
    await ben.reads("Message forwarded");
    await ben.page.getByRole("link", { name: /^Ann / }).click();
    await ben
      .message("hello team")
      .getByText(/Forwarded from .?Ann/)
      .waitFor();
    // An admin takes back what a member wrote.
    await ben.page.getByRole("link", { name: /^Team / }).click();
    await ben.say("spam");
    await ann.sees("spam");
    await choose(ann, "spam", "Delete for everyone");
    await ann.confirm("Delete for everyone");
    await ben.reads(/Ann.? deleted this message/);
  });

  test("by the keyboard alone: a menu for each message, an answer, an edit, a recall [PAGE-11]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { keyboard } = ann.page;
    await ann.say("second");
    await ann.sees("second");
    await ann.page.getByRole("region", { name: "Messages" }).focus();
    await ann.tabTo("Options for the message from \u2068You\u2069");
    await keyboard.press("ArrowUp");
    await keyboard.press("Enter");
    await ann.page.getByRole("dialog").waitFor();
    await ann.button("Reply").focus();
    await keyboard.press("Enter");
    await ann.isOn("Write a message");
    await keyboard.type("by keys");
    await keyboard.press("Enter");
    await ben.message("by keys").getByRole("button", { name: "In reply to Ann Hello Ben" }).waitFor();
    await keyboard.press("ArrowUp");
    await ann.isOn("Edit message");
    await keyboard.press("End");
    await keyboard.type("!");
    await keyboard.press("Enter");
    await ben.sees("by keys!");
    await ann.isOn("Write a message");
  });

  test("on a phone of 320 pixels a long press opens the menu, and nothing is cut off [PAGE-11]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, locale: "zh-CN" };
    const ann = await visit(suite.url, phone);
    await registerInChinese(ann);
    await ben.text(ann, "x".repeat(300));
    await ann.row("Ben").click();
    const bubble = ann.page.locator(".message .bubble").first();
    await bubble.waitFor();
    const touch = { pointerType: "touch", isPrimary: true, bubbles: true, clientX: 60, clientY: 200 };
    await bubble.dispatchEvent("pointerdown", touch);
    const dialog = ann.page.getByRole("dialog", { name: /Ben.?的消息/ });
    await dialog.waitFor();
    await ann.button("更多表情").click();
    const isCut = await dialog.evaluate((element: unknown) => {
      const { scrollWidth, clientWidth } = element as { scrollWidth: number; clientWidth: number };
      return scrollWidth > clientWidth;
    });
    expect(isCut).toBe(false);
    await ann.button("用 🎉 回应").click();
    await ann.page.getByRole("group", { name: "表情回应" }).getByRole("button", { name: "🎉 1" }).waitFor();
    // A finger that scrolls opens nothing.
    await bubble.dispatchEvent("pointerdown", touch);
    await bubble.dispatchEvent("pointermove", { ...touch, clientY: 260 });
    await ann.page.waitForTimeout(700);
    expect(await ann.page.getByRole("dialog").count()).toBe(0);
    const width = await ann.page.evaluate<number>("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(320);
  });

  test.each(["light", "dark"] as const)("axe finds nothing in %s", async (colorScheme) => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url, { colorScheme });
    await ann.register("Ann");
    const { id } = await ben.api.group.create({ name: "Team", member_ids: [ann.id] });
    const to = { group_id: id, msg_type: 1 };
    const first = await ben.api.msg.send({ ...to, client_msg_id: "1", content: { text: "first" } });
    const meta = { reply_to: 1, mentions: [ann.id] };
    await ben.api.msg.send({ ...to, client_msg_id: "2", content: { text: "hello @Ann" }, meta });
    await ben.api.msg.send({ ...to, client_msg_id: "3", content: { text: "gone" } });
    const { conversation_id } = first;
    await ben.api.msg.react({ conversation_id, seq: 1, emoji: "👍", on: true });
    await ben.api.msg.edit({ conversation_id, seq: 1, content: { text: "the first" } });
    await ben.api.msg.recall({ conversation_id, seqs: [3] });
    await ben.api.msg.pin({ conversation_id, seq: 1, on: true });
    await ann.row("Team").getByText("1 mention of you").waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.page.getByRole("link", { name: /^Team / }).click();
    await ann.button(/^Pinned message/).waitFor();
    await reaction(ann, "the first", "👍 1").click();
    await reaction(ann, "the first", "👍 2").waitFor();
    expect(await findings(ann)).toEqual([]);
    await menu(ann, "the first");
    await ann.button("More reactions").click();
    expect(await findings(ann)).toEqual([]);
    await ann.button("See who reacted").click();
    await ann.page.getByRole("dialog", { name: "Reactions" }).getByText("Ben").first().waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await choose(ann, "the first", "Forward");
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await ann.button("1 pinned").click();
    expect(await findings(ann)).toEqual([]);
    await ann.page.keyboard.press("Escape");
    await choose(ann, "the first", "Reply");
    await ann.composer.pressSequentially("@b");
    await ann.page.getByRole("option", { name: "Ben" }).waitFor();
    expect(await findings(ann)).toEqual([]);
  });
});

async function registerInChinese(who: Visitor): Promise<void> {
  who.id = uniqueId("ann");
  await who.page.getByRole("radio", { name: "注册账号" }).check();
  await who.page.getByLabel("用户 ID").fill(who.id);
  await who.page.getByLabel("昵称").fill("Ann");
  await who.page.getByLabel("密码").fill(who.password);
  await who.button("注册账号").click();
  await who.page.getByRole("heading", { name: "聊天", exact: true }).waitFor();
}

/** Sends as the visitor by the API: it is faster than the page. */
async function fast(who: Visitor) {
  const { token } = await suite.rest.api.auth.login({ user_id: who.id, password: who.password, platform_id: 1 });
  const rest = suite.rest.as(token);
  const { items } = await rest.api.conversation.list();
  const [chat] = items;
  const send = (text: string, reply_to?: number) =>
    rest.api.msg.send({
      client_msg_id: crypto.randomUUID(),
      recv_id: chat?.peer_user_id ?? "",
      session_type: 1,
      msg_type: 1,
      content: { text },
      ...(reply_to && { meta: { reply_to } }),
    });
  return { api: send, chatWith: chat?.conversation_id ?? "" };
}
