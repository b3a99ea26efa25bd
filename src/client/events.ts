import type { Token } from "./api.ts";
import { callApp } from "./app-code.ts";
import type { ConnectionSnapshot } from "./connection/connection.ts";
import type { SignedOut } from "./connection/reconnecting-socket.ts";
import type { AppTypes, Message } from "./messages/content.ts";

/** What `client.on` tells, by the event's name. */
export interface ClientEvents<T extends AppTypes = AppTypes> {
  /** A new message of any conversation, as `onMessage` has it. */
  message: Message<T>;
  /** How the client stands with the server, after each change. */
  connection: ConnectionSnapshot;
  /** A token in place of the one before, by a login or a refresh. */
  token: Token;
  /** The server has ended the login, and with it this client. */
  signed_out: SignedOut;
}

/** What the client tells by itself; the other events are views and messages. */
type Told = Pick<ClientEvents, "token" | "signed_out">;
type Listener<K extends keyof Told> = (value: Told[K]) => void;

/** Those who listen to what the client tells. */
export class Events {
  readonly #listeners: { readonly [K in keyof Told]: Set<Listener<K>> } = { token: new Set(), signed_out: new Set() };

  /** @returns what ends it */
  on<K extends keyof Told>(event: K, listener: Listener<K>): () => void {
    // The same function may listen twice: each has an end of its own.
    const own: Listener<K> = (value) => listener(value);
    this.#listeners[event].add(own);
    return () => void this.#listeners[event].delete(own);
  }

  tell<K extends keyof Told>(event: K, value: Told[K]): void {
    for (const listener of [...this.#listeners[event]]) callApp(() => listener(value));
  }

  /** Nobody is told anything any more. [LINK-2] */
  stop(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }
}
