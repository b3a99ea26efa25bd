import { LOGIN_HEADER } from "../../src/durable/upgrade.ts";
import { Push } from "../../src/protocol/frames.ts";
import type { Message } from "../../src/protocol/model.ts";
import type { Host } from "./platform/host.ts";
import type { ClientEnd, Wire } from "./platform/wire.ts";
import type { Actor } from "./scheduler.ts";
import type { World } from "./world.ts";

/** A frame of the server, with parsed data. */
export interface Frame {
  readonly req_identifier: number;
  readonly operation_id: string;
  readonly err_code: number;
  readonly err_msg: string;
  // biome-ignore lint/suspicious/noExplicitAny: data of any kind of frame; the code that asked knows which.
  readonly data: any;
}

/** The answer to an operation on messages. A reaction has no step. */
export interface OperationAnswer {
  readonly message?: Message;
  readonly results?: readonly { readonly code: number }[];
  readonly prev?: number;
  readonly cursor?: number;
}

export interface LinkEvents {
  opened(): void;
  pushed(frame: Frame): void;
  pong(text: string): void;
  /** Reports that the server broke a rule. */
  wrong(what: string): void;
}

/** The time that a client waits for an answer. */
const PATIENCE = 15_000;

/**
 * A client's connection to one object. It reopens when it breaks. Each request gets its answer, or null and a new
 * connection.
 */
export class Link implements ClientEnd {
  readonly name: string;
  readonly #world: World;
  readonly #actor: Actor;
  readonly #host: Host;
  readonly #login: object;
  readonly #query: () => string;
  readonly #events: LinkEvents;
  readonly #requests = new Map<string, { done: (frame: Frame | null) => void; cancel: () => void }>();
  /** The seqs of each conversation that this connection was pushed. */
  readonly #pushed = new Map<string, Set<number>>();
  #wire: Wire | null = null;
  #attempt = 0;
  #lastRequest = 0;
  isWanted = true;

  constructor(world: World, actor: Actor, host: Host, login: object, query: () => string, events: LinkEvents) {
    this.name = actor.name;
    this.#world = world;
    this.#actor = actor;
    this.#host = host;
    this.#login = login;
    this.#query = query;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#wire !== null;
  }

  open(): void {
    const attempt = ++this.#attempt;
    const headers = new Headers({ Upgrade: "websocket", [LOGIN_HEADER]: JSON.stringify(this.#login) });
    const request = { url: `https://server/ws?${this.#query()}`, headers };
    const { network, scheduler } = this.#world;
    const again = () => {
      if (attempt !== this.#attempt || this.#wire || !this.isWanted) return;
      this.open();
    };
    scheduler.after(PATIENCE, { label: "upgrade timed out", to: () => this.#actor, run: again });
    network
      .call(this.#actor, null, this.#host, "upgrade", (object) => object.fetch(request))
      .then(
        (response) => {
          const { webSocket: wire, status } = response as { webSocket: Wire | null; status: number };
          if (attempt !== this.#attempt || !this.isWanted) return wire?.break(true);
          if (!wire) {
            // An error that is not temporary is not retried.
            if (status < 429) this.isWanted = false;
            return;
          }
          this.#wire = wire;
          wire.attach(this);
          this.#events.opened();
        },
        () => {
          scheduler.after(1_000, { label: "upgrade again", to: () => this.#actor, run: again });
        },
      );
  }

  ping(): void {
    this.#wire?.fromClient("ping");
  }

  request(req_identifier: number, data: object, done: (frame: Frame | null) => void): void {
    const operation_id = `${++this.#lastRequest}`;
    const timedOut = () => {
      this.#answer(operation_id, null);
      this.drop();
    };
    const expired = { label: "request timed out", to: () => this.#actor, run: timedOut };
    const cancel = this.#world.scheduler.after(PATIENCE, expired);
    this.#requests.set(operation_id, { done, cancel });
    this.#wire?.fromClient(JSON.stringify({ req_identifier, msg_incr: "1", operation_id, data }));
  }

  received(text: string): void {
    if (text.startsWith("pong")) {
      this.#events.pong(text);
      return;
    }
    const frame: Frame = JSON.parse(text);
    if (frame.req_identifier === Push.MESSAGES) this.#checkOrder(frame);
    // A frame that answers no request, such as the sync of a socket opened with `since`, is handled as a push.
    if (this.#requests.has(frame.operation_id)) this.#answer(frame.operation_id, frame);
    else if (frame.operation_id === "") this.#events.pushed(frame);
  }

  /**
   * On one connection each message of a conversation is pushed once, in order. Those of a large group may be repeated,
   * but none comes for the first time after a newer one. [PUSH-1]
   */
  #checkOrder({ data }: Frame): void {
    for (const [id, messages] of Object.entries<{ seq: number }[]>(data.msgs)) {
      const pushed = this.#pushed.get(id) ?? new Set();
      this.#pushed.set(id, pushed);
      const newest = Math.max(0, ...pushed);
      for (const { seq } of messages) {
        const mayCome = seq > newest || (pushed.has(seq) && this.#world.isLarge(id));
        if (!mayCome) this.#events.wrong(`[PUSH-1] ${this.name} was pushed ${id} ${seq} after ${newest}`);
        pushed.add(seq);
      }
    }
  }

  closed(): void {
    this.#wire = null;
    this.#pushed.clear();
    for (const id of [...this.#requests.keys()]) this.#answer(id, null);
    if (!this.isWanted) return;
    this.open();
  }

  /** The client gives up on this connection. */
  drop(): void {
    this.#wire?.break(true);
  }

  /** The app ends: nothing that is on its way arrives, and the next app connects. */
  die(): void {
    this.#wire?.attach({ name: this.name, received: () => undefined, closed: () => undefined });
    this.#wire?.break(true);
    // Also if a connection is on its way: it would sync from the cursor of the app that has ended.
    this.closed();
  }

  #answer(id: string, frame: Frame | null): void {
    const request = this.#requests.get(id);
    if (!request) return;
    this.#requests.delete(id);
    request.cancel();
    request.done(frame);
  }
}
