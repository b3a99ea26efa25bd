import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Code } from "../../../../src/client/index.ts";
import { Request } from "../../../../src/protocol/frames.ts";
import type { Message } from "../../../../src/protocol/model.ts";
import { CHAT, conversation, message, settle } from "../fake-server.ts";
import { FakeBrowser, type FakeTab } from "../fake-tabs.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const TABS = 3;
const ACTS = [
  "say",
  "discard",
  "serve",
  "lose",
  "refuse",
  "delay",
  "freeze",
  "thaw",
  "die",
  "offline",
  "online",
] as const;
interface Step {
  readonly act: (typeof ACTS)[number];
  readonly tab: number;
  readonly wait: number;
}
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    act: fc.constantFrom(...ACTS, "say", "discard", "serve"),
    tab: fc.nat(TABS - 1),
    wait: fc.constantFrom(0, 1, 5, 60, 1_100, 6_000),
  }),
  { minLength: 5, maxLength: 40 },
);

/** A failed message is discarded in the tab that is about to lead, while two others open. */
const DISCARD_AT_HANDOVER: Step[] = [
  { act: "say", tab: 0, wait: 60 },
  { act: "refuse", tab: 0, wait: 0 },
  { act: "die", tab: 1, wait: 0 },
  { act: "die", tab: 0, wait: 0 },
  { act: "discard", tab: 2, wait: 0 },
];

const waiting = ({ client }: FakeTab) =>
  client
    .messages(CHAT)
    .getSnapshot()
    .messages.filter(({ status }) => status !== "sent")
    .map(({ client_msg_id }) => client_msg_id);
/** What a tab sent, over all its sockets. */
const sends = ({ world }: FakeTab) =>
  world.sockets.flatMap(({ sent }) => sent).flatMap((text) => /"client_msg_id":"([^"]+)"/.exec(text)?.[1] ?? []);

/** Tabs with random actions of users and the browser, and a server that must have each message once. */
class Storm {
  readonly browser = new FakeBrowser();
  readonly tabs: FakeTab[] = [];
  readonly log: Message[] = [];
  readonly said = new Set<string>();
  /** Discards that a user requested in a tab, and those that are shown, with the number of sends until then. */
  readonly wanted: { readonly tab: FakeTab; readonly id: string }[] = [];
  readonly discarded = new Map<string, number>();

  async open(place: number): Promise<void> {
    this.tabs[place] = await this.browser.open({ conversations: [conversation(this.log.length)] });
  }

  tab(place: number): FakeTab {
    const tab = this.tabs[place];
    if (!tab) throw new Error("every slot has a tab");
    return tab;
  }

  timesSent(id: string): number {
    return this.tabs.flatMap(sends).filter((sent) => sent === id).length;
  }

  async step(act: (typeof ACTS)[number], place: number): Promise<void> {
    const tab = this.tab(place);
    if (act === "thaw") tab.thaw();
    if (!tab.isRunning) return;
    const isOpen = tab.client.connection.getSnapshot().status === "online";
    if (act === "say") this.said.add(tab.client.sendText(CHAT, `${this.said.size}`).client_msg_id);
    else if (act === "discard") this.discard(tab);
    else if (act === "serve") await this.serve(tab);
    else if (act === "lose") this.take(tab);
    else if (act === "refuse") await this.refuse(tab, Code.MUTED);
    else if (act === "delay") await this.refuse(tab, Code.SHUTTING_DOWN);
    else if (act === "freeze") tab.freeze();
    else if (act === "offline" && isOpen) await tab.socket.end();
    else if (act === "online" && !isOpen) await this.online(tab);
    else if (act === "die") {
      tab.die();
      await this.open(place);
    }
  }

  discard(tab: FakeTab): void {
    const [id] = waiting(tab);
    if (id === undefined) return;
    this.wanted.push({ tab, id });
    tab.client.discard(id);
  }

  /** The server has them, whether or not the answer arrives. */
  take(tab: FakeTab): void {
    for (const { data } of tab.socket.asked(Request.SEND)) {
      const id = String(data.client_msg_id);
      if (this.log.some(({ client_msg_id }) => client_msg_id === id)) continue;
      const seq = this.log.length + 1;
      this.log.push(message(seq, { sender_id: "ann", client_msg_id: id, send_at: 5 }));
    }
  }

  async serve(tab: FakeTab): Promise<void> {
    for (;;) {
      this.take(tab);
      const [send] = tab.socket.asked(Request.SEND);
      const [pull] = tab.socket.asked(Request.PULL_RANGE);
      const sent = this.log.find(({ client_msg_id }) => client_msg_id === send?.data.client_msg_id);
      if (sent) await tab.socket.answer(Request.SEND, { ...sent, prev: 0, cursor: 0 });
      else if (pull) await tab.socket.answer(Request.PULL_RANGE, { messages: this.pulled(pull.data), max_seq: 0 });
      else return;
    }
  }

  pulled({ begin_seq, end_seq, order }: Record<string, unknown>): Message[] {
    const messages = this.log.filter(({ seq }) => seq >= Number(begin_seq) && (!end_seq || seq <= Number(end_seq)));
    return order === "desc" ? messages.toReversed() : messages;
  }

  /** A message that the server has stored is never refused. */
  async refuse(tab: FakeTab, code: number): Promise<void> {
    const [send] = tab.socket.asked(Request.SEND);
    const isKnown = this.log.some(({ client_msg_id }) => client_msg_id === send?.data.client_msg_id);
    if (send && !isKnown) await tab.socket.refuse(Request.SEND, code);
  }

  async online({ world }: FakeTab): Promise<void> {
    world.wake();
    await settle();
    await world.socket.open();
    if (world.socket.asked(Request.SYNC).length > 0) await world.socket.catchUp(100, [conversation(this.log.length)]);
  }

  check(): void {
    for (const { tab, id } of this.wanted) {
      if (!this.discarded.has(id) && !waiting(tab).includes(id)) this.discarded.set(id, this.timesSent(id));
    }
    for (const [id, times] of this.discarded) expect(this.timesSent(id)).toBeLessThanOrEqual(times);
  }

  async end(): Promise<void> {
    for (const tab of this.tabs) tab.thaw();
    for (let round = 0; round < 3 + this.said.size; round++) {
      for (const tab of this.tabs) {
        if (tab.client.connection.getSnapshot().status !== "online") await this.online(tab);
        await this.serve(tab);
      }
      await vi.advanceTimersByTimeAsync(4_000);
      this.check();
    }
  }
}

test("whatever happens to tabs, nothing is lost, and no discarded message is sent [TAB-1] [TAB-2]", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (acts) => {
      const storm = new Storm();
      for (let place = 0; place < TABS; place++) await storm.open(place);
      for (const { act, tab, wait } of acts) {
        await storm.step(act, tab);
        storm.check();
        await vi.advanceTimersByTimeAsync(wait);
        storm.check();
      }
      await storm.end();
      const [first] = storm.tabs;
      const refused = first ? waiting(first) : [];
      for (const tab of storm.tabs) expect(waiting(tab)).toEqual(refused);
      const sent = new Set(storm.log.map(({ client_msg_id }) => client_msg_id));
      // A tab that died may have got a discard done without showing it.
      const unwanted = new Set(storm.wanted.map(({ id }) => id));
      const lost = [...storm.said].filter((id) => !sent.has(id) && !unwanted.has(id) && !refused.includes(id));
      expect(lost).toEqual([]);
      for (const id of refused) first?.client.discard(id);
      await vi.advanceTimersByTimeAsync(100);
      expect([storm.tabs.flatMap(waiting), [...storm.browser.entries.keys()]]).toEqual([[], []]);
      for (const { client } of storm.tabs) client.close();
      // Those of tabs that died.
      vi.clearAllTimers();
    }),
    { numRuns: 100, examples: [[DISCARD_AT_HANDOVER]] },
  );
});
