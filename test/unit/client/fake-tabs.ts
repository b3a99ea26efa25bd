import { vi } from "vitest";
import type { TabsEnvironment } from "../../../src/client/connection/environment.ts";
import { type ClientOptions, type StorageFactory, type WebStorage, webStorage } from "../../../src/client/index.ts";
import type { Conversation } from "../../../src/protocol/model.ts";
import { CHAT, conversation, settle, World } from "./fake-server.ts";

type Listener = (event: { data: unknown }) => void;

/** Milliseconds from a tab to the locks, and from the locks to a tab. */
const HOP = 1;

interface Asking {
  readonly tab: FakeTab;
  readonly name: string;
  readonly steal: boolean;
  /** Runs the lock's callback to its end. */
  readonly run: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

/** A browser: its tabs share one localStorage and one set of locks, and get each other's messages. */
export class FakeBrowser {
  readonly entries = new Map<string, string>();
  readonly #tabs: FakeTab[] = [];
  readonly #queue: Asking[] = [];
  readonly #holders = new Map<string, Asking>();
  /** Whether the storage refuses writes. */
  isFull = false;
  /** Milliseconds until a tab gets what another posts. */
  postTime = HOP;
  /** Milliseconds until it says who holds which lock. */
  queryTime = HOP;
  /** Whether it does not say who holds the locks of one tab alone. */
  isForgetful = false;

  /** A client in its own tab, online by default. */
  async open(options: Partial<ClientOptions> & { conversations?: Conversation[] } = {}): Promise<FakeTab> {
    const tab = new FakeTab(this, `tab ${this.#tabs.length}`);
    this.#tabs.push(tab);
    const { conversations = [conversation(0)], ...rest } = options;
    vi.stubGlobal("navigator", { locks: tab.locks });
    vi.stubGlobal("BroadcastChannel", tab.BroadcastChannel);
    tab.world = await World.online(100, conversations, { storage: this.storage, ...rest });
    tab.world.client.messages(CHAT).subscribe(() => undefined);
    await settle();
    return tab;
  }

  get storage(): StorageFactory {
    const { entries } = this;
    const local: WebStorage = {
      get length() {
        return entries.size;
      },
      key: (index) => [...entries.keys()][index] ?? null,
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => {
        if (this.isFull) throw new Error("full");
        entries.set(key, value);
      },
      removeItem: (key) => void entries.delete(key),
    };
    return webStorage(local);
  }

  post(from: FakeTab, data: string): void {
    for (const tab of this.#tabs) if (tab !== from) tab.deliver(() => tab.hear(data), this.postTime);
  }

  ask(asking: Asking): void {
    const { name, steal } = asking;
    const robbed = steal ? this.#holders.get(name) : undefined;
    if (robbed) {
      this.#holders.delete(name);
      robbed.tab.deliver(() => robbed.reject(new DOMException("stolen", "AbortError")));
    }
    if (steal) this.#queue.unshift(asking);
    else this.#queue.push(asking);
    this.#grant();
  }

  get held(): { name: string; clientId: string }[] {
    const shown = [...this.#holders].filter(([name]) => !this.isForgetful || !OWN.test(name));
    return shown.map(([name, { tab }]) => ({ name, clientId: tab.id }));
  }

  /** The browser notices that a tab is gone, and passes its locks on. */
  gone(tab: FakeTab): void {
    this.#queue.splice(0, this.#queue.length, ...this.#queue.filter((asking) => asking.tab !== tab));
    for (const [name, holder] of this.#holders) if (holder.tab === tab) this.#holders.delete(name);
    this.#grant();
  }

  #grant(): void {
    const next = this.#queue.find(({ name }) => !this.#holders.has(name));
    if (!next) return;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    this.#holders.set(next.name, next);
    next.tab.deliver(() => {
      void next.run().then(() => {
        if (this.#holders.get(next.name) === next) this.#holders.delete(next.name);
        this.#grant();
      });
    });
    this.#grant();
  }
}

/** Names that a tab made up. */
const OWN = /^[\w-]{22}$/;

/** One tab, with the globals that the SDK uses. */
export class FakeTab {
  readonly #browser: FakeBrowser;
  readonly #listeners = new Set<Listener>();
  readonly #held: (() => void)[] = [];
  #world: World | undefined;
  #state: "running" | "frozen" | "dead" = "running";
  readonly id: string;
  /** Whether it misses what others post. */
  isDeaf = false;
  readonly locks: TabsEnvironment["locks"];
  readonly BroadcastChannel: TabsEnvironment["BroadcastChannel"];

  constructor(browser: FakeBrowser, id: string) {
    this.#browser = browser;
    this.id = id;
    this.locks = {
      request: (name, { steal = false }, held) =>
        new Promise((resolve, reject) => {
          const run = () => held({}).then(resolve);
          this.deliver(() => browser.ask({ tab: this, name, steal, run, reject }));
        }),
      query: () => new Promise((resolve) => this.deliver(() => resolve({ held: browser.held }), browser.queryTime)),
    };
    const listeners = this.#listeners;
    const post = (data: string) => this.post(data);
    this.BroadcastChannel = class {
      readonly #own: Listener[] = [];
      postMessage = post;
      addEventListener(_type: "message", listener: Listener): void {
        this.#own.push(listener);
        listeners.add(listener);
      }
      close(): void {
        for (const listener of this.#own) listeners.delete(listener);
      }
    };
  }

  get world(): World {
    if (!this.#world) throw new Error("the tab is not open yet");
    return this.#world;
  }

  set world(world: World) {
    this.#world = world;
  }

  get client() {
    return this.world.client;
  }

  get socket() {
    return this.world.socket;
  }

  post(data: string): void {
    if (this.#state === "running") this.#browser.post(this, data);
    else if (this.#state === "frozen") this.#held.push(() => this.post(data));
  }

  hear(data: string): void {
    if (this.isDeaf) return;
    for (const listener of [...this.#listeners]) listener({ data });
  }

  /** Delays events from outside: they reach a frozen tab much later, and a dead tab never. */
  deliver(work: () => void, time = HOP): void {
    setTimeout(() => {
      if (this.#state === "running") work();
      else if (this.#state === "frozen") this.#held.push(work);
    }, time);
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  freeze(): void {
    this.#state = "frozen";
  }

  thaw(): void {
    this.#state = "running";
    for (const work of this.#held.splice(0)) work();
  }

  /** The tab dies without notice. */
  die(): void {
    this.#state = "dead";
    this.#browser.gone(this);
  }
}
