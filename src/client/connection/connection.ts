import { Code } from "../../protocol/codes.ts";
import { NexoClientError } from "../errors.ts";
import { LazyView, type View } from "../view.ts";
import type { SignedOut } from "./reconnecting-socket.ts";

/** The state of the connection to the server. */
export interface ConnectionSnapshot {
  /**
   * - `connecting`: a socket is being opened
   * - `catching_up`: the socket is open, and missed changes are being fetched
   * - `online`: the client is up to date, and new changes are pushed
   * - `degraded`: no socket can be opened, but HTTP works: messages are sent, and changes are polled every few seconds.
   *   Typing and presence are not known. The client keeps trying to open a socket
   * - `offline`: the server could not be reached, or the socket was lost; the next try is at `retry_at`
   * - `signed_out`: final, see `signed_out`; this client does not reconnect
   * - `closed`: `client.close()` was called
   */
  readonly status: "connecting" | "catching_up" | "online" | "degraded" | "offline" | "signed_out" | "closed";
  /** While offline: the time of the next try, in Unix milliseconds; else 0. */
  readonly retry_at: number;
  /** While offline: the reason, if the server gave one. */
  readonly error: NexoClientError | null;
  /** Once signed out: the reason. */
  readonly signed_out: SignedOut | null;
}

const REST = { retry_at: 0, error: null, signed_out: null };

/** The connection state that apps can show. */
export class Connection {
  #snapshot: ConnectionSnapshot = Object.freeze({ status: "connecting", ...REST });
  readonly #view = new LazyView(() => this.#snapshot);

  get view(): View<ConnectionSnapshot> {
    return this.#view;
  }

  get status(): ConnectionSnapshot["status"] {
    return this.#snapshot.status;
  }

  /** Whether the connection has ended permanently. */
  get isOver(): boolean {
    return this.status === "signed_out" || this.status === "closed";
  }

  /** @throws NexoClientError when the connection ends permanently instead */
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
