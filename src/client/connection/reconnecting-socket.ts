import { Code } from "../../protocol/codes.ts";
import { Close, type SignedOutReason, SUBPROTOCOL, TOKEN_SUBPROTOCOL } from "../../protocol/frames.ts";
import { NexoClientError, NO_ANSWER, toClientError } from "../errors.ts";
import type { SocketClass } from "./environment.ts";
import { FrameSocket, type FrameSocketEnd, type FrameSocketEvents, type Heartbeat } from "./frame-socket.ts";
import { AskedPause, pauseAfter } from "./pauses.ts";

/** Why a login has ended; `refused` also means a wrong password. */
export interface SignedOut {
  readonly reason: SignedOutReason;
  readonly code: number;
}

export interface ReconnectingSocketParts {
  readonly url: string;
  readonly WebSocket: SocketClass;
  readonly heartbeat: Heartbeat;
  /** The target of the socket: "" is the user, else a conversation. */
  readonly conversationId: string;
  /** The token, once there is one. @throws NexoClientError; if it is not retryable, the client is signed out */
  readonly token: () => Promise<string>;
  /** Whether the reason that a socket of this token received ends the login; else another token is tried. */
  readonly ends: (why: SignedOut, token: string) => boolean;
  readonly events: {
    /** A socket is open; not yet "up": call `succeeded` once it has proven useful. */
    opened(channel: FrameSocket): void;
    pushed: FrameSocketEvents["pushed"];
    pong: FrameSocketEvents["pong"];
    /** The socket is lost, or could not be opened; the next try is at this time. */
    waiting(until: number, error: NexoClientError | null): void;
    connecting(): void;
    /** The socket that had succeeded has lasted. */
    lasted(): void;
    /** The socket has ended permanently. */
    signedOut(why: SignedOut): void;
  };
}

/** A shorter life counts as a failure: a socket that closes at once must not be reopened every second. */
const LASTING = 5_000;
/** A wake restarts an attempt older than this: it may hang on a network that no longer exists. */
const FRESH = 1_000;

/** A socket that is reopened whenever it is lost, until the login ends or the socket is ended. */
export class ReconnectingSocket {
  readonly #parts: ReconnectingSocketParts;
  #channel: FrameSocket | null = null;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Timer that runs from a success until the socket has lasted. */
  #lasting: ReturnType<typeof setTimeout> | undefined;
  readonly #asked = new AskedPause();
  #triedAt = 0;
  /** Incremented with each attempt: events of earlier attempts are ignored. */
  #attempt = 0;
  #state: "idle" | "connecting" | "open" | "waiting" | "stopped" = "idle";

  constructor(parts: ReconnectingSocketParts) {
    this.#parts = parts;
  }

  /** The socket, if it is open. */
  get channel(): FrameSocket | null {
    return this.#channel?.isOpen ? this.#channel : null;
  }

  start(): void {
    if (this.#state === "idle") void this.#connect();
  }

  /** Ends the socket permanently, without telling the app. */
  stop(): void {
    this.#state = "stopped";
    this.#drop();
  }

  /** The open socket works: once it has lasted, the next loss starts with a short pause again. [LINK-4] */
  succeeded(): void {
    this.#lasting ??= setTimeout(() => {
      this.#attempts = 0;
      this.#parts.events.lasted();
    }, LASTING);
  }

  /** The network may have come back: tries now, or checks whether a socket that looks open is still alive. */
  wake(): void {
    if (this.#state === "open") this.#channel?.ping();
    const hangs = this.#state === "connecting" && Date.now() - this.#triedAt > FRESH;
    const rests = this.#state === "waiting" && this.#asked.left === 0;
    if (rests || hangs) void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#drop();
    const attempt = ++this.#attempt;
    this.#state = "connecting";
    this.#triedAt = Date.now();
    this.#parts.events.connecting();
    try {
      const token = await this.#parts.token();
      if (attempt === this.#attempt && this.#state === "connecting") this.#open(token, attempt);
    } catch (thrown) {
      if (attempt !== this.#attempt || this.#state !== "connecting") return;
      const error = toClientError(thrown);
      // Only the server can end a login: proxies in between cannot.
      if (error.retryable || error.code === NO_ANSWER) this.#wait(error);
      else this.#signedOut({ reason: "refused", code: error.code });
    }
  }

  #open(token: string, attempt: number): void {
    const { url, WebSocket, conversationId, heartbeat, events } = this.#parts;
    const query = conversationId === "" ? "" : `?conversation_id=${encodeURIComponent(conversationId)}`;
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws${query}`, [SUBPROTOCOL, TOKEN_SUBPROTOCOL + token]);
    const channel = new FrameSocket(socket, heartbeat, {
      opened: () => {
        this.#state = "open";
        events.opened(channel);
      },
      pushed: events.pushed,
      pong: events.pong,
      // A socket that this side dropped does not count as lost.
      ended: (end) => attempt === this.#attempt && this.#ended(end, token),
    });
    this.#channel = channel;
  }

  #ended(end: FrameSocketEnd, token: string): void {
    const why = signedOutBy(end);
    if (why && this.#parts.ends(why, token)) this.#signedOut(why);
    else this.#wait(end.told && new NexoClientError(end.told.code, "the socket was refused"));
  }

  #wait(error: NexoClientError | null): void {
    this.#drop();
    this.#state = "waiting";
    this.#asked.begin(error);
    const pause = pauseAfter(error, this.#attempts++);
    this.#timer = setTimeout(() => void this.#connect(), pause);
    this.#parts.events.waiting(Date.now() + pause, error);
  }

  #signedOut(why: SignedOut): void {
    this.stop();
    this.#parts.events.signedOut(why);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#lasting);
    this.#lasting = undefined;
    this.#attempt++;
    const channel = this.#channel;
    this.#channel = null;
    channel?.close();
  }
}

/** Whether an end means that this token is permanently invalid. */
function signedOutBy({ closeCode, told }: FrameSocketEnd): SignedOut | null {
  // Its code is checked too: if the connection breaks right after that frame, the close code is lost.
  const isToken = told !== null && told.code >= Code.TOKEN_INVALID && told.code <= Code.TOKEN_MISMATCH;
  if (closeCode !== Close.SIGNED_OUT && !isToken) return null;
  return told ?? { reason: "refused", code: Code.TOKEN_INVALID };
}
