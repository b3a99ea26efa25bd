import { describe, expect, test } from "vitest";
import { singleConversationId } from "../../src/client/index.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { signIn } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing, platform } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

const ALLOWED = { permissions: ["clipboard-read", "clipboard-write"] };
const copied = ({ page }: Visitor) => page.evaluate("navigator.clipboard.readText()");

/** Opens the menu of the user's newest message, and chooses an entry, by the keyboard alone. */
async function byKeys(who: Visitor, entry: string): Promise<void> {
  const { keyboard } = who.page;
  await who.page.getByRole("region", { name: "Messages" }).focus();
  await who.tabTo("Options for the message from \u2068You\u2069");
  await keyboard.press("Enter");
  await who.page.getByRole("dialog").waitFor();
  await who.tabTo(entry);
  await keyboard.press("Enter");
}

describe.skipIf(browserPath === undefined)("the menu of a message", () => {
  test("a right click opens it; text and link are copied, and the link leads to the message [PAGE-11]", async () => {
    const [ann, ben] = await twoTalking((url, options) => visit(url, { ...ALLOWED, ...options }), suite.url);
    const rightClick = async (text: string, entry: string) => {
      await ben.message(text).click({ button: "right" });
      await ben.page.getByRole("dialog").getByRole("button", { name: entry, exact: true }).click();
    };
    await rightClick("Hello Ben", "Copy text");
    await expect.poll(() => copied(ben)).toBe("Hello Ben");
    await rightClick("Hello Ben", "Copy link to message");
    await expect.poll(() => copied(ben)).toMatch(/^http.*#/);
    const link = String(await copied(ben));
    await ben.page.goto("about:blank");
    await ben.page.goto(link);
    await ben.sees("Hello Ben");
    // The focus is on the message to which the link leads.
    await expect.poll(() => ben.page.evaluate("document.activeElement?.textContent ?? ''")).toContain("Hello Ben");
    await ann.sees("Hello Ben");
  });

  test("every entry by the keyboard alone: react, pin, copy, forward, delete for me and for everyone [PAGE-11]", async () => {
    const [ann, ben] = await twoTalking((url, options) => visit(url, { ...ALLOWED, ...options }), suite.url);
    await byKeys(ann, "React with 👍");
    await ben.message("Hello Ben").getByRole("button", { name: "👍 1", exact: true }).waitFor();
    await byKeys(ann, "Pin message");
    await ben.button(/^Pinned message/).waitFor();
    await byKeys(ann, "Copy text");
    await expect.poll(() => copied(ann)).toBe("Hello Ben");
    await byKeys(ann, "Forward");
    const forward = ann.page.getByRole("dialog", { name: "Forward to" });
    await forward.getByRole("button", { name: "Ben" }).focus();
    await ann.page.keyboard.press("Enter");
    await ben
      .message("Hello Ben")
      .nth(1)
      .getByText(/Forwarded from/)
      .waitFor();
    await byKeys(ann, "Delete for me");
    await ann.button("Delete for me").last().focus();
    await ann.page.keyboard.press("Enter");
    await expect.poll(() => ann.message("Hello Ben").count()).toBe(1);
    await byKeys(ann, "Delete for everyone");
    await ann.button("Delete for everyone").last().focus();
    await ann.page.keyboard.press("Enter");
    await ben.reads(/Ann.? deleted a message/);
    expect(await ben.message("Hello Ben").count()).toBe(1);
  });

  test("unpinning from the list of pins keeps the focus in it; the next pin does not open it [PAGE-11]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ben.say("Hello Ann");
    await ann.sees("Hello Ann");
    const peer = (await signIn(suite.rest, ben.id, ben.password, platform.ios)).api.msg;
    const conversation_id = singleConversationId(ann.id, ben.id);
    for (const seq of [1, 2]) await peer.pin({ conversation_id, seq, on: true });
    await ann.button("2 pinned").press("Enter");
    const list = ann.page.getByRole("dialog", { name: "Pinned messages" });
    const unpin = list.getByRole("button", { name: /^Unpin/ });
    await unpin.first().press("Enter");
    await expect.poll(() => unpin.count()).toBe(1);
    await expect.poll(() => ann.page.evaluate("document.activeElement.ariaLabel")).toBe("Close");
    await unpin.first().press("Enter");
    await list.waitFor({ state: "detached" });
    await peer.pin({ conversation_id, seq: 1, on: true });
    await ann.button("1 pinned").waitFor();
    expect(await list.count()).toBe(0);
  });

  test("the button of unread mentions leads to the first of them, far above or below [OPS-7]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.makeGroup("Team", ben);
    const phone = await signIn(suite.rest, ann.id, ann.password, platform.ios);
    const { items } = await phone.api.conversation.list();
    const group = items.find(({ group_id }) => group_id !== "")?.group_id ?? "";
    const say = (text: string, mentions: string[] = []) =>
      phone.api.msg.send({ ...outgoing({ group }, { text }), meta: { mentions } });
    for (let at = 1; at <= 40; at++) await say(`before ${at}`);
    await say("look here, @Ben", [ben.id]);
    for (let at = 1; at <= 40; at++) await say(`after ${at}`);
    await ben.row("Team").getByText("1 mention of you").waitFor();
    await ben.openChat("Team");
    await ben.sees("before 1");
    await ben.button("Go to 1 mention of you").click();
    await ben.sees("look here, @Ben");
    await expect.poll(() => ben.page.evaluate("document.activeElement?.textContent ?? ''")).toContain("look here");
    await expect.poll(() => ben.row("Team").getByText("1 mention of you").count()).toBe(0);
  });
});
