import { exports } from "cloudflare:workers";
import { judgeFrame } from "../contract.ts";
import { urlOf } from "./api.ts";

export interface Frame<T> {
  readonly req_identifier: number;
  readonly msg_incr: string;
  readonly err_code: number;
  readonly err_msg: string;
  readonly data: T;
  /** Whether data was sent as base64. */
  readonly encoded: boolean;
  /** Whether the frame was a binary one. */
  readonly binary: boolean;
}

export interface Moved {
  readonly prev: number;
  readonly cursor: number;
}

type Waiting = { fits: (frame: Frame<unknown> | string) => boolean; take: (frame: Frame<unknown> | string) => void };

const PATIENCE = 5_000;

/** An upgrade, with the response of a refusal or the socket of a success. */
export function upgrade(
  query: Record<string, string | number>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return exports.default.fetch(new Request(urlOf("/ws", query), { headers: { Upgrade: "websocket", ...headers } }));
}

export async function openSocket(
  query: Record<string, string | number>,
  headers: Record<string, string> = {},
): Promise<TestSocket> {
  const response = await upgrade(query, headers);
  if (!response.webSocket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  return new TestSocket(response.webSocket);
}

/** A client's end of a socket. Frames are kept until a test takes them. */
export class TestSocket {
  readonly closed: Promise<{ code: number; reason: string }>;
  /** All frames that arrived, taken or not. */
  readonly log: Frame<unknown>[] = [];
  readonly #socket: WebSocket;
  readonly #untaken: (Frame<unknown> | string)[] = [];
  readonly #waiting = new Set<Waiting>();
  #requests = 0;
  /** The first frame that broke the contract. */
  #wrong: unknown;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#arrived(data));
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.accept();
  }

  send(raw: string | ArrayBuffer): void {
    this.#socket.send(raw);
  }

  /** Sends a request and returns its msg_incr, which identifies its answer. */
  post(request: number, data: unknown): string {
    const msg_incr = `r${++this.#requests}`;
    this.send(JSON.stringify({ req_identifier: request, msg_incr, operation_id: "", send_id: "", data }));
    return msg_incr;
  }

  async answer<T>(msgIncr: string): Promise<Frame<T>> {
    const fits = (frame: Frame<unknown> | string) => typeof frame !== "string" && frame.msg_incr === msgIncr;
    return (await this.#take(fits, `the answer to ${msgIncr}`)) as Frame<T>;
  }

  request<T>(request: number, data: unknown): Promise<Frame<T>> {
    return this.answer<T>(this.post(request, data));
  }

  /** The first untaken push of a kind that matches, now or later. */
  async push<T>(kind: number, fits: (data: T) => boolean = () => true): Promise<T> {
    const wanted = (frame: Frame<unknown> | string) =>
      typeof frame !== "string" && frame.req_identifier === kind && frame.msg_incr === "" && fits(frame.data as T);
    return ((await this.#take(wanted, `push ${kind}`)) as Frame<T>).data;
  }

  async ping(): Promise<string> {
    this.send("ping");
    return (await this.#take((frame) => typeof frame === "string", "the answer to ping")) as string;
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Seqs of the messages pushed so far, in order of arrival. */
  pushedSeqs(): number[] {
    return this.log
      .filter((frame) => frame.req_identifier === 2001)
      .flatMap((frame) => Object.values((frame.data as { msgs: Record<string, { seq: number }[]> }).msgs).flat())
      .map(({ seq }) => seq);
  }

  #arrived(data: unknown): void {
    const raw = textOf(data);
    const frame = parse(raw, data instanceof ArrayBuffer);
    if (typeof frame !== "string") {
      this.#judge({ ...frame, raw });
      this.log.push(frame);
    }
    const waiting = [...this.#waiting].find(({ fits }) => fits(frame));
    if (waiting) waiting.take(frame);
    else this.#untaken.push(frame);
  }

  /** An error in a listener would be uncaught, so the next caller that takes a frame throws it. */
  #judge(frame: Parameters<typeof judgeFrame>[0]): void {
    try {
      judgeFrame(frame);
    } catch (error) {
      this.#wrong ??= error;
    }
  }

  #take(fits: Waiting["fits"], what: string): Promise<Frame<unknown> | string> {
    if (this.#wrong) return Promise.reject(this.#wrong);
    const index = this.#untaken.findIndex(fits);
    const [found] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`timed out waiting for ${what}; untaken: ${JSON.stringify(this.#untaken).slice(0, 400)}`));
      }, PATIENCE);
      const waiting: Waiting = {
        fits,
        take: (frame) => {
          settle();
          if (this.#wrong) reject(this.#wrong);
          else resolve(frame);
        },
      };
      this.#waiting.add(waiting);
    });
  }
}

function textOf(arrived: unknown): string {
  return arrived instanceof ArrayBuffer ? Buffer.from(arrived).toString() : String(arrived);
}

function parse(raw: string, binary: boolean): Frame<unknown> | string {
  if (!raw.startsWith("{")) return raw;
  const frame: Frame<unknown> = JSON.parse(raw);
  if (typeof frame.data !== "string") return { ...frame, binary, encoded: false };
  return { ...frame, data: JSON.parse(Buffer.from(frame.data, "base64").toString()), binary, encoded: true };
}
