import { vi } from "vitest";
import type { SocketEvent, SocketLike } from "../../../src/client/connection/environment.ts";
import { type Client, type ClientOptions, createClient } from "../../../src/client/index.ts";
import { Push, Request } from "../../../src/protocol/frames.ts";
import type { Conversation, Message, Synced } from "../../../src/protocol/model.ts";

/** A frame that the client sent. */
export interface Asked {
  readonly req_identifier: number;
  readonly msg_incr: string;
  readonly data: Record<string, unknown>;
}

/** The server's end of a socket, simulated by a test. */
export class FakeSocket implements SocketLike {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: string[] = [];
  readonly #listeners = new Map<string, ((event: SocketEvent) => void)[]>();
  readonly #answered = new Set<string>();
  isClosed = false;

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  #fire(event: SocketEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }

  get pings(): number {
    return this.sent.filter((text) => text === "ping").length;
  }

  /** Requests of a kind that have not been answered. */
  asked(kind: number): Asked[] {
    const frames = this.sent.filter((text) => text.startsWith("{")).map((text): Asked => JSON.parse(text));
    return frames.filter((frame) => frame.req_identifier === kind && !this.#answered.has(frame.msg_incr));
  }

  async open(): Promise<void> {
    this.#fire({ type: "open" });
    await settle();
  }

  async frame(frame: Record<string, unknown>): Promise<void> {
    const whole = { msg_incr: "", operation_id: "", err_code: 0, err_msg: "", data: null, ...frame };
    this.#fire({ type: "message", data: JSON.stringify(whole) });
    await settle();
  }

  push(kind: number, data: unknown): Promise<void> {
    return this.frame({ req_identifier: kind, data });
  }

  /** Answers the oldest open request of a kind. */
  answer(kind: number, data: unknown): Promise<void> {
    return this.#reply(kind, { data });
  }

  refuse(kind: number, code: number): Promise<void> {
    return this.#reply(kind, { err_code: code, err_msg: "refused" });
  }

  /** The test answers this request by a frame of its own. */
  markAnswered(msgIncr: string): void {
    this.#answered.add(msgIncr);
  }

  #reply(kind: number, fields: Record<string, unknown>): Promise<void> {
    const [request] = this.asked(kind);
    if (!request) throw new Error(`no request of kind ${kind}; received: ${this.sent.join("\n")}`);
    const { msg_incr, req_identifier } = request;
    this.#answered.add(msg_incr);
    return this.frame({ req_identifier, msg_incr, ...fields });
  }

  async pong(cursor?: number): Promise<void> {
    this.#fire({ type: "message", data: cursor === undefined ? "pong" : `pong:${cursor}` });
    await settle();
  }

  async end(code = 1006): Promise<void> {
    this.#fire({ type: "close", code });
    await settle();
  }

  /** Answers the sync that a new socket requests. */
  async catchUp(cursor: number, conversations: Conversation[] = []): Promise<void> {
    await this.answer(Request.SYNC, {
      conversations,
      next: "",
      cursor,
      has_more: false,
      server_time: Date.now(),
    } satisfies Synced);
  }

  message(message: Message, prev: number, cursor: number): Promise<void> {
    return this.push(Push.MESSAGES, { msgs: { [message.conversation_id]: [message] }, prev, cursor });
  }
}

/** Lets every promise that can continue do so; the fake clock does not move. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** A client whose server is the test. `socket` is the newest socket. */
export class World {
  readonly sockets: FakeSocket[] = [];
  readonly client: Client;
  wake: () => void = () => undefined;

  constructor(options: Partial<ClientOptions> = {}) {
    const { sockets } = this;
    this.client = createClient({
      url: "http://server.test/",
      token: "a-token",
      user_id: "ann",
      WebSocket: class extends FakeSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          sockets.push(this);
        }
      },
      fetch: async (url) => {
        throw new Error(`no network for ${url}`);
      },
      wake: (wake) => {
        this.wake = wake;
        return () => undefined;
      },
      ...options,
    } as ClientOptions);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("the client has opened no socket");
    return socket;
  }

  /** The client opens a new socket, and catches up. */
  async reconnected(cursor: number, conversations: Conversation[]): Promise<void> {
    const before = this.socket;
    for (let waited = 0; this.socket === before && waited < 100; waited++) await vi.advanceTimersByTimeAsync(1_000);
    await this.socket.open();
    await this.socket.pong(cursor);
    await this.socket.catchUp(cursor, conversations);
  }

  get status(): string {
    return this.client.connection.getSnapshot().status;
  }

  /** A client that is online. */
  static async online(
    cursor = 100,
    conversations: Conversation[] = [],
    options: Partial<ClientOptions> = {},
  ): Promise<World> {
    const world = new World(options);
    await settle();
    await world.socket.open();
    await world.socket.pong(cursor);
    await world.socket.catchUp(cursor, conversations);
    return world;
  }
}

export const CHAT = "si_ann:ben";

export function message(seq: number, fields: Partial<Message> = {}): Message {
  return {
    server_msg_id: 1_000 + seq,
    id: 1_000 + seq,
    conversation_id: CHAT,
    seq,
    client_msg_id: `from-ben-${seq}`,
    sender_id: "ben",
    recv_id: "ann",
    group_id: "",
    session_type: 1,
    msg_type: 1,
    content: { text: `${seq}` },
    send_at: 1_000_000 + seq,
    meta: null,
    amended: null,
    ...fields,
  };
}

export function conversation(maxSeq: number, fields: Partial<Conversation> = {}): Conversation {
  return {
    conversation_id: CHAT,
    conversation_type: 1,
    peer_user_id: "ben",
    group_id: "",
    title: "Ben",
    avatar: "",
    recv_msg_opt: 0,
    is_pinned: false,
    is_unread: false,
    is_archived: false,
    snooze_until: 0,
    rev: 0,
    mention_count: 0,
    mention_seq: 0,
    application_count: 0,
    unread_count: maxSeq,
    max_seq: maxSeq,
    read_seq: 0,
    peer_read_seq: 0,
    min_seq: 1,
    my_role: 1,
    my_status: 1,
    muted_until: 0,
    last_message: maxSeq > 0 ? message(maxSeq) : null,
    updated_at: 1_000_000 + maxSeq,
    ...fields,
  };
}
