import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("the page", () => {
  test("two users find each other, chat both ways, and see each other's activity", async () => {
    const [ann, ben] = await Promise.all([visit(suite.url), visit(suite.url)]);
    await Promise.all([ann.register("Ann"), ben.register("Ben")]);
    await ann.find(ben);
    await ann.say("Hello Ben 👋");
    await ann.sees("Hello Ben 👋");
    await ben.row("Ann").getByText("1 unread message").waitFor();
    await ben.title("(1) Nexo IM");
    expect(await ann.message("Hello Ben 👋").getByText("Sent").count()).toBe(1);

    await ben.openChat("Ann");
    await ann.message("Hello Ben 👋").getByText("Read").waitFor();
    await ben.title("Nexo IM");
    await ann.page.getByRole("main").getByText("Online").waitFor();

    await ben.composer.pressSequentially("Hello A");
    await ann.reads("\u2068Ben\u2069 is typing…");
    await ben.say("Hello Ann,\nhow are you?");
    await ann.sees("Hello Ann,\nhow are you?");
    await ann.page.getByRole("main").getByText("Online").waitFor();
    expect(await ann.page.getByRole("status").filter({ hasText: "Ben: Hello Ann" }).count()).toBe(1);
    expect(await ann.texts()).toEqual(await ben.texts());
  });

  test("a refused message shows the reason, and can be sent again or discarded", async () => {
    const ann = await visit(suite.url);
    await ann.register("Ann");
    const id = uniqueId("zoe");
    await ann.goTo(`#/chat/si_${ann.id}:${id}`);
    await ann.say("are you there?");
    await ann.say("never mind");
    await ann.sees("are you there?", "failed");
    await ann.sees("never mind", "failed");
    await ann.message("never mind").getByText("Not sent: No user has this ID.").waitFor();
    await ann.message("never mind").getByRole("button", { name: "Delete" }).click();
    await suite.rest.api.auth.register({ user_id: id, nickname: "Zoe", password: "secret of zoe" });
    await ann.message("are you there?").getByRole("button", { name: "Try again" }).click();
    await ann.sees("are you there?");
    expect(await ann.texts()).toEqual(["are you there?"]);
  });

  test("what users write is never HTML; addresses are links, images show", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    const evil = `<img src=x onerror="document.title='owned'"><b>bold</b>`;
    await ann.say(evil);
    await ben.sees(evil);
    expect(await ben.page.locator(".bubble b, .bubble img").count()).toBe(0);
    await ann.say("javascript:alert(1) and https://example.com/a?b=c.");
    const links = ben.page.locator(".message .text a");
    await links.waitFor();
    expect(await links.getAttribute("href")).toBe("https://example.com/a?b=c");

    const icon = suite.url + (await ann.page.locator("link[rel=icon]").getAttribute("href"));
    await ann.button("Send image").click();
    await ann.page.getByLabel("Image address").fill(`${suite.url}/assets/none.png`);
    await ann.reads("There’s no image at this address.");
    await ann.page.getByLabel("Image address").fill(icon);
    await ann.page
      .locator(".image-preview")
      .evaluate((image: unknown) => (image as { decode(): Promise<void> }).decode());
    await ann.page.getByRole("dialog").getByRole("button", { name: "Send" }).click();
    await ben.page.getByRole("img", { name: "Image from Ann" }).waitFor();
  });
});
