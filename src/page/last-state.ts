import type { Client, Conversation, MessageItem, MessagesSnapshot, User } from "../client/index.ts";
import { forget, keep, keptKeys, readKept } from "./kept.ts";
import type { Users } from "./users.ts";

const PREFIX = "nexo-im/last ";
const CONVERSATIONS = 100;
const MESSAGES = 30;
const CHATS = 10;
const USERS = 200;
/** A browser stores 5 MB for a site; waiting messages have priority there. */
const LARGEST = 500_000;
const EVERY = 3_000;

interface LastState {
  readonly conversations: readonly Conversation[];
  /** The newest messages of the chats opened last. */
  readonly messages: Readonly<Record<string, readonly MessageItem[]>>;
  /** The users named in them. */
  readonly users: readonly User[];
}

const NOTHING: LastState = { conversations: [], messages: {}, users: [] };

/** The last content of the screen: shown until the server has answered, and while it cannot be reached. */
export class LastStateKeeper {
  readonly before: LastState;
  readonly #client: Client;
  readonly #users: Users;
  readonly #key: string;
  #messages: LastState["messages"];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, users: Users) {
    this.#client = client;
    this.#users = users;
    this.#key = PREFIX + client.userId;
    this.before = read(this.#key);
    this.#messages = this.before.messages;
    users.guess(this.before.users);
    client.conversations.subscribe(() => this.#later());
  }

  /** Takes the current messages of an open chat. */
  seen(conversationId: string, { messages }: MessagesSnapshot): void {
    const newest = messages.filter(({ seq }) => seq > 0).slice(-MESSAGES);
    if (newest.length === 0) return;
    const { [conversationId]: _, ...others } = this.#messages;
    this.#messages = Object.fromEntries([...Object.entries(others).slice(1 - CHATS), [conversationId, newest]]);
    this.#later();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, EVERY);
  }

  #write(): void {
    const { conversations, is_ready } = this.#client.conversations.getSnapshot();
    // A client that was signed out meanwhile stores nothing.
    const isOver = ["signed_out", "closed"].includes(this.#client.connection.getSnapshot().status);
    if (!is_ready || isOver) return;
    const users = [...this.#users.getSnapshot().values()].slice(-USERS);
    const state = { conversations: conversations.slice(0, CONVERSATIONS), messages: this.#messages, users };
    const text = JSON.stringify(state);
    if (text.length <= LARGEST) keep(this.#key, text);
    else keep(this.#key, JSON.stringify({ ...state, messages: {} }));
  }
}

/** Deletes the states of all users: signing out leaves nothing behind. */
export function forgetLastStates(): void {
  for (const key of keptKeys(PREFIX)) forget(key);
}

function read(key: string): LastState {
  try {
    const state = JSON.parse(readKept(key) ?? "null");
    return Array.isArray(state?.conversations) && Array.isArray(state.users) && state.messages ? state : NOTHING;
  } catch {
    return NOTHING;
  }
}
