import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeVapidKeys } from "../../scripts/vapid.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { PushService } from "../helpers/node/push-service.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const service = await PushService.onFreePort();
const keys = makeVapidKeys();
const suite = useServer({ PUSH_HOSTS: service.origin, ...keys });
const visit = useBrowser();
let stop: (() => Promise<void>) | undefined;
beforeAll(async () => {
  service.publicKey = keys.VAPID_PUBLIC_KEY;
  stop = await service.start();
});
afterAll(() => stop?.());

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly data: { readonly link: string };
}

/**
 * Lets a visitor's browser subscribe to the service on this machine: without the internet Chromium has none of its own.
 * From there on everything is Chromium's: the push reaches the service worker, which shows the notification.
 */
async function pushable({ page, id }: Visitor) {
  const context = page.context();
  await context.grantPermissions(["notifications"]);
  // A tab that is no page of the server, so that it stays when they are closed.
  const outside = await context.newPage();
  const cdp: CDPSession = await context.newCDPSession(outside);
  let registrationId = "";
  cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    registrationId = registrations.find(({ isDeleted }) => !isDeleted)?.registrationId ?? registrationId;
  });
  await cdp.send("ServiceWorker.enable");
  const subscription = await service.subscribe(id, async (data) => {
    await cdp.send("ServiceWorker.deliverPushMessage", { origin: suite.url, registrationId, data });
  });
  await context.addInitScript({ content: standIn(JSON.stringify(subscription)) });
  await page.reload();
  const shown = async () => {
    const [worker] = context.serviceWorkers();
    return (await worker?.evaluate<Shown[]>(SHOWN)) ?? [];
  };
  return { shown };
}

/** Runs in the service worker: the notifications that are on the screen. */
const SHOWN = `registration.getNotifications()
  .then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, data })))`;

/** Runs in the page: a push manager whose subscriptions are these. */
const standIn = (subscription: string) => `
  let current = null;
  const made = (applicationServerKey) => ({
    options: { applicationServerKey },
    toJSON: () => (${subscription}),
    unsubscribe: async () => {
      current = null;
      localStorage.setItem("unsubscribed", "yes");
      return true;
    },
  });
  Object.assign(PushManager.prototype, {
    getSubscription: async () => current,
    subscribe: async ({ applicationServerKey: key }) => {
      const bytes = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
      current = made(Uint8Array.from(bytes, (character) => character.charCodeAt(0)).buffer);
      return current;
    },
  });`;

async function switchOn(visitor: Visitor): Promise<void> {
  await visitor.button("Your account").click();
  await visitor.page.getByLabel("Desktop notifications").check();
  await visitor.reads("You also get them while this page is closed.");
}

describe.skipIf(browserPath === undefined)("push notifications in Chromium", () => {
  test("a message reaches the browser while the page is closed, shows what was chosen, and leads to its chat [NOTIFY-1] [NOTIFY-6]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { shown } = await pushable(ann);
    await switchOn(ann);
    const chat = `si_${[ann.id, ben.id].sort().join(":")}`;
    await ann.page.close();
    await ben.say("are you there?");
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(1);
    const link = `#/chat/${encodeURIComponent(chat)}`;
    expect(await shown()).toMatchObject([{ title: "Ben", body: "are you there?", tag: chat, data: { link } }]);
    // The next one takes its place.
    await ben.say("hello?");
    const bodies = async () => (await shown()).map(({ body }) => body);
    await expect.poll(bodies, { timeout: 20_000 }).toEqual(["hello?"]);
    // What is recalled goes from the screen, and with the last one the notification. [NOTIFY-8]
    const recall = async (text: string) => {
      const message = ben.message(text);
      await message.hover();
      await message.getByRole("button", { name: /^Options for the message/ }).click();
      await ben.page.getByRole("dialog").getByRole("button", { name: "Delete for everyone", exact: true }).click();
      await ben.confirm("Delete for everyone");
    };
    await recall("hello?");
    await expect.poll(bodies, { timeout: 20_000 }).toEqual(["New message"]);
    await recall("are you there?");
    await expect.poll(bodies, { timeout: 20_000 }).toEqual([]);
    expect(service.error).toBeUndefined();
  });

  test("in a hidden page the server's notification is the only one; none while the page is looked at [NOTIFY-2]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { shown } = await pushable(ann);
    await ann.page.bringToFront();
    await switchOn(ann);
    const registered = ann.page.waitForResponse((response) => response.url().endsWith("/push/register"));
    await ann.page.getByRole("radio", { name: "Name" }).check();
    await registered;
    await ann.page.keyboard.press("Escape");
    await ben.say("seen at once");
    await ann.sees("seen at once");
    await ann.page.waitForTimeout(2_000);
    expect(await shown()).toEqual([]);
    await ann.page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur')); undefined");
    await ann.page.waitForTimeout(500);
    // The worker asks the browser, which knows that the page has the focus.
    await ann.page.goto("about:blank");
    await ben.say("not seen");
    await expect.poll(shown, { timeout: 20_000 }).toMatchObject([{ title: "Ben", body: "New message" }]);
    expect(service.error).toBeUndefined();
  });

  test("signing out ends the subscription, takes the notifications away, and nothing more arrives [NOTIFY-4] [PAGE-4]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { shown } = await pushable(ann);
    await switchOn(ann);
    await ann.button("Sign out").click();
    await ann.reads("You’ve signed out.");
    await expect.poll(() => ann.page.evaluate("localStorage.getItem('unsubscribed')")).toBe("yes");
    await ben.say("to nobody");
    await ben.sees("to nobody");
    await ann.page.waitForTimeout(3_000);
    expect(await shown()).toEqual([]);
  });

  test("the details of a group ask for notifications of every message, and remember it [NOTIFY-9]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await pushable(ann);
    await switchOn(ann);
    await ann.page.keyboard.press("Escape");
    await ann.makeGroup("Choir", ben);
    const every = ann.page.getByLabel("Every message, even in a large group");
    await ann.button("Details").click();
    await every.check();
    await ann.page.reload();
    await ann.button("Details").click();
    await expect.poll(() => every.isChecked()).toBe(true);
    await ann.page.getByRole("radio", { name: "Muted" }).check();
    await expect.poll(() => every.count()).toBe(0);
  });

  test("in Chinese, without a word of the message [NOTIFY-6]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const { shown } = await pushable(ann);
    await ann.button("Your account").click();
    await ann.page.getByRole("radio", { name: "中文" }).check();
    await ann.page.getByLabel("桌面通知").check();
    await ann.reads("关闭本页面后也能收到通知。");
    const registered = ann.page.waitForResponse((response) => response.url().endsWith("/push/register"));
    await ann.page.getByRole("radio", { name: "不显示" }).check();
    await registered;
    await ann.page.close();
    await ben.say("secret");
    await expect.poll(shown, { timeout: 20_000 }).toMatchObject([{ title: "你有一条新消息", body: "" }]);
  });
});
