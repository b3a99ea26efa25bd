import { patience, within } from "./deadline.ts";
import { toJson } from "./json.ts";

/** One frame as it came, `data` unpacked; `encoded` says that it travelled as base64. */
export type Frame<T = unknown> = {
  req_identifier: number;
  msg_incr: string;
  operation_id: string;
  err_code: number;
  err_msg: string;
  data: T;
  encoded: boolean;
  raw: string;
};

export type Closed = { code: number; reason: string };

export type SocketOptions = {
  token?: string | undefined;
  /** Where the token stands; the contract has three places. */
  by?: "query" | "header" | "subprotocol";
  query?: Record<string, string | number>;
  headers?: Record<string, string>;
  /** Speak as v2's clients do: `data` as a base64 string of JSON. */
  v2?: boolean;
};

type Arrival = Frame | string;
type Wait = { wants: (arrival: Arrival) => boolean; take: (arrival: Arrival) => void; fail: (why: Error) => void };

/**
 * A socket that sends what it is told, right or wrong. What arrives is kept until somebody takes
 * it, so a test never has to be listening before something comes.
 */
export class Socket {
  readonly closed: Promise<Closed>;
  /** Every frame that ever came, taken or not. */
  readonly log: Frame[] = [];
  readonly #ws: WebSocket;
  readonly #v2: boolean;
  readonly #untaken: Arrival[] = [];
  readonly #waits = new Set<Wait>();
  #requests = 0;
  #end: Closed | undefined;

  static async open(url: string, options: SocketOptions = {}): Promise<Socket> {
    const { token, by = "query", headers = {} } = options;
    const target = new URL("/ws", url.replace(/^http/, "ws"));
    for (const [name, value] of Object.entries(options.query ?? {})) {
      target.searchParams.set(name, String(value));
    }
    const protocols: string[] = [];
    const sent = { ...headers };
    if (token !== undefined) {
      if (by === "query") target.searchParams.set("token", token);
      if (by === "header") sent.authorization = `Bearer ${token}`;
      if (by === "subprotocol") protocols.push("nexo", `nexo.token.${token}`);
    }
    const socket = new Socket(new WebSocket(target, { protocols, headers: sent }), options.v2 ?? false);
    await socket.#opened();
    return socket;
  }

  private constructor(ws: WebSocket, v2: boolean) {
    this.#ws = ws;
    this.#v2 = v2;
    ws.binaryType = "arraybuffer";
    ws.addEventListener("message", (event) => this.#arrive(String(event.data)));
    this.closed = new Promise((resolve) => {
      ws.addEventListener("close", ({ code, reason }) => {
        this.#end = { code, reason };
        for (const wait of [...this.#waits]) wait.fail(this.#closedError());
        resolve(this.#end);
      });
    });
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  /** Pushes that came and were not taken by nextPush. */
  get pushes(): Frame[] {
    return this.#untaken.filter((arrival) => typeof arrival !== "string");
  }

  /** Sends a text or binary frame as it is. */
  send(raw: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(raw);
  }

  /** Sends a request frame and returns its msg_incr, without waiting. */
  post(reqIdentifier: number, data: unknown, more: Record<string, unknown> = {}): string {
    const msg_incr = `r${++this.#requests}`;
    this.send(
      toJson({
        req_identifier: reqIdentifier,
        msg_incr,
        operation_id: `op-${msg_incr}`,
        send_id: "",
        data: this.#v2 && data !== undefined ? encode(data) : data,
        ...more,
      }),
    );
    return msg_incr;
  }

  /** The answer to a request that was posted, found by its msg_incr. */
  async answer<T = unknown>(msgIncr: string, timeout = patience): Promise<Frame<T>> {
    const mine = (arrival: Arrival) => isFrame(arrival) && arrival.msg_incr === msgIncr;
    return (await this.#take(mine, `the answer to ${msgIncr}`, timeout)) as Frame<T>;
  }

  request<T = unknown>(reqIdentifier: number, data: unknown, more: Record<string, unknown> = {}): Promise<Frame<T>> {
    return this.answer<T>(this.post(reqIdentifier, data, more));
  }

  /** The first untaken push of this kind that fits, now or later. */
  async nextPush<T>(kind: number, fits: (data: T) => boolean = () => true, timeout = patience): Promise<Frame<T>> {
    const wanted = (arrival: Arrival) => isFrame(arrival) && arrival.req_identifier === kind && fits(arrival.data as T);
    return (await this.#take(wanted, `push ${kind}`, timeout)) as Frame<T>;
  }

  /** Text `ping`, and the text that answers it. */
  async ping(): Promise<string> {
    this.send("ping");
    const isText = (arrival: Arrival) => typeof arrival === "string";
    return (await this.#take(isText, "the answer to ping", patience)) as string;
  }

  /** Waits for the server to close. */
  end(timeout = patience): Promise<Closed> {
    return within(this.closed, () => `the close of the socket; ${this.#came()}`, timeout);
  }

  close(): Promise<Closed> {
    this.#ws.close(1000);
    return this.end();
  }

  async #opened(): Promise<void> {
    if (this.#ws.readyState === WebSocket.OPEN) return;
    const opened = new Promise<void>((resolve, reject) => {
      this.#ws.addEventListener("open", () => resolve(), { once: true });
      this.#ws.addEventListener("error", () => reject(new Error("the socket was not opened")), {
        once: true,
      });
    });
    await within(opened, () => "the socket to open");
  }

  #arrive(raw: string): void {
    const arrival = parse(raw);
    if (isFrame(arrival)) this.log.push(arrival);
    const wait = [...this.#waits].find(({ wants }) => wants(arrival));
    if (wait) wait.take(arrival);
    else this.#untaken.push(arrival);
  }

  #take(wants: Wait["wants"], what: string, timeout: number): Promise<Arrival> {
    const index = this.#untaken.findIndex(wants);
    const found = this.#untaken[index];
    if (found !== undefined) {
      this.#untaken.splice(index, 1);
      return Promise.resolve(found);
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waits.delete(wait);
      };
      const wait: Wait = {
        wants,
        take: (arrival) => {
          settle();
          resolve(arrival);
        },
        fail: (why) => {
          settle();
          reject(new Error(`${why.message} while waiting for ${what}; ${this.#came()}`));
        },
      };
      const timer = setTimeout(() => wait.fail(new Error(`${timeout} ms went by`)), timeout);
      if (this.#end) wait.fail(this.#closedError());
      else this.#waits.add(wait);
    });
  }

  #closedError(): Error {
    return new Error(`the socket was closed (${this.#end?.code} ${this.#end?.reason})`);
  }

  #came(): string {
    const last = this.#untaken.slice(-3).map((arrival) => (isFrame(arrival) ? arrival.raw : arrival));
    return last.length === 0 ? "nothing else came" : `instead came: ${last.join(" | ").slice(0, 600)}`;
  }
}

function isFrame(arrival: Arrival): arrival is Frame {
  return typeof arrival !== "string";
}

/** A frame, or the text itself where it is none (`pong`). */
function parse(raw: string): Arrival {
  let frame: Frame;
  try {
    frame = JSON.parse(raw) as Frame;
  } catch {
    return raw;
  }
  const encoded = typeof frame.data === "string";
  const data = encoded ? decode(frame.data as string) : frame.data;
  return { ...frame, data, encoded, raw };
}

function encode(data: unknown): string {
  return Buffer.from(toJson(data)).toString("base64");
}

function decode(data: string): unknown {
  return data === "" ? null : JSON.parse(Buffer.from(data, "base64").toString("utf8"));
}
