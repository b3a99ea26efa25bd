import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { Code } from "../../src/client/index.ts";
import { Request } from "../../src/protocol/frames.ts";
import { twoTalking, useBrowser } from "../helpers/node/browser.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath, type Visitor } from "../helpers/node/visitor.ts";

const suite = useServer();
const visit = useBrowser();

/** A message that a tab sent on a socket. */
interface Sent {
  readonly text: string;
  readonly id: string;
}

/**
 * A proxy between the tabs of one browser and the server: it records what they send, and can refuse or drop messages.
 */
class Between {
  readonly sent: Sent[] = [];
  readonly refused = new Set<string>();
  readonly swallowed = new Set<string>();

  async stand(context: BrowserContext): Promise<void> {
    await context.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((frame) => {
        const request = JSON.parse(String(frame) === "ping" ? "{}" : String(frame));
        if (request.req_identifier === Request.SEND) {
          const { client_msg_id: id, content } = request.data;
          this.sent.push({ text: content.text, id });
          const answer = { ...request, err_code: Code.MUTED, err_msg: "muted", data: null };
          if (this.refused.has(content.text)) return socket.send(JSON.stringify(answer));
          if (this.swallowed.has(content.text)) return;
        }
        server.send(frame);
      });
    });
  }

  times(text: string): number {
    return this.sent.filter((sent) => sent.text === text).length;
  }
}

/** Ann with two tabs, of which the first leads, and Ben. */
async function threeTabs(): Promise<{ between: Between; one: Visitor; other: Visitor; ben: Visitor }> {
  const between = new Between();
  const [one, ben] = await twoTalking(async (url, options) => {
    const visitor = await visit(url, options);
    await between.stand(visitor.page.context());
    await visitor.page.reload();
    return visitor;
  }, suite.url);
  const other = await one.tab();
  await other.sees("Hello Ben");
  return { between, one, other, ben };
}

const gone = (visitor: Visitor, text: string) => visitor.message(text).waitFor({ state: "detached" });

async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  await page.goto("chrome://crash").catch(() => undefined);
  await crashed;
}

describe.skipIf(browserPath === undefined)("two tabs of one browser", () => {
  test("a message written in either tab is sent once by one tab, and both show it [TAB-1]", async () => {
    const { between, one, other, ben } = await threeTabs();
    for (const [tab, text] of [
      [one, "from one"],
      [other, "from the other"],
      [one, "and again"],
    ] as const) {
      await tab.say(text);
      for (const each of [one, other, ben]) await each.sees(text);
      expect(between.times(text)).toBe(1);
    }
    const all = ["Hello Ben", "from one", "from the other", "and again"];
    expect([await one.texts(), await other.texts(), await ben.texts()]).toEqual([all, all, all]);
  });

  test("a message discarded in one tab disappears in the other, and no tab sends it [TAB-2]", async () => {
    const { between, one, other, ben } = await threeTabs();
    between.refused.add("refused");
    await one.say("refused");
    await Promise.all([one.sees("refused", "failed"), other.sees("refused", "failed")]);
    expect(between.times("refused")).toBe(1);
    await other.message("refused").getByRole("button", { name: "Delete" }).click();
    await Promise.all([gone(one, "refused"), gone(other, "refused")]);
    between.refused.clear();
    await one.page.reload();
    await one.sees("Hello Ben");
    await other.say("afterwards");
    for (const each of [one, other, ben]) await each.sees("afterwards");
    expect([between.times("refused"), await one.texts()]).toEqual([1, ["Hello Ben", "afterwards"]]);
  });

  test("a message refused in one tab can be sent again from the other [TAB-1]", async () => {
    const { between, one, other, ben } = await threeTabs();
    between.refused.add("refused at first");
    await one.say("refused at first");
    await other.sees("refused at first", "failed");
    between.refused.clear();
    await other.message("refused at first").getByRole("button", { name: "Try again" }).click();
    for (const each of [one, other, ben]) await each.sees("refused at first");
    expect(new Set(between.sent.filter(({ text }) => text === "refused at first").map(({ id }) => id)).size).toBe(1);
  });

  test("when a tab crashes with a message in flight, the other repeats the same message [TAB-1]", async () => {
    const { between, one, other, ben } = await threeTabs();
    between.swallowed.add("on its way");
    await one.say("on its way");
    await other.sees("on its way", "pending");
    await expect.poll(() => between.times("on its way")).toBe(1);
    between.swallowed.clear();
    await crash(one.page);
    await other.sees("on its way");
    await ben.sees("on its way");
    const [first, second, ...more] = between.sent.filter(({ text }) => text === "on its way");
    expect([second?.id, more]).toEqual([first?.id, []]);
    expect(await ben.texts()).toEqual(["Hello Ben", "on its way"]);
  });
});
