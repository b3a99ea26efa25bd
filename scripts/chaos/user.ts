import {
  type Api,
  type Client,
  type Conversation,
  type ConversationUpdateRequest,
  createClient,
  type Message,
} from "../../src/client/index.ts";
import type { Person } from "../../test/helpers/node/people.ts";
import { judgedFetch } from "../../test/helpers/node/tap.ts";
import { Wiretap } from "./wiretap.ts";

/** Short, so that changes without a push (messages of a refused conversation) show soon. */
export const heartbeat = { interval: 1_000, patience: 10_000 };

/** One SDK, and the messages it delivered. It lives through all kills, and shows every conversation. */
export class Device {
  readonly user: User;
  readonly name: string;
  readonly client: Client;
  readonly wiretap = new Wiretap();
  /** See showAll. */
  readonly reopen: () => void;
  /** The messages that `onMessage` delivered, by conversation. */
  readonly heard = new Map<string, Message[]>();
  #focused = "";

  constructor(user: User, { rest, token, platform }: Person) {
    this.user = user;
    this.name = `${user.id} on platform ${platform}`;
    const { WebSocket } = this.wiretap;
    this.client = createClient({ url: rest.url, token, user_id: user.id, fetch: judgedFetch, WebSocket, heartbeat });
    this.client.onMessage((message) => {
      const { conversation_id: id } = message;
      this.heard.set(id, this.heard.get(id) ?? []);
      this.heard.get(id)?.push(message);
    });
    this.reopen = showAll(this.client);
  }

  /** The conversation with a socket of its own; "" for none. */
  get focused(): string {
    return this.#focused;
  }

  focus(conversationId: string): void {
    this.#focused = conversationId;
    this.client.focus(conversationId === "" ? null : conversationId);
  }
}

/**
 * Keeps every conversation of an SDK on the screen, with its pins. @returns a function that opens all of them again:
 * the SDK then asks what changed that it was not told of
 */
export function showAll({ conversations, messages, pins }: Client): () => void {
  const shown = new Map<string, () => void>();
  const open = (id: string) =>
    shown.set(
      id,
      messages(id).subscribe(() => undefined),
    );
  const show = () => {
    for (const { conversation_id: id } of conversations.getSnapshot().conversations) {
      if (shown.has(id)) continue;
      open(id);
      pins(id).subscribe(() => undefined);
    }
  };
  conversations.subscribe(show);
  show();
  return () => {
    for (const [id, leave] of shown) {
      leave();
      open(id);
    }
  };
}

/** Waits until an SDK has a socket again: its HTTP fallback shows less than is checked. */
export function isOnline({ connection }: Client): Promise<void> {
  return new Promise((resolve) => {
    const stop = connection.subscribe(look);
    look();
    function look(): void {
      if (connection.getSnapshot().status !== "online") return;
      stop();
      resolve();
    }
  });
}

/** All messages of a conversation's view, paged back to the first one. */
export async function allMessages(client: Client, conversationId: string) {
  const view = client.messages(conversationId);
  while (view.getSnapshot().has_older) await view.loadOlder(100);
  return view.getSnapshot().messages;
}

/** A user's list at a cursor, by conversation. */
export type Replica = { readonly cursor: number; readonly conversations: ReadonlyMap<string, Conversation> };

/** A user with one or two devices, and what the server has answered them. */
export class User {
  readonly id: string;
  /** Signed in as the first device, for requests that no SDK makes. */
  readonly person: Person;
  readonly devices: readonly [Device, ...Device[]];
  /** The list at the end of the previous round. */
  replica: Replica = { cursor: 0, conversations: new Map() };
  /** The answered read mark of each conversation. */
  readonly marks = new Map<string, number>();
  /** The settings of their conversations. */
  readonly settings = new Map<string, ConversationUpdateRequest>();

  constructor(person: Person, ...others: Person[]) {
    this.id = person.id;
    this.person = person;
    this.devices = [new Device(this, person), ...others.map((other) => new Device(this, other))];
  }

  get api(): Api {
    return this.devices[0].client.api;
  }

  /** The highest cursor in any frame. */
  get seenCursor(): number {
    return Math.max(...this.devices.map(({ wiretap }) => wiretap.cursor));
  }

  sawMark(conversationId: string, seq: number): void {
    this.marks.set(conversationId, Math.max(this.marks.get(conversationId) ?? 0, seq));
  }

  /** The list of a client that has this cursor and syncs, in pages of the given size. */
  async synced(from: Replica, limit: number): Promise<Replica> {
    const conversations = new Map(from.conversations);
    for (let page = ""; ; ) {
      const synced = await this.api.sync({ since: from.cursor, limit, ...(page === "" ? {} : { page }) });
      for (const changed of synced.conversations) {
        if ("gone" in changed) conversations.delete(changed.conversation_id);
        else conversations.set(changed.conversation_id, changed);
      }
      if (!synced.has_more) return { cursor: synced.cursor, conversations };
      page = synced.next;
    }
  }
}
