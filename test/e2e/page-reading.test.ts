import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { cast, type Person, signIn } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing, platform, singleId } from "../helpers/node/wire.ts";

const suite = useServer({ SEND_RATE_PER_SECOND: "1000", SEND_BURST: "1000" });
const visit = useBrowser();

/** A chat that the reader has read completely, and its writer. */
async function reading(count: number): Promise<[reader: Visitor, writer: Person]> {
  const [writer] = await cast(suite.rest, "Writer");
  const reader = await visit(suite.url);
  await reader.register("Reader");
  await writer.text(reader, "message 0");
  await reader.openChat("Writer");
  await reader.sees("message 0");
  const all = upTo(count);
  for (let at = 0; at < count; at += 20) {
    await Promise.all(all.slice(at, at + 20).map((n) => writer.text(reader, `message ${n}`)));
  }
  await reader.sees(`message ${count}`);
  return [reader, writer];
}

const list = ({ page }: Visitor) => page.getByRole("region", { name: "Messages" });
const readState = async (reader: Visitor, other: { readonly id: string }) => {
  const { api } = await signIn(suite.rest, reader.id, reader.password, platform.ios);
  return await api.conversation.readState(singleId(reader.id, other.id));
};

/** The row at the top of the screen, and its position. */
const place = (reader: Visitor) =>
  list(reader).evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    const rows = [...element.querySelectorAll("[data-seq]")];
    const row = rows.find((one) => one.getBoundingClientRect().bottom > top + 1);
    return { seq: row?.getAttribute("data-seq"), at: Math.round((row?.getBoundingClientRect().top ?? 0) - top) };
  });

/** Scrolls as a wheel does, and waits until the list has handled it. */
async function scrollTo(reader: Visitor, share: number): Promise<void> {
  await list(reader).evaluate(
    (element, part) =>
      new Promise<void>((resolve) => {
        element.addEventListener("scroll", () => resolve(), { once: true });
        element.scrollTop = (element.scrollHeight - element.clientHeight) * part;
      }),
    share,
  );
}

describe.skipIf(browserPath === undefined)("reading on the page", () => {
  test("a chat without a message says so after a reload, too", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.goTo(`#/chat/${singleId(ann.id, ben.id)}`);
    await ann.reads("No messages yet. Say hello!");
    await ann.page.reload();
    await ann.reads("No messages yet. Say hello!");
    expect(await ann.page.getByRole("main").getByText("Loading…").count()).toBe(0);
  });

  test("80 unread: the chat opens where they begin, and only what was on the screen counts as read [PAGE-2]", async () => {
    const [reader, writer] = await reading(60);
    await reader.goTo("#/");
    for (const n of upTo(80)) await writer.text(reader, `news ${n}`);
    await reader.row("Writer").getByText("80 unread messages").waitFor({ state: "attached" });
    await reader.openChat("Writer");
    const line = list(reader).getByText("80 new messages");
    await line.waitFor();
    const box = await line.boundingBox();
    const frame = await list(reader).boundingBox();
    expect(box && frame && box.y > frame.y && box.y < frame.y + frame.height / 2).toBe(true);
    await reader.message("news 1").waitFor();
    // Messages read earlier are above it.
    const { seq } = await place(reader);
    expect(Number(seq)).toBeLessThan(62);

    const down = reader.button(/^\d+ new messages, Jump to latest$/);
    await down.waitFor();
    const { read_seq, unread_count } = await readState(reader, writer);
    expect([read_seq >= 61 && read_seq < 141, unread_count]).toEqual([true, 141 - read_seq]);
    await down.click();
    await reader.title("Nexo IM");
    expect((await readState(reader, writer)).unread_count).toBe(0);
  });

  test("more unread than a page holds, and the whole chat unread", async () => {
    const [writer] = await cast(suite.rest, "Writer");
    const reader = await visit(suite.url);
    await reader.register("Reader");
    for (const n of upTo(230)) await writer.text(reader, `news ${n}`);
    await reader.row("Writer").getByText("230 unread messages").waitFor({ state: "attached" });
    await reader.openChat("Writer");
    await list(reader).getByText("230 new messages").waitFor();
    expect((await place(reader)).seq).toBe("1");
    expect((await readState(reader, writer)).unread_count).toBeGreaterThan(200);
  });

  test.each([
    ["in the middle", 0.5],
    ["at the top", 0],
  ])("12 messages more than memory holds do not move the view of a reader %s [PAGE-3]", async (_, share) => {
    const [reader, writer] = await reading(505);
    await scrollTo(reader, share);
    await reader.button("Jump to latest").waitFor();
    const before = await place(reader);
    for (const n of upTo(12)) await writer.text(reader, `more ${n}`);
    await reader.button("12 new messages, Jump to latest").waitFor();
    expect(await place(reader)).toEqual(before);
    // A reader who leaves with unread messages returns to where they begin.
    await reader.button("12 new messages, Jump to latest").click();
    await reader.message("more 12").waitFor();
    await reader.title("Nexo IM");
  });

  test("pictures that load late do not move the view; a reader at the end stays there [PAGE-3]", async () => {
    // The test stands between the page and the server, where its service worker would be.
    const [ann, ben] = await twoTalking((url) => visit(url, { serviceWorkers: "block" }), suite.url);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await ann.page.route(/picture\.svg/, async (route) => {
      await released;
      const body =
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="600"><rect width="9" height="9"/></svg>';
      await route.fulfill({ contentType: "image/svg+xml", body });
    });
    const { api } = await signIn(suite.rest, ben.id, ben.password, platform.ios);
    const image = { image_url: `${suite.url}/assets/picture.svg` };
    for (const n of upTo(4)) await api.msg.send(outgoing({ user: ann.id }, { ...image, n }, { msg_type: 2 }));
    for (const n of upTo(30)) await api.msg.send(outgoing({ user: ann.id }, { text: `text ${n}` }));
    await ann.sees("text 30");
    await ann.message("text 6").evaluate((row) => row.scrollIntoView({ block: "start" }));
    await ann.button("Jump to latest").waitFor();
    const before = await place(ann);
    const height = await list(ann).evaluate(({ scrollHeight }) => scrollHeight);
    release();
    await expect.poll(() => list(ann).evaluate(({ scrollHeight }) => scrollHeight)).toBeGreaterThan(height + 400);
    expect(await place(ann)).toEqual(before);
  });

  test("a message from the user's other device does not move the view; one sent here is shown [PAGE-3]", async () => {
    const [reader, writer] = await reading(60);
    const phone = await signIn(suite.rest, reader.id, reader.password, platform.ios);
    await scrollTo(reader, 0.5);
    const before = await place(reader);
    await phone.text(writer, "from my phone");
    await reader.row("Writer").getByText("from my phone").waitFor();
    expect(await place(reader)).toEqual(before);
    await reader.say("from here");
    await reader.sees("from here");
    await reader.button("Jump to latest").waitFor({ state: "detached" });
  });

  test("another tab's refresh of the login does not move the view, and its token is used [PAGE-3]", async () => {
    const [reader, writer] = await reading(60);
    await scrollTo(reader, 0.5);
    const before = await place(reader);
    const other = await reader.tab();
    const kept = await other.page.evaluate<string>("localStorage['nexo-im/login']");
    const refreshed = await suite.rest.as(JSON.parse(kept).token).api.auth.refresh();
    const login = JSON.stringify({ ...JSON.parse(kept), ...refreshed });
    await other.page.evaluate(`localStorage['nexo-im/login'] = ${JSON.stringify(login)}`);
    // The list of readers uses HTTP, with the token.
    await writer.text(reader, "after it");
    await reader.row("Writer").getByText("after it").waitFor();
    expect(await place(reader)).toEqual(before);
    const requests = reader.page.waitForRequest(/\/user\/info/);
    await reader.button("Your account").click();
    expect((await requests).headers().authorization).toBe(`Bearer ${refreshed.token}`);
  });

  test("nothing counts as read in a window without the focus, or under a dialog [PAGE-2]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const isFocused = (focused: boolean) =>
      ann.page.evaluate(
        `document.hasFocus = () => ${focused}; dispatchEvent(new Event(${focused ? "'focus'" : "'blur'"})); undefined`,
      );
    await isFocused(false);
    await ben.say("to nobody");
    await ann.title("(1) Nexo IM");
    expect((await readState(ann, ben)).unread_count).toBe(1);
    await isFocused(true);
    await ben.message("to nobody").getByText("Read").waitFor();
    await ann.title("Nexo IM");

    await ann.button("Your account").click();
    await ben.say("under a dialog");
    await ann.title("(1) Nexo IM");
    expect((await readState(ann, ben)).unread_count).toBe(1);
    await ann.page.keyboard.press("Escape");
    await ben.message("under a dialog").getByText("Read").waitFor();
  });

  test("a message is shown as yesterday's once the day has changed", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.page.clock.install({ time: Date.now() });
    await ann.page.reload();
    await ben.text(ann, "late at night");
    await ann.row("Ben").getByText("late at night").waitFor();
    await ann.openChat("Ben");
    await list(ann).getByText("Today").waitFor();
    expect(await ann.row("Ben").getByText("Yesterday").count()).toBe(0);
    await ann.page.clock.fastForward("24:00:00");
    await ann.row("Ben").getByText("Yesterday").waitFor();
    await list(ann).getByText("Yesterday").waitFor();
  });
});
