import type { Faults } from "../faults.ts";
import { FrameSocket, type Scheduler } from "../scheduler.ts";
import type { Host } from "./host.ts";

/** The client's end of a socket. */
export interface ClientEnd {
  readonly name: string;
  received(text: string): void;
  /** Closed by the server, or broken (1006). */
  closed(code: number): void;
}

/**
 * A socket between a client and an object. Frames keep their order in each direction, and may get lost. The connection
 * may break, and the object may not notice for a while.
 */
export class Wire {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #toServer = new FrameSocket();
  readonly #toClient = new FrameSocket();
  readonly server = new ServerEnd(this);
  host: Host | null = null;
  #client: ClientEnd | null = null;
  /** Frames sent before the client got the answer to its upgrade. They arrive after it. */
  readonly #early: { readonly label: string; readonly run: () => void }[] = [];
  #isOpen = true;
  /** Whether frames of the server no longer arrive, although neither side has noticed. */
  #isDeaf = false;

  constructor(scheduler: Scheduler, faults: Faults) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connects the client, once it has the answer to its upgrade. */
  attach(client: ClientEnd): void {
    this.#client = client;
    if (!this.#isOpen) this.#tellClosed(1006);
    else for (const { label, run } of this.#early.splice(0)) this.#post(label, run);
  }

  fromServer(text: string): void {
    if (!this.#isOpen || this.#isDeaf || this.#loses(text)) return;
    this.#post(`<- ${text}`, () => this.#client?.received(text));
  }

  /**
   * A dying connection loses all frames from some frame on. A single frame may get lost only if it carries the step of
   * a change: earlier frames of a change promise nothing, and no connection loses only them.
   */
  #loses(text: string): boolean {
    if (!this.#faults.happens("frame")) return false;
    this.#isDeaf = this.#faults.isDeadly();
    const step = /"prev":(\d+),"cursor":(\d+)/.exec(text);
    return this.#isDeaf || step?.[1] !== step?.[2];
  }

  closeFromServer(code: number): void {
    if (!this.#isOpen) return;
    this.#post(`closed ${code}`, () => this.#end(code, true));
  }

  fromClient(text: string): void {
    if (!this.#isOpen || this.#faults.happens("frame")) return;
    const host = this.host;
    if (!host) return;
    const event = {
      label: `-> ${text}`,
      to: () => (this.#isOpen ? (host.answersAsleep(text) ? host.asleep : host.wake()) : null),
      run: () => {
        if (host.autoResponse?.request === text) this.fromServer(host.autoResponse.response);
        else void host.enter((object) => object.webSocketMessage(this.server, text));
      },
    };
    this.#scheduler.post(event, this.#toServer);
  }

  /** Breaks the connection. @param isKnown whether the object survives and will notice. */
  break(isKnown: boolean): void {
    this.#scheduler.drop(this.#toServer);
    this.#end(1006, isKnown);
  }

  #end(code: number, isKnown: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#tellClosed(code);
    const host = this.host;
    if (!host || !isKnown) return;
    this.#scheduler.post({
      label: "socket closed",
      to: () => (host.sockets.has(this.server) ? host.wake() : null),
      run: () => {
        host.sockets.delete(this.server);
        void host.enter((object) => object.webSocketClose(this.server, code, "", false));
      },
    });
  }

  #tellClosed(code: number): void {
    const client = this.#client;
    if (!client) return;
    // Frames that were sent before the end of a connection may still arrive.
    if (!this.#faults.delivers()) this.#scheduler.drop(this.#toClient);
    const actor = { name: client.name, isAlive: true };
    const closed = { label: `closed ${code}`, to: () => actor, run: () => this.#client?.closed(code) };
    this.#scheduler.post(closed, this.#toClient);
  }

  #post(label: string, run: () => void): void {
    const client = this.#client;
    if (!client) {
      this.#early.push({ label, run });
      return;
    }
    const actor = { name: client.name, isAlive: true };
    this.#scheduler.post({ label, to: () => actor, run }, this.#toClient);
  }
}

/** The object's end, with the part of WebSocket that objects use. */
export class ServerEnd {
  readonly #wire: Wire;
  #attachment = "null";
  readonly bufferedAmount = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get wire(): Wire {
    return this.#wire;
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = JSON.stringify(value);
  }

  deserializeAttachment(): unknown {
    return JSON.parse(this.#attachment);
  }

  send(text: string): void {
    this.#wire.host?.output(() => this.#wire.fromServer(text));
  }

  close(code = 1005): void {
    this.#wire.host?.output(() => this.#wire.closeFromServer(code));
  }
}
