import { createClient } from "@redis/client";
import type { WebSocket } from "ws";

/** Hands what happens in a conversation to the sockets of its members, on whichever process they are. */
export class FanOut {
  readonly #publisher;
  readonly #subscriber;
  readonly #sockets = new Map<string, Map<string, WebSocket>>();

  constructor(url: string) {
    this.#publisher = createClient({ url });
    this.#subscriber = createClient({ url });
  }

  async start(): Promise<void> {
    await Promise.all([this.#publisher.connect(), this.#subscriber.connect()]);
  }

  async join(conversation: string, id: string, socket: WebSocket): Promise<void> {
    const known = this.#sockets.get(conversation);
    if (known) known.set(id, socket);
    else {
      this.#sockets.set(conversation, new Map([[id, socket]]));
      await this.#subscriber.subscribe(conversation, (line) => this.#deliver(conversation, line));
    }
  }

  async leave(conversation: string, id: string): Promise<void> {
    const sockets = this.#sockets.get(conversation);
    sockets?.delete(id);
    if (sockets?.size !== 0) return;
    this.#sockets.delete(conversation);
    await this.#subscriber.unsubscribe(conversation);
  }

  /** @param except the id of the socket that sent it. */
  async publish(conversation: string, except: string, frame: string): Promise<void> {
    await this.#publisher.publish(conversation, `${except} ${frame}`);
  }

  #deliver(conversation: string, line: string): void {
    const space = line.indexOf(" ");
    const except = line.slice(0, space);
    const frame = line.slice(space + 1);
    for (const [id, socket] of this.#sockets.get(conversation) ?? []) if (id !== except) socket.send(frame);
  }
}
