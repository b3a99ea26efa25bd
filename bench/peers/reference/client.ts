import { BareSocket } from "../../client/bare-socket.ts";
import type { End } from "../system.ts";

interface Frame {
  readonly id?: string;
  readonly error?: string;
  readonly message?: unknown;
}

/** One socket of the reference server. */
export class ReferenceEnd implements End {
  readonly #socket: BareSocket;
  readonly #conversation: string;
  readonly #gone: Promise<void>;
  readonly #waiting = new Map<string, { done: () => void; failed: (error: Error) => void }>();
  readonly #prefix = crypto.randomUUID();
  #sent = 0;
  received: End["received"] = () => undefined;

  static open(url: URL, token: string, conversation: string): Promise<End> {
    return new Promise((opened, failed) => {
      const end: End = new ReferenceEnd(url, token, conversation, () => opened(end), failed);
    });
  }

  private constructor(url: URL, token: string, conversation: string, opened: () => void, failed: (e: Error) => void) {
    this.#conversation = conversation;
    this.#socket = new BareSocket(`ws://${url.host}/ws?token=${token}`, []);
    this.#gone = new Promise((resolve) => this.#socket.addEventListener("close", () => resolve()));
    this.#socket.addEventListener("error", ({ reason }) => failed(new Error(reason)));
    this.#socket.addEventListener("message", ({ data }) => {
      const frame: Frame & { ready?: boolean } = JSON.parse(String(data));
      if (frame.ready) opened();
      else if (frame.message) this.received(1);
      else this.#answer(frame);
    });
  }

  send(text: string): Promise<void> {
    const id = String(++this.#sent);
    const frame = { id, conversation_id: this.#conversation, client_msg_id: `${this.#prefix}-${id}`, text };
    this.#socket.send(JSON.stringify(frame));
    return new Promise((done, failed) => this.#waiting.set(id, { done, failed }));
  }

  close(): Promise<void> {
    this.#socket.close();
    return this.#gone;
  }

  #answer({ id = "", error }: Frame): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.done();
    else waiting?.failed(new Error(error));
  }
}
