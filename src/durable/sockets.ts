import { Code } from "../protocol/codes.ts";
import { Close, Push, pushFrame, type SignedOutReason } from "../protocol/frames.ts";
import type { Millis } from "../protocol/model.ts";

/** What a hibernated socket is remembered by. Only grows: a socket may outlive the release that opened it. */
export interface SocketState {
  readonly socket_id: string;
  readonly user_id: string;
  readonly platform_id: number;
  readonly login_id: string;
  /** Unix seconds at which its login ends. */
  readonly exp: number;
  /** Whether data goes as a base64 string, as the original's clients have it. */
  readonly base64: boolean;
  /** Whether it speaks as the original's clients do: binary frames go out, and both kinds come in. [WIRE-8] */
  readonly v2?: boolean;
  /** When it was opened; absent on one that an older release opened. */
  readonly opened_at?: Millis;
  /** Users whose presence it is told of; absent on a socket that watches nobody. */
  readonly watching?: readonly string[];
}

/** What there is to see of a socket's client. */
export interface SocketSign {
  readonly socket_id: string;
  readonly platform_id: number;
  /** When it last pinged or sent a frame, or was opened. */
  readonly heard_at: Millis;
  /** Not where its login has expired, or where it used to ping and stopped. */
  readonly looks_alive: boolean;
}

/** A push, written once for each of the two forms however many sockets take it. */
export class PushFrame {
  readonly #push: number;
  readonly #data: string;
  #plain: string | undefined;
  #base64: string | undefined;

  /** @param data JSON text. */
  constructor(push: number, data: string) {
    this.#push = push;
    this.#data = data;
  }

  text(base64: boolean): string {
    if (base64) {
      this.#base64 ??= pushFrame(this.#push, this.#data, true);
      return this.#base64;
    }
    this.#plain ??= pushFrame(this.#push, this.#data, false);
    return this.#plain;
  }
}

const encoder = new TextEncoder();

/** After how long without a ping or a frame a socket counts as silent; clients ping every half minute. */
export const SILENT_AFTER = 100_000;

/**
 * The hibernating sockets of one object. States are read from their attachments once after waking.
 */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #maxBufferedBytes: number;
  readonly #states = new Map<WebSocket, SocketState>();
  /** When the last frame came; in memory only, since clients that are there ping. */
  readonly #frameAt = new WeakMap<WebSocket, Millis>();
  readonly #onExpired: (socket: WebSocket, state: SocketState) => void;

  /**
   * @param maxBufferedBytes unsent bytes at which a socket counts as one that does not read.
   * @param onExpired is called instead of closing a socket whose login seems to have expired.
   */
  constructor(
    ctx: DurableObjectState,
    maxBufferedBytes: number,
    onExpired?: (socket: WebSocket, state: SocketState) => void,
  ) {
    this.#ctx = ctx;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#onExpired = onExpired ?? ((socket) => this.signOut(socket, "expired", Code.TOKEN_EXPIRED));
    for (const socket of ctx.getWebSockets()) {
      const state: SocketState | null = socket.deserializeAttachment();
      if (state) this.#states.set(socket, state);
    }
  }

  get size(): number {
    return this.#states.size;
  }

  /** Takes a new socket for hibernation and gives the client's end. */
  accept(state: SocketState): { client: WebSocket; server: WebSocket } {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    this.update(server, { ...state, opened_at: Date.now() });
    return { client, server };
  }

  all(): IterableIterator<[WebSocket, SocketState]> {
    return this.#states.entries();
  }

  /** Sockets whose login has not expired; those others are told so and closed. [LOGIN-3] */
  *hearing(): Generator<[WebSocket, SocketState]> {
    const now = Date.now() / 1_000;
    for (const [socket, state] of [...this.#states]) {
      if (state.exp > now) yield [socket, state];
      else this.#onExpired(socket, state);
    }
  }

  /** Tells those whose login has expired so, and closes them. [LOGIN-3] */
  closeExpired(): void {
    const now = Date.now() / 1_000;
    for (const [socket, state] of [...this.#states]) if (state.exp <= now) this.#onExpired(socket, state);
  }

  /** The state of a socket whose login has not expired; others are told so and closed. [LOGIN-3] */
  livingState(socket: WebSocket, now: number): SocketState | undefined {
    const state = this.#states.get(socket);
    if (!state || state.exp * 1_000 > now) return state;
    this.#onExpired(socket, state);
    return undefined;
  }

  /** A frame came from a socket. */
  heard(socket: WebSocket, now: Millis): void {
    this.#frameAt.set(socket, now);
  }

  /** What there is to see of the clients of all sockets, or of some. [SOCK-5] */
  signs(now: Millis, among?: ReadonlySet<string>): SocketSign[] {
    const wanted = [...this.#states].filter(([, { socket_id }]) => among?.has(socket_id) ?? true);
    return wanted.map(([socket, state]) => {
      const pinged = this.#ctx.getWebSocketAutoResponseTimestamp(socket);
      const heard_at = Math.max(pinged?.getTime() ?? 0, this.#frameAt.get(socket) ?? 0, state.opened_at ?? 0);
      // A client that never pings, as some of the original's do not, may be there all the same.
      const looksAlive = state.exp * 1_000 > now && (pinged === null || now - heard_at < SILENT_AFTER);
      return { socket_id: state.socket_id, platform_id: state.platform_id, heard_at, looks_alive: looksAlive };
    });
  }

  byId(socketId: string): WebSocket | undefined {
    return [...this.#states].find(([, state]) => state.socket_id === socketId)?.[0];
  }

  /** Closes a silent socket, whose place another takes. @returns whether it was here */
  giveUp(socketId: string): boolean {
    const socket = this.byId(socketId);
    if (socket) this.close(socket, Close.FLOOD, "silent, and its place was needed");
    return socket !== undefined;
  }

  state(socket: WebSocket): SocketState | undefined {
    return this.#states.get(socket);
  }

  update(socket: WebSocket, state: SocketState): void {
    this.#states.set(socket, state);
    socket.serializeAttachment(state);
  }

  /** Sends a frame; a socket that does not read is closed, and finds everything by its next sync. [MEM-1] */
  send(socket: WebSocket, text: string): void {
    try {
      socket.send(this.#states.get(socket)?.v2 ? encoder.encode(text) : text);
    } catch {
      this.forget(socket);
      return;
    }
    if ((socket.bufferedAmount ?? 0) > this.#maxBufferedBytes) this.close(socket, Close.FLOOD, "does not read");
  }

  push(socket: WebSocket, frame: PushFrame): void {
    const state = this.#states.get(socket);
    if (state) this.send(socket, frame.text(state.base64));
  }

  /** Tells a socket that its login is over, and closes it. [LOGIN-3] */
  signOut(socket: WebSocket, reason: SignedOutReason, code: Code): void {
    this.push(socket, new PushFrame(Push.SIGNED_OUT, JSON.stringify({ reason, code })));
    this.close(socket, Close.SIGNED_OUT, reason);
  }

  close(socket: WebSocket, code: number, reason: string): void {
    this.forget(socket);
    try {
      socket.close(code, reason);
    } catch {
      // Closed already, by the other side.
    }
  }

  /** Answers a client's closing frame, so that the closing ends now and not by a timeout. */
  acknowledge(socket: WebSocket): SocketState | undefined {
    try {
      // Without a code: some that arrive (1005, 1006, 1015) may not be sent.
      socket.close();
    } catch {
      // Closed already.
    }
    return this.forget(socket);
  }

  /** Drops a socket that is closed. @returns what it was, unless it was dropped before. */
  forget(socket: WebSocket): SocketState | undefined {
    const state = this.#states.get(socket);
    this.#states.delete(socket);
    return state;
  }
}
