import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { Gateway } from "../helpers/node/gateway.ts";
import { signIn } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { fetchWith } from "../helpers/node/tap.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { platform } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

/** Waits until the service worker has the page. */
async function installed({ page }: Visitor): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate("navigator.serviceWorker.ready.then(() => caches.match('/')).then((r) => r !== undefined)"),
    )
    .toBe(true);
}

/** The files that the service worker keeps. */
const keptFiles = ({ page }: Visitor) =>
  page.evaluate<string[]>(
    "caches.open('nexo-im/page').then((c) => c.keys()).then((all) => all.map(({ url }) => new URL(url).pathname).sort())",
  );

/** The user looks at something else from now on. */
const lookAway = ({ page }: Visitor) =>
  page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur')); undefined");

/** All that the browser keeps for the page: localStorage, and the contents of every database. */
const keptBy = ({ page }: Visitor) =>
  page.evaluate<string>(`(async () => {
    const result = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const texts = [JSON.stringify(localStorage)];
    for (const { name } of await indexedDB.databases()) {
      const database = await result(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        texts.push(JSON.stringify(await result(database.transaction(store).objectStore(store).getAll())));
      }
      database.close();
    }
    return texts.join();
  })()`);

const hasKept = (visitor: Visitor, text: string) =>
  expect.poll(() => keptBy(visitor), { timeout: 10_000 }).toContain(text);

describe.skipIf(browserPath === undefined)("the page as an app", () => {
  test("it opens without a network, with the chats and messages of before, and sends when it is back [PAGE-9]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ben.say("the last words");
    await ann.sees("the last words");
    await installed(ann);
    await hasKept(ann, "the last words");
    await ann.page.context().setOffline(true);
    await ann.page.reload();
    await ann.row("Ben").getByText("the last words").waitFor();
    await ann.sees("the last words");
    await ann.reads(/^You’re offline/);
    await ann.say("written offline");
    await ann.sees("written offline", "pending");
    expect(await ann.texts()).toEqual(["Hello Ben", "the last words", "written offline"]);
    await ann.page.context().setOffline(false);
    await ann.page.evaluate("dispatchEvent(new Event('online'))");
    await ben.sees("written offline");
    await ann.sees("written offline");
    expect(await ann.texts()).toEqual(["Hello Ben", "the last words", "written offline"]);
  });

  test("nothing is left in any tab after signing out [PAGE-4]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const other = await ann.tab();
    await ben.say("a secret of ours");
    await other.sees("a secret of ours");
    await hasKept(ann, "a secret of ours");
    await ann.button("Your account").click();
    await ann.button("Sign out").click();
    await other.reads("You’ve signed out.");
    // Longer than any tab takes to write.
    await ann.page.waitForTimeout(2_000);
    expect(await keptBy(ann)).not.toMatch(/secret|Ben/);
  });

  test("a message that was shown survives a reload in the next moment, without a network [PAGE-9]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await installed(ann);
    for (const text of ["one", "two", "three"]) {
      await ben.say(text);
      await ann.sees(text);
      await ann.page.context().setOffline(true);
      await ann.page.reload();
      await ann.sees(text);
      await ann.page.context().setOffline(false);
      await ann.page.evaluate("dispatchEvent(new Event('online'))");
      await ann.page.locator('.connection[data-status="online"]').waitFor({ state: "attached" });
    }
    expect(await ann.texts()).toEqual(["Hello Ben", "one", "two", "three"]);
  });

  test("it can be installed: the manifest, its icons, and a worker that may answer for the whole page", async () => {
    const ann = await visit(suite.url);
    const path = (await ann.page.locator("link[rel=manifest]").getAttribute("href")) ?? "";
    const get = (file: string) => fetchWith()(suite.url + file, { method: "GET", headers: {} });
    const manifest = JSON.parse(await (await get(path)).text());
    expect([manifest.start_url, manifest.scope, manifest.display]).toEqual(["/", "/", "standalone"]);
    for (const { src } of manifest.icons) expect([src, (await get(src)).status]).toEqual([src, 200]);
    const cdp = await ann.page.context().newCDPSession(ann.page);
    expect((await cdp.send("Page.getAppManifest")).errors).toEqual([]);
    await installed(ann);
    expect(await ann.page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")).toBe(`${suite.url}/`);
  });

  test("a first visit requests five files at most", async () => {
    const ann = await visit(suite.url);
    const other = await ann.page.context().browser()?.newContext();
    const page = await other?.newPage();
    const asked: string[] = [];
    page?.on("request", (request) => asked.push(request.url()));
    await page?.goto(suite.url, { waitUntil: "load" });
    await other?.close();
    expect(asked.length).toBeLessThanOrEqual(5);
  });

  test("the title, the icon and, if switched on, a notification tell a user who is not looking", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.page.context().grantPermissions(["notifications"]);
    await ann.page.reload();
    await installed(ann);
    const icon = () => ann.page.locator("link[rel=icon]").getAttribute("href");
    const plain = await icon();
    await ann.button("Your account").click();
    await ann.page.getByLabel("Desktop notifications").check();
    await ann.page.getByLabel("Sound").check();
    await ann.page.keyboard.press("Escape");
    await lookAway(ann);
    await ben.say("look here");
    await ann.title("(1) Nexo IM");
    expect(await icon()).not.toBe(plain);
    const shown =
      "navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => n.body))";
    await expect.poll(() => ann.page.evaluate(shown)).toEqual(["look here"]);
    const { api } = await signIn(suite.rest, ann.id, ann.password, platform.ios);
    const [{ conversation_id = "", max_seq = 0 } = {}] = (await api.conversation.list()).items;
    await api.conversation.markRead(conversation_id, max_seq);
    await ann.title("Nexo IM");
    expect(await icon()).toBe(plain);
  });

  test("a click on a notification opens its chat in the tab that is open", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.page.context().grantPermissions(["notifications"]);
    await ann.page.reload();
    await installed(ann);
    await ann.button("Your account").click();
    await ann.page.getByLabel("Desktop notifications").check();
    await ann.page.keyboard.press("Escape");
    await ann.goTo("#/");
    await lookAway(ann);
    await ben.say("come here");
    await ann.row("Ben").getByText("1 unread message").waitFor();
    const [worker] = ann.page.context().serviceWorkers();
    // Nobody can click on what a browser without a screen shows: the event is made in the worker.
    const click = `registration.getNotifications().then(([notification]) => {
      if (notification) dispatchEvent(new NotificationEvent("notificationclick", { notification }));
      return notification?.body;
    })`;
    await expect.poll(() => worker?.evaluate(click)).toBe("come here");
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).waitFor();
    await ann.sees("come here");
  });

  test("a link that is followed while a closed dialog still leaves the history is not undone", async () => {
    const [ann] = await twoTalking(visit, suite.url);
    await ann.button("Your account").click();
    await ann.page.getByRole("dialog").waitFor();
    // As fast as nobody clicks: between the call and the return.
    await ann.page.evaluate(`
      const go = history.go.bind(history);
      history.go = (by) => { go(by); history.go = go; location.hash = "#/"; };
      undefined`);
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("heading", { name: "Select a chat" }).waitFor();
    await ann.page.waitForTimeout(500);
    expect(new URL(ann.page.url()).hash).toBe("#/");
    await ann.page.goBack();
    await ann.page.getByRole("heading", { level: 1, name: "Ben" }).waitFor();
  });

  test("two tones tell a user who is not looking, if switched on, and are heard when they are switched on", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.page.evaluate(`
      globalThis.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...at) { tones++; return start.apply(this, at); };
      undefined`);
    const tones = () => ann.page.evaluate<number>("tones");
    await ben.say("silent");
    await ann.sees("silent");
    expect(await tones()).toBe(0);
    await ann.button("Your account").click();
    await ann.page.getByLabel("Sound").check();
    await ann.page.keyboard.press("Escape");
    expect(await tones()).toBe(2);
    await ben.say("looked at");
    await ann.sees("looked at");
    expect(await tones()).toBe(2);
    await lookAway(ann);
    await ben.say("aloud");
    await expect.poll(tones).toBe(4);
  });

  test("a new release replaces the kept files; one that cannot be had whole leaves the page as it is [PAGE-9]", async () => {
    const gateway = await Gateway.start(suite.url);
    try {
      const ann = await visit(gateway.url);
      await installed(ann);
      const file = (await ann.page.locator("script[src]").getAttribute("src")) ?? "";
      expect(await keptFiles(ann)).toContain(file);
      gateway.release = { file, as: "/assets/page-next.js", isThere: true };
      await ann.page.reload();
      await expect.poll(() => keptFiles(ann)).toContain("/assets/page-next.js");
      await expect.poll(() => keptFiles(ann)).not.toContain(file);
      const kept = await keptFiles(ann);
      gateway.asked = 0;
      gateway.release = { file, as: "/assets/page-lost.js", isThere: false };
      await ann.page.reload();
      // By the page, and by the worker that would keep it.
      await expect.poll(() => gateway.asked).toBeGreaterThanOrEqual(2);
      await gateway.stop();
      await ann.page.reload();
      await ann.button("Sign in").waitFor();
      expect(await keptFiles(ann)).toEqual(kept);
    } finally {
      await gateway.stop();
    }
  });
});
