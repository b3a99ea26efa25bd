/** A chat server that takes part in the comparison, running with nothing stored. */
export interface System {
  readonly name: string;
  readonly versions: string;
  /** What is safe when it answers a text, in words. */
  readonly durability: string;
  /** Makes a chat of people who all exist: a single chat for two, else a group. */
  chat(members: readonly string[]): Promise<Chat>;
  stop(): Promise<void>;
}

/** A system with one address for all its sockets. */
export type Peer = System & { readonly url: URL };

export interface Chat {
  /** Signs one of its members in and opens the socket that a client would use for this chat. */
  enter(member: string): Promise<End>;
}

/** One socket of one member. */
export interface End {
  /** Sends a text; settles when the server has answered that it has it. */
  send(text: string): Promise<unknown>;
  /** Hears how many messages of others have just arrived. */
  received: (count: number) => void;
  close(): Promise<void>;
}

/** The users of the comparison; each system starts with them. */
export const PEOPLE: readonly string[] = Array.from({ length: 50 }, (_, index) => `user-${index}`);
export const PASSWORD = "password";

/** What a run has started, to be stopped in the opposite order. */
export class Started {
  readonly #stops: (() => Promise<void>)[] = [];

  add<T extends { stop(): Promise<void> }>(thing: T): T {
    this.#stops.push(() => thing.stop());
    return thing;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}
