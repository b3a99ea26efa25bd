import { detailOf, log } from "../log.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { FRAMES } from "../protocol/frame-requests.ts";
import { Close, dataErrorFrame, decodeUtf8, type Echo, errorFrame } from "../protocol/frames.ts";
import { FrameError, parseRequest, type RequestFrame } from "../protocol/parse.ts";
import { byteLength } from "../protocol/text.ts";
import { unknownFrame } from "./frame-handlers.ts";
import type { Sockets } from "./sockets.ts";

/**
 * The number of strikes that closes a socket, what a frame costs (refused for its rate or as an outsider's, or not a
 * frame at all), and how many strikes expire in a second. Clients that slow down stay connected; clients that continue
 * are closed.
 */
const STRIKES = { limit: 1_000, refused: 1, garbage: 50, forgivenPerSecond: 5 };

/** Every frame of a socket passes this gate, in both objects. */
export class FrameGate {
  readonly #sockets: Sockets;
  readonly #maxBytes: number;
  /** In memory only: the count starts over for a socket that is idle long enough for the object to hibernate. */
  readonly #strikes = new WeakMap<WebSocket, { count: number; at: number }>();

  constructor(sockets: Sockets, maxBytes: number) {
    this.#sockets = sockets;
    this.#maxBytes = maxBytes;
  }

  /**
   * Parses what a client sent. Data that is not a request is answered here, and null is returned. [SOCK-1 SOCK-2
   * WIRE-8]
   */
  receive(socket: WebSocket, message: string | ArrayBuffer, now: number): RequestFrame | null {
    const state = this.#sockets.livingState(socket, now);
    if (!state) return null;
    this.#sockets.heard(socket, now);
    if (typeof message !== "string" && !state.v2) {
      this.#sockets.close(socket, Close.BINARY, "text frames only");
      return null;
    }
    if (this.#isTooLarge(message)) {
      this.#sockets.close(socket, Close.TOO_LARGE, "frame too large");
      return null;
    }
    try {
      const frame = parseRequest(typeof message === "string" ? message : decodeUtf8(message));
      if (!frame) {
        this.#sockets.send(socket, dataErrorFrame("not a frame: a JSON object with an integer req_identifier"));
        this.#strike(socket, "garbage");
        return null;
      }
      if (frame.base64 && !state.base64) this.#sockets.update(socket, { ...state, base64: true });
      if (frame.send_id === "" || frame.send_id === state.user_id) return frame;
      this.refuse(socket, frame, new NexoError(Code.TOKEN_MISMATCH, "send_id: must be the token's user"));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // Nobody can say what the fields of an unknown frame must be.
      const { req_identifier: number } = error.echo;
      this.refuse(socket, error.echo, number in FRAMES ? error : unknownFrame(number));
    }
    return null;
  }

  /** Answers a failed request. Only errors of the contract say what happened. */
  refuse(socket: WebSocket, echo: Echo, error: unknown): void {
    const code = errorCode(error);
    const message = code !== undefined && error instanceof Error ? error.message : undefined;
    if (code === undefined) {
      const { operation_id, req_identifier } = echo;
      log("error", "frame_failed", { operation_id, req_identifier, detail: detailOf(error) });
    }
    this.#sockets.send(socket, errorFrame(echo, code ?? Code.INTERNAL, message));
    if (code === Code.TOO_MANY_REQUESTS || code === Code.NO_PERMISSION) this.#strike(socket, "refused");
  }

  /** Counts the strikes of a socket, and closes it at the limit. [SOCK-2] */
  #strike(socket: WebSocket, kind: "refused" | "garbage"): void {
    const now = Date.now();
    const { count, at } = this.#strikes.get(socket) ?? { count: 0, at: now };
    const forgiven = (Math.max(0, now - at) / 1_000) * STRIKES.forgivenPerSecond;
    const strikes = Math.max(0, count - forgiven) + STRIKES[kind];
    this.#strikes.set(socket, { count: strikes, at: now });
    if (strikes >= STRIKES.limit) this.#sockets.close(socket, Close.FLOOD, "keeps sending refused requests");
  }

  #isTooLarge(message: string | ArrayBuffer): boolean {
    if (typeof message !== "string") return message.byteLength > this.#maxBytes;
    if (message.length > this.#maxBytes) return true;
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    return message.length * 3 > this.#maxBytes && byteLength(message) > this.#maxBytes;
  }
}
