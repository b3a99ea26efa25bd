import { historyIn, memoryHistoryStorage } from "../../src/client/history/index.ts";
import { type Client, type ClientOptions, createClient, type MessageItem } from "../../src/client/index.ts";
import { equal } from "../../test/helpers/node/checks.ts";
import { eventually } from "../../test/helpers/node/deadline.ts";
import { judgedFetch, Tap } from "../../test/helpers/node/tap.ts";
import type { Smoke } from "./run.ts";

/** A network that reaches nobody. */
const OFFLINE = {
  fetch: () => Promise.reject(new Error("offline")),
  WebSocket: class {
    send(): void {}
    close(): void {}
    addEventListener(type: string, listener: (event: { type: string }) => void): void {
      if (type === "close") queueMicrotask(() => listener({ type }));
    }
  },
};

export async function history(smoke: Smoke): Promise<void> {
  const [alice, bob] = await smoke.cast("alice", "bob");
  const chat = alice.chatWith(bob);
  const kept = historyIn(memoryHistoryStorage());

  /** Runs a client of alice with her history, until it shows these texts. */
  async function showing(
    texts: readonly string[],
    network: Pick<ClientOptions, "fetch" | "WebSocket"> = {},
  ): Promise<MessageItem[]> {
    const options = { url: alice.rest.url, token: alice.token, user_id: alice.id, history: kept };
    const client: Client = createClient({ ...options, fetch: judgedFetch, WebSocket: Tap, ...network });
    const view = client.messages(chat);
    view.subscribe(() => undefined);
    try {
      const shown = () => view.getSnapshot().messages.map(({ content }) => content.text ?? "");
      await eventually(() => equal(shown(), texts, "the texts shown"));
      equal(client.conversation(chat).getSnapshot()?.title, "bob", "the name in the list");
      return [...view.getSnapshot().messages];
    } finally {
      client.close();
    }
  }

  await bob.text(alice, "one");
  const { seq } = await bob.text(alice, "two");
  await smoke.step("a client with a history shows the chat", () => showing(["one", "two"]));
  await smoke.step("the next one shows it without a network", () => showing(["one", "two"], OFFLINE));
  await smoke.step("what was recalled and sent meanwhile is shown once there is a network", async () => {
    await bob.api.msg.recall({ conversation_id: chat, seqs: [seq] });
    await bob.text(alice, "three");
    const messages = await showing(["one", "", "three"]);
    const recalled = messages.map((message) => message.recalled);
    equal(recalled, [false, true, false], "which are recalled");
  });
  await smoke.step("what was recalled is not in the history", () => showing(["one", "", "three"], OFFLINE));
}
