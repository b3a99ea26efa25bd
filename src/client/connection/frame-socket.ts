import type { FrameData } from "../../protocol/frame-answers.ts";
import type { FrameNumber } from "../../protocol/frame-requests.ts";
import { Push, type SignedOutReason } from "../../protocol/frames.ts";
import type { FrameRequest } from "../../protocol/requests.ts";
import { NexoClientError, noAnswer } from "../errors.ts";
import type { Typed } from "../messages/content.ts";
import type { SocketLike } from "./environment.ts";
import { isAnswer, isPush, type TypedPush } from "./frame-fields.ts";

/** How one socket ended. */
export interface FrameSocketEnd {
  /** The close code; 1006 if the connection was lost without a close frame. */
  readonly closeCode: number;
  /** The reason that the server sent just before the end, if it sent one. */
  readonly told: { readonly reason: SignedOutReason; readonly code: number } | null;
}

export interface FrameSocketEvents {
  opened(): void;
  /** A frame that the server sent without a request. */
  pushed(push: TypedPush): void;
  /** The heartbeat's answer; the cursor is undefined on a conversation's socket. */
  pong(cursor: number | undefined): void;
  ended(end: FrameSocketEnd): void;
}

export interface Heartbeat {
  /** Milliseconds between two pings. */
  readonly interval: number;
  /** Milliseconds that a socket may stay silent after a ping before it is closed. */
  readonly patience: number;
}

const REQUEST_DEADLINE = 15_000;
const OPEN_DEADLINE = 15_000;

interface Waiting {
  readonly answered: (data: unknown) => void;
  readonly failed: (error: unknown) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

interface Frame {
  req_identifier: number;
  msg_incr: string;
  operation_id: string;
  err_code: number;
  err_msg: string;
  data: unknown;
}

/**
 * One socket from its opening to its end: requests and their answers, pushes, and a heartbeat that detects
 * a dead connection. It ends exactly once, for whichever reason comes first.
 */
export class FrameSocket {
  readonly #socket: SocketLike;
  readonly #events: FrameSocketEvents;
  readonly #heartbeat: Heartbeat;
  readonly #waiting = new Map<string, Waiting>();
  #state: "opening" | "open" | "ended" = "opening";
  #told: FrameSocketEnd["told"] = null;
  #requests = 0;
  #nextPing: ReturnType<typeof setTimeout> | undefined;
  /** Timer that runs while an answer to a ping is due. */
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: SocketLike, heartbeat: Heartbeat, events: FrameSocketEvents) {
    this.#socket = socket;
    this.#heartbeat = heartbeat;
    this.#events = events;
    this.#silence = setTimeout(() => this.#end(1006), OPEN_DEADLINE);
    socket.addEventListener("open", () => this.#open());
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", ({ code }) => this.#end(code ?? 1006));
    socket.addEventListener("error", () => this.#end(1006));
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /**
   * Sends a request and waits for the answer.
   * @param answered is called with the answer before any later frame is handled: work that depends on the order of
   *   frames belongs there, not after the promise.
   * @throws NexoClientError
   */
  request<N extends FrameNumber>(
    kind: N,
    data: FrameRequest<N>,
    answered?: (data: Typed<FrameData<N>>) => void,
  ): Promise<Typed<FrameData<N>>> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(noAnswer("the socket is not open"));
      const msg_incr = String(++this.#requests);
      const timer = setTimeout(() => {
        this.#waiting.delete(msg_incr);
        reject(noAnswer(`request ${kind}: no answer in time`));
      }, REQUEST_DEADLINE);
      this.#waiting.set(msg_incr, {
        timer,
        failed: reject,
        answered: (value) => {
          if (!isAnswer(kind, value)) return reject(noAnswer(`request ${kind}: the answer lacks a field`));
          // First, so that the request ends even if taking the answer fails. Its caller goes on after this turn.
          resolve(value);
          answered?.(value);
        },
      });
      this.#send(JSON.stringify({ req_identifier: kind, msg_incr, operation_id: msg_incr, data }));
    });
  }

  /** Sends a ping now, unless one is already unanswered. */
  ping(): void {
    if (!this.isOpen || this.#silence !== undefined) return;
    clearTimeout(this.#nextPing);
    this.#nextPing = setTimeout(() => this.ping(), this.#heartbeat.interval);
    this.#silence = setTimeout(() => this.#end(1006), this.#heartbeat.patience);
    this.#send("ping");
  }

  /** Closes the socket from this side; `ended` is called as usual. */
  close(): void {
    this.#end(1000);
  }

  #open(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#heard();
    this.ping();
    this.#events.opened();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #send(text: string): void {
    try {
      this.#socket.send(text);
    } catch {
      this.#end(1006);
    }
  }

  #receive(text: unknown): void {
    if (this.#state === "ended" || typeof text !== "string") return;
    this.#heard();
    if (text.startsWith("pong")) {
      const [, cursor] = text.split(":");
      this.#events.pong(cursor === undefined ? undefined : Number(cursor));
      return;
    }
    const frame = parse(text);
    if (!frame) return;
    if (frame.msg_incr !== "") this.#answer(frame);
    else if (!isPush(frame)) return;
    else if (frame.req_identifier === Push.SIGNED_OUT) this.#told = frame.data;
    else if (frame.err_code === 0) this.#events.pushed(frame);
  }

  #answer(frame: Frame): void {
    const waiting = this.#waiting.get(frame.msg_incr);
    if (!waiting) return;
    this.#waiting.delete(frame.msg_incr);
    clearTimeout(waiting.timer);
    if (frame.err_code === 0) waiting.answered(frame.data);
    else waiting.failed(new NexoClientError(frame.err_code, frame.err_msg, { requestId: frame.operation_id }));
  }

  #end(closeCode: number): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearTimeout(this.#nextPing);
    clearTimeout(this.#silence);
    try {
      this.#socket.close();
    } catch {
      // Some WebSocket classes throw if the socket is already closed or not yet open.
    }
    for (const { failed, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      failed(noAnswer("the socket is gone"));
    }
    this.#waiting.clear();
    this.#events.ended({ closeCode, told: this.#told });
  }
}

function parse(text: string): Frame | undefined {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.req_identifier === "number" ? { msg_incr: "", err_code: 0, ...frame } : undefined;
  } catch {
    return undefined;
  }
}
