import { Code } from "../../protocol/codes.ts";
import { NexoClientError } from "../errors.ts";
import { LazyView, type View } from "../view.ts";
import type { SignedOut } from "./reconnecting-socket.ts";

/** How the client stands with the server. */
export interface ConnectionSnapshot {
  /**
   * - `connecting`: a socket is being opened
   * - `catching_up`: it is open, and what was missed is being fetched
   * - `online`: all is here, and what is new comes by itself
   * - `degraded`: no socket can be opened, but HTTP works: messages are sent, and what is new is asked for every few
   *   seconds. Who types and who is online is not known. The client keeps trying to open a socket
   * - `offline`: the server could not be reached, or the socket was lost; the next try is at `retry_at`
   * - `signed_out`: for good, see `signed_out`; this client does not come back
   * - `closed`: by `client.close()`
   */
  readonly status: "connecting" | "catching_up" | "online" | "degraded" | "offline" | "signed_out" | "closed";
  /** While offline: when the next try is, in Unix milliseconds; else 0. */
  readonly retry_at: number;
  /** While offline: why, if the server said so. */
  readonly error: NexoClientError | null;
  /** Once signed out: why. */
  readonly signed_out: SignedOut | null;
}

const REST = { retry_at: 0, error: null, signed_out: null };

/** What there is to show of the connection. */
export class Connection {
  #snapshot: ConnectionSnapshot = Object.freeze({ status: "connecting", ...REST });
  readonly #view = new LazyView(() => this.#snapshot);

  get view(): View<ConnectionSnapshot> {
    return this.#view;
  }

  get status(): ConnectionSnapshot["status"] {
    return this.#snapshot.status;
  }

  /** Whether it is over for good. */
  get isOver(): boolean {
    return this.status === "signed_out" || this.status === "closed";
  }

  /** @throws NexoClientError when it is over instead */
  async ready(): Promise<void> {
    while (this.status !== "online" && this.status !== "degraded") {
      if (this.isOver) {
        const { reason, code } = this.#snapshot.signed_out ?? { reason: this.status, code: Code.UNAUTHORIZED };
        throw new NexoClientError(code, reason, { retryable: false });
      }
      await new Promise<void>((resolve) => {
        const stop = this.#view.subscribe(() => {
          stop();
          resolve();
        });
      });
    }
  }

  set(status: ConnectionSnapshot["status"], details: Partial<ConnectionSnapshot> = {}): void {
    if (this.isOver || (status === this.status && status !== "offline")) return;
    this.#snapshot = Object.freeze({ ...REST, ...details, status });
    this.#view.changed();
  }
}
