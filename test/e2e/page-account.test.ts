import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { refused } from "../helpers/node/checks.ts";
import { signIn } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { platform } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

/** Declared in the browser, where the functions that break its storage run. */
declare const window: object;
declare const Storage: { prototype: { setItem: unknown } };

/** The same user at the page, signed in on a phone too. */
const onPhone = ({ id, password }: Visitor) => signIn(suite.rest, id, password, platform.ios);

describe.skipIf(browserPath === undefined)("accounts on the page", () => {
  test("a login elsewhere signs out this page, which says so", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const elsewhere = await visit(suite.url);
    await elsewhere.signIn(ann.id);
    await elsewhere.page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
    await ann.page.getByRole("alert").filter({ hasText: "because you signed in on another device" }).waitFor();
    await ann.page.reload();
    await ann.button("Sign in").waitFor();
  });

  test("a login survives a reload, and ends by signing out", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.page.reload();
    await ann.button("Your account").click();
    await ann.button("Sign out").click();
    await ann.reads("You’ve signed out.");
    await ann.signIn(ann.id, "not the password");
    await ann.reads("Incorrect password.");
  });

  test("tabs of one browser sign in and out together", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const other = await ann.tab();
    await other.button("Your account").click();
    await other.button("Sign out").click();
    await ann.reads("You’ve signed out.");
    await ann.signIn(ann.id);
    await other.page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  });

  test("a new password signs out the other devices and not this one", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const phone = await onPhone(ann);
    await ann.button("Your account").click();
    await ann.page.getByText("Change password").click();
    const [current, next] = [ann.page.getByLabel("Current password"), ann.page.getByLabel("New password")];
    await current.fill("not the password");
    await next.fill("another secret");
    await ann.button("Save").click();
    await ann.reads("Incorrect password.");
    await phone.api.user.me();
    await current.fill(ann.password);
    await ann.button("Save").click();
    await ann.reads("Password changed. You’ve been signed out on your other devices.");
    refused(await phone.rest.get("/user/info"), 2001);
    await ann.button("Sign out").click();
    await ann.signIn(ann.id, "another secret");
    await ann.page.getByRole("heading", { name: "Chats", exact: true }).waitFor();
  });

  test("an account is deleted after its password, on all devices; its chats show no name and no messages", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const phone = await onPhone(ben);
    await ben.button("Your account").click();
    await ben.button("Delete account").click();
    const password = ben.page.getByRole("dialog", { name: "Delete account" }).getByLabel("Password");
    await password.fill("not the password");
    await ben.button("Delete account for good").click();
    await ben.reads("Incorrect password.");
    await password.fill(ben.password);
    await ben.button("Delete account for good").click();
    await ben.reads("Your account was deleted.");
    refused(await phone.rest.get("/user/info"), 2001);
    await ben.signIn(ben.id, ben.password);
    await ben.reads("This account was deleted or suspended.");
    await ann.page
      .getByRole("button", { name: /Deleted account/ })
      .first()
      .waitFor({ timeout: 20_000 });
    await ann.page.reload();
    await ann.page.getByRole("main").getByText("Deleted account").first().waitFor();
  });

  test("an export whose progress could not be asked for can be asked for again", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    let asked = 0;
    await ann.page.route("**/user/export", async (route) => {
      asked++;
      if (asked === 2) return await route.abort();
      const response = await route.fetch();
      const { data, ...rest } = await response.json();
      await route.fulfill({ response, json: { ...rest, data: { ...data, is_ready: data.is_ready && asked > 2 } } });
    });
    await ann.button("Your account").click();
    await ann.button("Export my data").click();
    await ann.button("Preparing your data…").waitFor();
    await ann.button("Export my data").click();
    await ann.page.getByRole("link", { name: "Download my data" }).waitFor();
  });

  test("a user exports their data, and downloads it", async () => {
    const [ann] = await twoTalking(visit, suite.url);
    await ann.button("Your account").click();
    await ann.button("Export my data").click();
    const link = ann.page.getByRole("link", { name: "Download my data" });
    await link.waitFor({ timeout: 20_000 });
    const [download] = await Promise.all([ann.page.waitForEvent("download"), link.click()]);
    const lines = (await text(await download.createReadStream())).trimEnd().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "export", user_id: ann.id });
    expect(lines.at(-1)).toBe('{"type":"end"}');
  });

  test("a user's platforms are shown in words; a user who hides looks offline, and sees so", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const standing = ann.page.getByRole("main").locator(".subtitle");
    await standing.getByText("Online on web", { exact: true }).waitFor();
    const phone = await (await onPhone(ben)).socket();
    await standing.getByText("Online on iPhone and web", { exact: true }).waitFor();
    await phone.close();
    await standing.getByText("Online on web", { exact: true }).waitFor();

    await ben.button("Your account").click();
    await ben.page.getByLabel("Appear offline").check();
    await standing.getByText("Offline", { exact: true }).waitFor();
    await ben.page.reload();
    await ben.button("Your account").click();
    const hidden = ben.page.getByLabel("Appear offline");
    await hidden.and(ben.page.locator(":checked")).waitFor();
    await hidden.uncheck();
    await standing.getByText("Online on web", { exact: true }).waitFor();
  });

  test.each([
    [
      "forbidden",
      () =>
        void Object.defineProperty(window, "localStorage", {
          get() {
            throw new DOMException("Access is denied", "SecurityError");
          },
        }),
    ],
    [
      "full",
      () => {
        Storage.prototype.setItem = () => {
          throw new DOMException("The quota is exceeded", "QuotaExceededError");
        };
      },
    ],
  ])("if localStorage is %s the page still works, until it is closed", async (_, spoil) => {
    const [ann, ben] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await ann.page.addInitScript(spoil);
    await ann.page.reload();
    await Promise.all([ann.register("Ann"), ben.register("Ben")]);
    await ann.find(ben);
    await ann.say("without a memory");
    await ann.sees("without a memory");
    await ben.openChat("Ann");
    await ben.say("I see");
    await ann.sees("I see");
    await ann.button("Your account").click();
    await ann.page.getByRole("radio", { name: "中文" }).check();
    await ann.button("退出登录").click();
    await ann.reads("你已退出登录。");
    await ann.page.reload();
    await ann.button("Sign in").waitFor();
  });
});
