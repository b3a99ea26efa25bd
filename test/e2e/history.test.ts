import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildClient } from "../../scripts/build-client.ts";
import { root } from "../../scripts/wrangler.ts";
import { useBrowser } from "../helpers/node/browser.ts";
import { signUp } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer({ ALLOWED_ORIGINS: "*" });
const visit = useBrowser();

const PAGE = `<!doctype html><meta charset="utf-8"><p role="status"></p><ol></ol><button>Sign out</button>
<script type="module">
  import { createClient } from "/index.js";
  import { indexedDbHistory } from "/indexeddb.js";
  const { url, token, user_id, chat } = Object.fromEntries(new URLSearchParams(location.search));
  const client = createClient({ url, token, user_id, history: indexedDbHistory() });
  const status = document.querySelector("p");
  client.connection.subscribe((state) => { status.textContent = state.status; });
  client.messages(chat).subscribe(({ messages }) => {
    document.querySelector("ol").replaceChildren(...messages.map(({ content }) => {
      const item = document.createElement("li");
      item.textContent = content.text;
      return item;
    }));
  });
  document.querySelector("button").onclick = () => client.signOut().catch(() => undefined);
</script>`;

let files: Server;
beforeAll(async () => {
  await buildClient();
  files = createServer(({ url = "" }, response) => {
    const { pathname } = new URL(url, "http://files.test");
    const isScript = pathname.endsWith(".js");
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? readFileSync(join(root, "dist/client", pathname)) : PAGE);
  }).listen(0, "127.0.0.1");
  await once(files, "listening");
});
afterAll(() => {
  files.closeAllConnections();
  files.close();
});

test.skipIf(browserPath === undefined)(
  "a browser shows the last state without the server, until it signs out [HIST-1] [HIST-4]",
  async () => {
    const [alice, bob] = [await signUp(suite.rest, "alice"), await signUp(suite.rest, "bob")];
    const chat = alice.chatWith(bob);
    const given = new URLSearchParams({ url: suite.url, token: alice.token, user_id: alice.id, chat });
    await bob.text(alice, "before");
    const { page } = await visit(`http://127.0.0.1:${(files.address() as AddressInfo).port}/?${given}`);
    const lines = page.getByRole("listitem");
    await lines.getByText("before").waitFor();
    await bob.text(alice, "pushed");
    await lines.getByText("pushed").waitFor();
    // What waits is written half a second after it came.
    const isKept = () =>
      page.evaluate<boolean>(`(async () => {
        const open = indexedDB.open(${JSON.stringify(`nexo-im/history/${suite.url}/${alice.id}`)});
        await new Promise((resolve) => { open.onsuccess = resolve; });
        const all = open.result.transaction("history").objectStore("history").getAll();
        await new Promise((resolve) => { all.onsuccess = resolve; });
        open.result.close();
        return all.result.join().includes("pushed");
      })()`);
    await expect.poll(isKept, { timeout: 10_000 }).toBe(true);

    await page.route(`${suite.url}/**`, (route) => route.abort());
    await page.routeWebSocket(/.*/, (socket) => socket.close());
    await page.reload();
    await lines.getByText("pushed").waitFor();
    expect(await lines.allTextContents()).toEqual(["before", "pushed"]);
    expect(await page.getByRole("status").textContent()).not.toBe("online");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.reload();
    await page.getByRole("status").getByText("offline").waitFor();
    expect(await lines.count()).toBe(0);
  },
);
