import { FrameSocket, type FrameSocketEnd } from "../../../src/client/connection/frame-socket.ts";
import { type NexoClientError, NO_ANSWER } from "../../../src/client/index.ts";
import { patience, within } from "./deadline.ts";
import { type Frame, Tap, type TapOptions } from "./tap.ts";

export type SocketOptions = Omit<TapOptions, "arrived"> & {
  token?: string | undefined;
  /** The place of the token. The contract has three. */
  by?: "query" | "header" | "subprotocol";
  query?: Record<string, string | number>;
};

type Wait = { wants: (frame: Frame) => boolean; take: (frame: Frame) => void };

const heartbeat = { interval: 25_000, patience };

/**
 * A socket of the SDK whose frames a test can see and change. Frames are kept until a test takes them, so a test can
 * ask for a frame after it arrived.
 */
export class Socket {
  /** How it ended, as reported by the SDK. */
  readonly closed: Promise<FrameSocketEnd>;
  /** Every frame that arrived, taken or not. */
  readonly log: Frame[] = [];
  readonly #tap: Tap;
  readonly #channel: FrameSocket;
  readonly #untaken: Frame[] = [];
  readonly #waits = new Set<Wait>();
  #pong = Promise.withResolvers<string>();
  #text = "";
  #isOpened = false;

  /** Opens a socket, and waits for the answer to its first heartbeat, or for its end if it is refused by a push. */
  static async open(url: string, options: SocketOptions = {}): Promise<Socket> {
    const socket = new Socket(url, options);
    await Promise.race([socket.#pong.promise, socket.closed]);
    if (!socket.#isOpened) throw new Error("the socket was not opened");
    return socket;
  }

  private constructor(url: string, { token, by = "query", query = {}, headers = {}, v2 = false }: SocketOptions) {
    const target = new URL("/ws", url.replace(/^http/, "ws"));
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, String(value));
    const protocols: string[] = [];
    const sent = { ...headers };
    if (token !== undefined) {
      if (by === "query") target.searchParams.set("token", token);
      if (by === "header") sent.authorization = `Bearer ${token}`;
      if (by === "subprotocol") protocols.push("nexo", `nexo.token.${token}`);
    }
    this.#tap = new Tap(target, protocols, { headers: sent, v2, arrived: (arrival) => this.#arrived(arrival) });
    const { promise, resolve } = Promise.withResolvers<FrameSocketEnd>();
    this.closed = promise;
    this.#channel = new FrameSocket(this.#tap, heartbeat, {
      opened: () => {
        this.#isOpened = true;
      },
      // Read at the tap, including frames that the SDK ignores.
      pushed: () => undefined,
      pong: () => this.#ponged(),
      ended: resolve,
    });
  }

  get protocol(): string {
    return this.#tap.protocol;
  }

  /** Pushes that arrived and were not taken by nextPush. */
  get pushes(): readonly Frame[] {
    return this.#untaken;
  }

  /** Sends a text or binary frame unchanged. */
  send(raw: string | Uint8Array<ArrayBuffer>): void {
    this.#tap.sendRaw(raw);
  }

  /** The answer to a frame that was sent unchanged. */
  answer<T = unknown>(msgIncr: string): Promise<Frame<T>> {
    return this.#take<T>(({ msg_incr }) => msg_incr === msgIncr, `the answer to ${msgIncr}`);
  }

  /** Sends a request at once, and returns its answer unchanged. @param changes fields of the request's frame */
  async request<T = unknown>(kind: number, data: unknown, changes: Record<string, unknown> = {}): Promise<Frame<T>> {
    this.#tap.change(changes);
    // Accepts any data: the server must refuse what no client should send.
    const [anyKind, anyData] = [kind, data] as Parameters<FrameSocket["request"]>;
    const asked = this.#channel.request(anyKind, anyData);
    const msgIncr = this.#tap.sent;
    await asked.catch((error: NexoClientError) => {
      // A refusal is an answer, too.
      if (error.code === NO_ANSWER) throw new Error(`${kind} was not answered: ${error.message}; ${this.#came()}`);
    });
    return this.answer<T>(msgIncr);
  }

  /** The first untaken push of this kind that matches, now or later. */
  nextPush<T>(kind: number, fits: (data: T) => boolean = () => true, timeout = patience): Promise<Frame<T>> {
    return this.#take<T>((frame) => frame.req_identifier === kind && fits(frame.data as T), `push ${kind}`, timeout);
  }

  /** Sends the text `ping`, and returns the text that answers it. */
  ping(): Promise<string> {
    const { promise } = this.#pong;
    this.#channel.ping();
    return this.#unlessClosed(promise, "the answer to ping", patience);
  }

  /** Waits for the server to close. */
  end(timeout = patience): Promise<FrameSocketEnd> {
    return within(this.closed, () => `the end of the socket; ${this.#came()}`, timeout);
  }

  close(): Promise<void> {
    this.#channel.close();
    return within(this.#tap.gone, () => "the server to agree to the end of the socket");
  }

  #arrived(arrival: Frame | string): void {
    if (typeof arrival === "string") {
      this.#text = arrival;
      return;
    }
    this.log.push(arrival);
    const wait = [...this.#waits].find(({ wants }) => wants(arrival));
    if (!wait) this.#untaken.push(arrival);
    else {
      this.#waits.delete(wait);
      wait.take(arrival);
    }
  }

  #ponged(): void {
    this.#pong.resolve(this.#text);
    this.#pong = Promise.withResolvers();
  }

  async #take<T>(wants: Wait["wants"], what: string, timeout = patience): Promise<Frame<T>> {
    const index = this.#untaken.findIndex(wants);
    const [found] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (found) return found as Frame<T>;
    const { promise, resolve } = Promise.withResolvers<Frame>();
    const wait: Wait = { wants, take: resolve };
    this.#waits.add(wait);
    try {
      return (await this.#unlessClosed(promise, what, timeout)) as Frame<T>;
    } finally {
      this.#waits.delete(wait);
    }
  }

  #unlessClosed<T>(awaited: Promise<T>, what: string, timeout: number): Promise<T> {
    const closed = this.closed.then((end): never => {
      throw new Error(`the socket ended (${JSON.stringify(end)}) while waiting for ${what}; ${this.#came()}`);
    });
    return within(Promise.race([awaited, closed]), () => `${what}; ${this.#came()}`, timeout);
  }

  #came(): string {
    const last = this.#untaken.slice(-3).map(({ raw }) => raw);
    return last.length === 0 ? "nothing else came" : `instead came: ${last.join(" | ").slice(0, 600)}`;
  }
}
