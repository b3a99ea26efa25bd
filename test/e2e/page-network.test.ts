import { describe, expect, test } from "vitest";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

describe.skipIf(browserPath === undefined)("the page without a network", () => {
  test("a user goes offline, writes and returns: the message is sent then, and both pages agree", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    // A phone shows only the chat, with the state of the connection.
    await ann.page.setViewportSize({ width: 390, height: 780 });
    const network = ann.page.context();
    await network.setOffline(true);
    // Its socket still seems open: the browser's offline mode closes no socket, it only blocks traffic.
    await ann.say("before anybody noticed");
    await ann.reads(/^You’re offline/);
    await ann.say("written offline");
    await ann.sees("before anybody noticed", "pending");
    await ann.sees("written offline", "pending");
    await ben.say("are you there?");
    await ben.sees("are you there?");
    expect(await ann.texts()).toEqual(["Hello Ben", "before anybody noticed", "written offline"]);
    expect(await ben.texts()).toEqual(["Hello Ben", "are you there?"]);

    await network.setOffline(false);
    for (const each of [ann, ben]) {
      for (const text of ["are you there?", "before anybody noticed", "written offline"]) await each.sees(text);
    }
    const all = ["Hello Ben", "are you there?", "before anybody noticed", "written offline"];
    expect([await ann.texts(), await ben.texts()]).toEqual([all, all]);
  });

  test("two tabs of one browser: each message is sent once, none is lost, none is shown as failed", async () => {
    const [one, ben] = await twoTalking(visit, suite.url);
    const other = await one.tab();
    await other.sees("Hello Ben");
    await one.say("from one tab");
    await other.sees("from one tab");
    await other.say("from the other");
    await one.sees("from the other");

    const network = one.page.context();
    await network.setOffline(true);
    await Promise.all([one.reads(/^You’re offline/), other.reads(/^You’re offline/)]);
    await one.say("left behind by a tab that is closed");
    await one.sees("left behind by a tab that is closed", "pending");
    await other.say("of the tab that stays");
    await other.sees("of the tab that stays", "pending");
    await one.page.close();
    await network.setOffline(false);
    for (const each of [other, ben]) {
      await each.sees("left behind by a tab that is closed");
      await each.sees("of the tab that stays");
    }
    const again = await other.tab();
    await again.sees("of the tab that stays");
    const all = await ben.texts();
    expect(all.toSorted()).toEqual([
      "Hello Ben",
      "from one tab",
      "from the other",
      "left behind by a tab that is closed",
      "of the tab that stays",
    ]);
    expect([await other.texts(), await again.texts()]).toEqual([all, all]);
  });

  test("messages written while the server is down are sent when it is back, and both pages agree", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await suite.server.kill9();
    await ann.reads(/^You’re offline/);
    await ann.say("written without a connection");
    await ann.sees("written without a connection", "pending");
    await ben.say("so is this");
    await ben.sees("so is this", "pending");
    await suite.server.restart();
    for (const each of [ann, ben]) {
      await each.page.evaluate("dispatchEvent(new Event('online'))");
      await each.sees("written without a connection");
      await each.sees("so is this");
    }
    expect(await ann.texts()).toEqual(await ben.texts());
    expect((await ann.texts()).toSorted()).toEqual(["Hello Ben", "so is this", "written without a connection"]);
  });

  test("a message waits through a reload without a connection", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    // The files of the page still load; its requests to the server fail.
    const unreachable = /\/(msg|sync|conversation)\b/;
    await ann.page.context().route(unreachable, (route) => route.abort());
    await ann.page.routeWebSocket(/\/ws/, (socket) => socket.close());
    await ann.page.reload();
    await ann.reads(/^You’re offline/);
    await ann.say("through a reload");
    await ann.sees("through a reload", "pending");
    await ann.page.context().unroute(unreachable);
    const again = await ann.page.context().newPage();
    await again.goto(ann.page.url());
    await ben.sees("through a reload");
  });

  test("if WebSockets are blocked the page says so, and messages are still sent and received [LINK-6]", async () => {
    const [ann, ben] = await twoTalking(visit, suite.url);
    await ann.page.setViewportSize({ width: 390, height: 780 });
    await ann.page.routeWebSocket(/\/ws/, (socket) => socket.close());
    await ann.page.reload();
    await ann.reads(/^Limited connection/);
    await ann.say("past the wall");
    await ann.sees("past the wall");
    await ben.sees("past the wall");
    await ben.say("and back");
    await ann.sees("and back");
  });
});
