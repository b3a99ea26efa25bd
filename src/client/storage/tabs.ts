import { randomId } from "../../protocol/ids.ts";
import type { TabsEnvironment } from "../connection/environment.ts";

export interface TabsParts {
  readonly environment: TabsEnvironment;
  /** What the tabs share is called so. */
  readonly name: string;
  /** Another tab has posted this. */
  readonly heard: (message: unknown) => void;
  /** This tab leads from now on, or does no more. */
  readonly leads: (isLeading: boolean) => void;
}

/** A browser that takes longer to say who holds a lock is not waited for. */
const PATIENCE = 1_000;

/**
 * The tabs of a browser that share something: what one posts all others hear, and one of them leads. It does so by a
 * Web Lock, which the browser hands on when the tab is closed or dies. Where locks are refused each leads for itself.
 */
export class Tabs {
  readonly #parts: TabsParts;
  readonly #channel: InstanceType<TabsEnvironment["BroadcastChannel"]>;
  /** What lets go of the lock, while this tab leads. */
  #release: (() => void) | null = null;
  /** By what the browser knows this tab. */
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
   * Whether it leads still, as the browser says: a tab that was frozen may be late to hear that it does not. Where the
   * browser does not say who holds what, a tab believes itself: a message that two tabs send is there once all the
   * same, and one that no tab sends is lost. [SEND-3] False, too, where the answer is late: to be asked again.
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

  /** Posts what JSON can carry. */
  post(message: unknown): void {
    if (!this.#isClosed) this.#channel.postMessage(JSON.stringify(message));
  }

  /** Takes the lead from a tab that does not answer: it may be frozen. */
  take(): void {
    if (!this.isLeading && !this.#isClosed) this.#request({ steal: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }

  /** By the holder of a lock that only this tab asks for. */
  #askClientId(): Promise<string | undefined> {
    const own = randomId();
    return this.#parts.environment.locks.request(own, {}, () => this.#holderOf(own)).catch(() => undefined);
  }

  async #holderOf(name: string): Promise<string | undefined> {
    const { held } = await this.#parts.environment.locks.query();
    return held?.find((lock) => lock.name === name)?.clientId;
  }

  /** Waits in line until no tab leads. */
  #wait(): void {
    if (this.#isWaiting || this.#isClosed) return;
    this.#isWaiting = true;
    this.#request({});
  }

  #request(options: { readonly steal?: boolean }): void {
    const { environment, name } = this.#parts;
    let release = (): void => undefined;
    const held = async () => {
      // Node calls this at once, when whoever made these tabs does not have them yet.
      await null;
      if (!options.steal) this.#isWaiting = false;
      await new Promise<void>((resolve) => {
        release = resolve;
        if (this.#isClosed) resolve();
        else this.#lead(resolve);
      });
    };
    environment.locks.request(name, options, held).catch((error: unknown) => {
      if (this.#isClosed) return;
      if (!isStolen(error)) this.#lead(release);
      else if (this.#release === release) {
        this.#release = null;
        this.#parts.leads(false);
        this.#wait();
      }
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
