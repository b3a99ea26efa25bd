import type { OwnDataChange } from "../protocol/account-model.ts";
import type { Token } from "./api.ts";
import { callApp } from "./app-code.ts";
import type { ConnectionSnapshot } from "./connection/connection.ts";
import type { SignedOut } from "./connection/reconnecting-socket.ts";
import type { AppTypes, Message } from "./messages/content.ts";

/** The events of `client.on`, by name. */
export interface ClientEvents<T extends AppTypes = AppTypes> {
  /** A new message of any conversation, as in `onMessage`. */
  message: Message<T>;
  /** The state of the connection, after each change. */
  connection: ConnectionSnapshot;
  /** A new token that replaces the previous one, by a login or a refresh. */
  token: Token;
  /** Items of `api.data` that a device stored. With another `since_rev` than the last `rev`, some were missed. */
  own_data: OwnDataChange;
  /** The server has ended the login, and with it this client. */
  signed_out: SignedOut;
}

/** The events that the client itself emits; views and messages provide the others. */
type Told = Pick<ClientEvents, "token" | "own_data" | "signed_out">;
type Listener<K extends keyof Told> = (value: Told[K]) => void;

/** The listeners of the client's events. */
export class Events {
  readonly #listeners: { readonly [K in keyof Told]: Set<Listener<K>> } = {
    token: new Set(),
    own_data: new Set(),
    signed_out: new Set(),
  };

  /** @returns a function that removes the listener */
  on<K extends keyof Told>(event: K, listener: Listener<K>): () => void {
    // The same function may be added twice: each registration is removed separately.
    const own: Listener<K> = (value) => listener(value);
    this.#listeners[event].add(own);
    return () => void this.#listeners[event].delete(own);
  }

  tell<K extends keyof Told>(event: K, value: Told[K]): void {
    for (const listener of [...this.#listeners[event]]) callApp(() => listener(value));
  }

  /** Removes all listeners: no more events are reported. [LINK-2] */
  stop(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }
}
