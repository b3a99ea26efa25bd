import { describe, expect, test } from "vitest";
import { useBrowser } from "../helpers/node/browser.ts";
import { cast, uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";
import { outgoing } from "../helpers/node/wire.ts";

const suite = useServer();
const visit = useBrowser();

/** Answers for every other site with a picture. @returns the requests they got, and the data in them */
async function otherSites({ page }: Visitor): Promise<{ url: string; referer: string | undefined }[]> {
  const asked: { url: string; referer: string | undefined }[] = [];
  await page.context().route(/^https:/, (route) => {
    asked.push({ url: route.request().url(), referer: route.request().headers().referer });
    const body = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="9" height="9"/></svg>';
    return route.fulfill({ contentType: "image/svg+xml", body });
  });
  return asked;
}

describe.skipIf(browserPath === undefined)("what strangers learn from the page", () => {
  test("no picture of another site is loaded without a click [PAGE-1]", async () => {
    const [ben, cleo] = await cast(suite.rest, "Ben", "Cleo");
    await ben.api.user.update({ avatar: "https://tracker.example/ben.svg" });
    await cleo.api.user.update({ avatar: "https://tracker.example/cleo.svg" });
    const ann = await visit(suite.url);
    const asked = await otherSites(ann);
    await ann.register("Ann");
    const image = { image_url: "https://tracker.example/image.svg", image_width: 40, image_height: 40 };
    await ben.api.msg.send(outgoing({ user: ann.id }, image, { msg_type: 2 }));
    await ben.text(ann, "did you see it?");
    const { id: group } = await ben.api.group.create({
      name: "Trackers",
      avatar: "https://tracker.example/group.svg",
      member_ids: [ann.id, cleo.id],
    });
    await cleo.api.msg.send(outgoing({ group }, { text: "hello all" }));
    await ann.openChat("Trackers");
    await ann.sees("hello all");
    await ann.button("Details").click();
    await ann.page.locator(`[data-user="${cleo.id}"]`).getByRole("button", { name: "Cleo" }).click();
    await ann.page.getByRole("dialog", { name: "Profile" }).getByRole("button", { name: "Show picture" }).waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.page.keyboard.press("Escape");
    await ann.button("Find people and groups").click();
    await ann.page.getByLabel("Name, user or group ID").fill(ben.id);
    await ann.button("Find").click();
    await ann.button("Show \u2068Ben\u2069’s picture").waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.openChat("Ben");
    await ann.sees("did you see it?");
    const show = ann.page.getByRole("button", { name: /^Show image/ });
    await show.getByText("tracker.example").waitFor();
    expect(asked).toEqual([]);

    await show.click();
    await ann.page.getByRole("img", { name: "Image from Ben" }).waitFor();
    expect(asked).toEqual([{ url: "https://tracker.example/image.svg", referer: undefined }]);
    expect(await ann.page.evaluate("document.activeElement.className")).toBe("image");
    await ann.button("Details").click();
    await ann.button("Show picture").click();
    await ann.page.getByRole("dialog").locator(".avatar img").waitFor();
    await ann.row("Ben").locator("img").waitFor();
    expect(asked.map(({ url }) => url)).toEqual([
      "https://tracker.example/image.svg",
      "https://tracker.example/ben.svg",
    ]);
    expect(await ann.row("Trackers").locator("img").count()).toBe(0);
  });

  test("the user's own picture, and pictures of this server, load at once", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    const asked = await otherSites(ann);
    await ann.register("Ann");
    const icon = suite.url + (await ann.page.locator("link[rel=icon]").getAttribute("href"));
    await ben.api.user.update({ avatar: icon });
    await ben.text(ann, "hello");
    await ann.row("Ben").locator("img").waitFor();
    await ann.button("Your account").click();
    await ann.page.getByLabel("Picture address").fill("https://mine.example/me.svg");
    await ann.button("Save").click();
    await ann.button("Your account").locator("img").waitFor();
    await expect.poll(() => asked.map(({ url }) => url)).toEqual(["https://mine.example/me.svg"]);
  });

  test("a file shows which site it is on; its name is not a link, whatever it looks like [PAGE-1]", async () => {
    const [ben] = await cast(suite.rest, "Ben");
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const file = { file_url: "https://evil.example/x", file_name: "https://bank.example/statement\u202Efdp.exe" };
    await ben.api.msg.send(outgoing({ user: ann.id }, file, { msg_type: 5 }));
    await ann.openChat("Ben");
    const row = ann.page.locator(".message");
    await row.getByText("https://bank.example/statementfdp.exe", { exact: true }).waitFor();
    expect(await row.getByRole("link").allTextContents()).toEqual(["Open on evil.example"]);
    expect(await row.getByRole("link").getAttribute("href")).toBe("https://evil.example/x");
    expect(await row.getByRole("link").getAttribute("rel")).toBe("noopener noreferrer nofollow");

    for (const file_url of ["javascript:alert(1)", "https://bank.example@evil.example/"]) {
      await ben.api.msg.send(outgoing({ user: ann.id }, { file_url, file_name: "harmless" }, { msg_type: 5 }));
    }
    await expect.poll(() => row.getByText("harmless", { exact: true }).count()).toBe(2);
    expect(await row.getByRole("link").count()).toBe(1);
  });

  test("signing out leaves no text behind and waits for no server; the page asks about unsent messages [PAGE-4]", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    await ann.goTo(`#/chat/si_${ann.id}:${uniqueId("zoe")}`);
    await ann.say("a failed secret");
    await ann.sees("a failed secret", "failed");
    await ann.composer.fill("a begun secret");
    // It accepts the request and never answers.
    await ann.page.context().route(/\/auth\/logout/, () => undefined);
    await ann.button("Your account").click();
    await ann.button("Sign out").click();
    await ann.reads("1 message hasn’t been sent and will be deleted when you sign out.");
    await ann.button("Cancel").click();
    await ann.button("Sign out").click();
    await ann.confirm("Sign out");
    await ann.reads("You’ve signed out.");
    await expect.poll(() => ann.page.evaluate("JSON.stringify(localStorage)")).not.toMatch(/secret|token/);
    await ann.signIn(ann.id);
    await ann.composer.waitFor();
    expect([await ann.composer.inputValue(), await ann.texts()]).toEqual(["", []]);
  });
});
