import { randomId } from "../../protocol/ids.ts";
import type { TabsEnvironment } from "../connection/environment.ts";

export interface TabsParts {
  readonly environment: TabsEnvironment;
  /** The name of what the tabs share. */
  readonly name: string;
  /** Another tab has posted this message. */
  readonly heard: (message: unknown) => void;
  /** This tab now leads, or no longer leads. */
  readonly leads: (isLeading: boolean) => void;
}

/** The longest wait for the browser to report the holder of a lock. */
const PATIENCE = 1_000;

/**
 * The tabs of a browser that share data: each tab receives the messages of all others, and one tab leads. The leader
 * holds a Web Lock, which the browser passes on when the tab closes or crashes. If locks are refused, every tab leads
 * for itself.
 */
export class Tabs {
  readonly #parts: TabsParts;
  readonly #channel: InstanceType<TabsEnvironment["BroadcastChannel"]>;
  /** Releases the lock, while this tab leads. */
  #release: (() => void) | null = null;
  /** The browser's client id of this tab. */
  #clientId: Promise<string | undefined> | null = null;
  #isWaiting = false;
  #isClosed = false;

  constructor(parts: TabsParts) {
    this.#parts = parts;
    this.#channel = new parts.environment.BroadcastChannel(parts.name);
    this.#channel.addEventListener("message", ({ data }) => {
      if (!this.#isClosed) parts.heard(parse(data));
    });
    this.#wait();
  }

  get isLeading(): boolean {
    return this.#release !== null;
  }

  /**
   * Whether the browser reports that this tab still leads: a frozen tab may learn late that it does not. If the
   * browser does not report lock holders, the tab trusts its own state: a message that two tabs send still arrives only
   * once, but a message that no tab sends is lost. [SEND-3] Also false if the answer is late: ask again then.
   */
  async leadsStill(): Promise<boolean> {
    this.#clientId ??= this.#askClientId();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), PATIENCE);
    });
    const asked = Promise.all([this.#clientId, this.#holderOf(this.#parts.name).catch(() => undefined)]);
    const answer = await Promise.race([asked, late]);
    clearTimeout(timer);
    if (answer === "late") {
      this.#clientId = null;
      return false;
    }
    const [own, holder] = answer;
    return this.isLeading && (own === undefined || holder === undefined || own === holder);
  }

  /** Posts a JSON value to the other tabs. */
  post(message: unknown): void {
    if (!this.#isClosed) this.#channel.postMessage(JSON.stringify(message));
  }

  /** Takes the lead from a tab that does not answer, since it may be frozen. */
  take(): void {
    if (!this.isLeading && !this.#isClosed) this.#request({ steal: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }

  /** Finds this tab's client id as the holder of a lock that only this tab requests. */
  #askClientId(): Promise<string | undefined> {
    const own = randomId();
    return this.#parts.environment.locks.request(own, {}, () => this.#holderOf(own)).catch(() => undefined);
  }

  async #holderOf(name: string): Promise<string | undefined> {
    const { held } = await this.#parts.environment.locks.query();
    return held?.find((lock) => lock.name === name)?.clientId;
  }

  /** Queues for the lock until no other tab leads. */
  #wait(): void {
    if (this.#isWaiting || this.#isClosed) return;
    this.#isWaiting = true;
    this.#request({});
  }

  #request(options: { readonly steal?: boolean }): void {
    const { environment, name } = this.#parts;
    let release = (): void => undefined;
    const endWaiting = () => {
      if (!options.steal) this.#isWaiting = false;
    };
    let isHeld = false;
    const held = async () => {
      // Node calls this at once, before the creator of this object has a reference to it.
      await null;
      isHeld = true;
      endWaiting();
      await new Promise<void>((resolve) => {
        release = resolve;
        if (this.#isClosed) resolve();
        else this.#lead(resolve);
      });
    };
    environment.locks.request(name, options, held).catch((error: unknown) => {
      // A lock that is stolen on its way never calls back.
      if (!isHeld) endWaiting();
      if (this.#isClosed) return;
      if (!isStolen(error)) {
        this.#lead(release);
        return;
      }
      if (this.#release === release) {
        this.#release = null;
        this.#parts.leads(false);
      }
      this.#wait();
    });
  }

  #lead(release: () => void): void {
    this.#release = release;
    this.#parts.leads(true);
  }
}

function isStolen(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}
