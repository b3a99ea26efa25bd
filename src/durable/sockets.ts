import { Code } from "../protocol/codes.ts";
import { Close, Push, pushFrame, type SignedOutReason } from "../protocol/frames.ts";
import type { Millis } from "../protocol/model.ts";

/** The state that a hibernated socket keeps. Fields are only added: a socket may outlive the release that opened it. */
export interface SocketState {
  readonly socket_id: string;
  readonly user_id: string;
  readonly platform_id: number;
  readonly login_id: string;
  /** Unix seconds at which its login ends. */
  readonly exp: number;
  /** Whether data is sent as a base64 string, as for the original's clients. */
  readonly base64: boolean;
  /**
   * Whether it uses the original's dialect: the server sends binary frames, and accepts text and binary frames.
   * [WIRE-8]
   */
  readonly v2?: boolean;
  /** When it was opened; absent on a socket that an older release opened. */
  readonly opened_at?: Millis;
  /** Users whose presence it watches; absent on a socket that watches nobody. */
  readonly watching?: readonly string[];
  /** Whether its client is not being looked at; absent until the client says so. [NOTIFY-2] */
  readonly background?: boolean;
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

/** A push, serialized once for each of the two forms, for any number of sockets. */
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

/** The time without a ping or a frame after which a socket counts as silent. Clients ping every half minute. */
export const SILENT_AFTER = 100_000;

/** The hibernating sockets of one object. Their states are read from the attachments once after waking. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #maxBufferedBytes: number;
  readonly #states = new Map<WebSocket, SocketState>();
  /** When the last frame arrived. In memory only, since live clients ping. */
  readonly #frameAt = new WeakMap<WebSocket, Millis>();
  readonly #onExpired: (socket: WebSocket, state: SocketState) => void;

  /**
   * @param maxBufferedBytes the number of unsent bytes at which a socket counts as one that stopped reading.
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

  /** Accepts a new socket for hibernation and returns the client's end. */
  accept(state: SocketState): { client: WebSocket; server: WebSocket } {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    this.update(server, { ...state, opened_at: Date.now() });
    return { client, server };
  }

  all(): IterableIterator<[WebSocket, SocketState]> {
    return this.#states.entries();
  }

  /** Sockets whose login has not expired. The others get the reason and are closed. [LOGIN-3] */
  *hearing(): Generator<[WebSocket, SocketState]> {
    const now = Date.now() / 1_000;
    for (const [socket, state] of [...this.#states]) {
      if (state.exp > now) yield [socket, state];
      else this.#onExpired(socket, state);
    }
  }

  /** Sends the reason to sockets whose login has expired, and closes them. [LOGIN-3] */
  closeExpired(): void {
    const now = Date.now() / 1_000;
    for (const [socket, state] of [...this.#states]) if (state.exp <= now) this.#onExpired(socket, state);
  }

  /** The state of a socket whose login has not expired. Others get the reason and are closed. [LOGIN-3] */
  livingState(socket: WebSocket, now: number): SocketState | undefined {
    const state = this.#states.get(socket);
    if (!state || state.exp * 1_000 > now) return state;
    this.#onExpired(socket, state);
    return undefined;
  }

  /** Records that a socket sent a frame. */
  heard(socket: WebSocket, now: Millis): void {
    this.#frameAt.set(socket, now);
  }

  /** What is known about the clients of all sockets, or of some. [SOCK-5] */
  signs(now: Millis, among?: ReadonlySet<string>): SocketSign[] {
    const wanted = [...this.#states].filter(([, { socket_id }]) => among?.has(socket_id) ?? true);
    return wanted.map(([socket, state]) => {
      const pinged = this.#ctx.getWebSocketAutoResponseTimestamp(socket);
      const heard_at = Math.max(pinged?.getTime() ?? 0, this.#frameAt.get(socket) ?? 0, state.opened_at ?? 0);
      // A client that never pings, like some of the original's, may still be connected.
      const looksAlive = state.exp * 1_000 > now && (pinged === null || now - heard_at < SILENT_AFTER);
      return { socket_id: state.socket_id, platform_id: state.platform_id, heard_at, looks_alive: looksAlive };
    });
  }

  byId(socketId: string): WebSocket | undefined {
    return [...this.#states].find(([, state]) => state.socket_id === socketId)?.[0];
  }

  /** Closes a silent socket to make room for another. @returns whether this object had it */
  giveUp(socketId: string): boolean {
    const socket = this.byId(socketId);
    if (socket) this.close(socket, Close.FLOOD, "silent while its place was needed");
    return socket !== undefined;
  }

  state(socket: WebSocket): SocketState | undefined {
    return this.#states.get(socket);
  }

  update(socket: WebSocket, state: SocketState): void {
    this.#states.set(socket, state);
    socket.serializeAttachment(state);
  }

  /** Sends a frame. A socket that stopped reading is closed; its client gets everything by its next sync. [MEM-1] */
  send(socket: WebSocket, text: string): void {
    try {
      socket.send(this.#states.get(socket)?.v2 ? encoder.encode(text) : text);
    } catch {
      this.forget(socket);
      return;
    }
    if ((socket.bufferedAmount ?? 0) > this.#maxBufferedBytes) this.close(socket, Close.FLOOD, "stopped reading");
  }

  push(socket: WebSocket, frame: PushFrame): void {
    const state = this.#states.get(socket);
    if (state) this.send(socket, frame.text(state.base64));
  }

  /** Sends a socket the reason why its login ended, and closes it. [LOGIN-3] */
  signOut(socket: WebSocket, reason: SignedOutReason, code: Code): void {
    this.push(socket, new PushFrame(Push.SIGNED_OUT, JSON.stringify({ reason, code })));
    this.close(socket, Close.SIGNED_OUT, reason);
  }

  close(socket: WebSocket, code: number, reason: string): void {
    this.forget(socket);
    try {
      socket.close(code, reason);
    } catch {
      // The other side has closed it already.
    }
  }

  /** Answers a client's close frame, so that the close completes now and not by a timeout. */
  acknowledge(socket: WebSocket): SocketState | undefined {
    try {
      // Without a code: some received codes (1005, 1006, 1015) must not be sent.
      socket.close();
    } catch {
      // Closed already.
    }
    return this.forget(socket);
  }

  /** Drops a closed socket. @returns its state, unless it was dropped before. */
  forget(socket: WebSocket): SocketState | undefined {
    const state = this.#states.get(socket);
    this.#states.delete(socket);
    return state;
  }
}
