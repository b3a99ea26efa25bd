import { expect, test } from "vitest";
import { BoundedTexts } from "../../../src/client/history/bounded-texts.ts";
import type { HistoryStorage } from "../../../src/client/history/index.ts";
import { MessagePages } from "../../../src/client/history/message-pages.ts";
import type { Message } from "../../../src/client/index.ts";
import { CHAT, message } from "./fake-server.ts";

const RANGE = { begin_seq: 0, end_seq: 1, limit: 50, order: "desc" } as const;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const stateAt = (rev: number) =>
  message(1, {
    amended: { rev, edited_at: rev, recalled_at: 0, recalled_by: "", reactions: [], pinned_at: 0, pinned_by: "" },
  }) as Message;

/** Pages with message 1 in the state of rev 2, in a storage whose reads the test answers. */
async function pagesInStorage() {
  const texts = new Map<string, string>();
  let reads: (() => void)[] | null = null;
  const storage: HistoryStorage = {
    get: (key) => {
      const text = texts.get(key);
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      if (reads) reads.push(() => resolve(text));
      else resolve(text);
      return promise;
    },
    keys: async () => [...texts.keys()],
    write: async (changes) => {
      for (const [key, text] of changes) if (text !== null) texts.set(key, text);
    },
  };
  const bounded = new BoundedTexts(storage, 1_000_000);
  const before = new MessagePages(bounded);
  await bounded.write(await before.put([{ messages: [stateAt(2)], rev: 2 }]));
  const pages = new MessagePages(bounded);
  pages.isHolding = true;
  reads = [];
  const answer = async (which: "first" | "last") => {
    await settled();
    (which === "first" ? reads?.shift() : reads?.pop())?.();
    await settled();
  };
  return { texts, bounded, pages, answer, waiting: () => reads?.length ?? 0 };
}

test.each(["first", "last"] as const)(
  "a change that is stored while messages are read is in them, or they count as older; the %s read ends first [HIST-5]",
  async (which) => {
    const { pages, answer, waiting } = await pagesInStorage();
    const pulling = pages.pull(CHAT, RANGE, 1);
    const changes = { messages: [stateAt(4)], deleted: [], rev: 4, has_more: false, reset: false };
    const putting = pages.put([{ conversationId: CHAT, changes, sinceRev: 2 }]);
    await settled();
    while (waiting() > 0) await answer(which);
    await putting;
    for (const pulled of [await pulling, await pages.pull(CHAT, RANGE, 1)]) {
      const rev = pulled?.messages[0]?.amended?.rev ?? 0;
      expect(rev === 4 || pulled?.rev === 2).toBe(true);
    }
    expect((await pages.pull(CHAT, RANGE, 1))?.messages[0]?.amended?.rev).toBe(4);
  },
);

test.each(["si_ann:cleo 4", "4", "si_ann:ben", ""])(
  "a rev that is damaged, or of another conversation, is not believed: %s [HIST-3]",
  async (text) => {
    const { texts, bounded, answer } = await pagesInStorage();
    texts.set(`rev ${CHAT}`, text);
    const pulling = new MessagePages(bounded).pull(CHAT, RANGE, 1);
    await answer("first");
    await answer("first");
    expect(await pulling).toMatchObject({ rev: 0, messages: [{ seq: 1 }] });
  },
);
