/// <reference lib="esnext.disposable" preserve="true" />
import { Code } from "../protocol/codes.ts";
import { randomId, singleConversationId } from "../protocol/ids.ts";
import { MessageType } from "../protocol/model.ts";
import type { Api, Token } from "./api.ts";
import type { ConnectionSnapshot } from "./connection/connection.ts";
import type { ConversationsSnapshot } from "./conversations/conversations.ts";
import { ClientCore } from "./core.ts";
import { NexoClientError } from "./errors.ts";
import type { ClientEvents } from "./events.ts";
import type { MembersSnapshot } from "./groups/members.ts";
import type { AppTypes, ContentOf, Conversation, Message } from "./messages/content.ts";
import type { MessageListener } from "./messages/message-store.ts";
import type { MessagesView } from "./messages/messages.ts";
import type { ClientOptions } from "./options.ts";
import type { PresenceSnapshot } from "./presence/presence.ts";
import type { UsersSnapshot } from "./users/users.ts";
import type { View } from "./view.ts";

/** A message that was handed over. */
export interface Sending<T extends AppTypes = AppTypes> {
  readonly client_msg_id: string;
  /** The message with its seq, once the server has it. Rejects with NexoClientError when refused or discarded. */
  readonly sent: Promise<Message<T>>;
}

/**
 * A signed-in user: the connection, the conversations, their messages, and every route.
 *
 * @example
 * const client = createClient({ url: "https://im.example", login: { user_id: "ann", password, platform_id: 5 } });
 * client.onMessage((message) => console.log(message.sender_id, message.content));
 * await client.ready();
 * await client.sendText(client.chatWith("ben"), "Hello").sent;
 */
export interface Client<T extends AppTypes = AppTypes> {
  /** Every route as a typed method. @example await client.api.group.join({ group_id }); */
  readonly api: Api<T>;
  /** How the client stands with the server. @example client.connection.getSnapshot().status === "online" */
  readonly connection: View<ConnectionSnapshot>;
  /** All conversations, with unread counts. @example client.conversations.subscribe(render); */
  readonly conversations: View<ConversationsSnapshot<T>>;
  /** Who is signed in; "" until that is known. */
  readonly userId: string;
  /** The token of now; "" before the login. */
  readonly token: string;
  /** How many of the user's messages wait to be sent, or failed. */
  readonly unsent: number;

  /**
   * The server's time, in Unix milliseconds: what times of the server are to be compared with, since a user's clock
   * may be wrong by days. @example const isMuted = conversation.muted_until > client.now();
   */
  now(): number;

  /**
   * The id of the single chat with a user. @throws NexoClientError before it is known whose token it is
   * @example client.chatWith("ben") === "si_ann:ben"
   */
  chatWith(userId: string): string;

  /** Waits until all that was missed is here, by a socket or by routes. @throws NexoClientError when signed out instead */
  ready(): Promise<void>;

  /**
   * The messages of a conversation to show: the same view for the same id. It works while somebody subscribes.
   *
   * @example
   * const { messages } = useSyncExternalStore(view.subscribe, view.getSnapshot);
   */
  messages(conversationId: string): MessagesView<T>;

  /**
   * Calls with every new message of every conversation, the user's own ones too: each once, in order of its
   * conversation, also those that were missed while there was no connection.
   *
   * @example
   * const stop = client.onMessage((message) => {
   *   if (message.sender_id !== client.userId) reply(message);
   * });
   */
  onMessage(listener: MessageListener<T>): () => void;

  /**
   * Calls with each event of a kind from now on. @returns what ends it
   * @example const stop = client.on("signed_out", ({ reason }) => showLogin(reason));
   */
  on<Event extends keyof ClientEvents>(event: Event, listener: (value: ClientEvents<T>[Event]) => void): () => void;

  /**
   * Hands over a message: it shows as pending at once, is sent in order, and repeated until the server has it or
   * refuses it. @throws NexoClientError when too many wait, or the content is no JSON
   *
   * @example client.send(chat, { msg_type: MessageType.IMAGE, content: { image_url } });
   */
  send<Type extends number>(
    conversationId: string,
    message: { readonly msg_type: Type; readonly content: ContentOf<Type, T> },
  ): Sending<T>;

  /** @example await client.sendText(chat, "Hello").sent; */
  sendText(conversationId: string, text: string): Sending<T>;

  /** Tries a failed message again, as the same message. @example client.resend(item.client_msg_id); */
  resend(clientMessageId: string): Sending<T>;

  /**
   * Forgets a message that failed or waits. It goes from the messages of all tabs once none of them will send it.
   * @example client.discard(item.client_msg_id);
   */
  discard(clientMessageId: string): void;

  /** The user has read up to a seq, or all. It shows at once and reaches the server when it can. */
  markRead(conversationId: string, readSeq?: number): void;

  /**
   * Gives the conversation that is looked at a socket of its own, which is one hop less; null gives it up.
   * @example client.focus(conversation_id);
   */
  focus(conversationId: string | null): void;

  /**
   * Who of these users is online: the same view for the same ids. It works while somebody subscribes, and only for
   * those with whom one shares a conversation. Over all views 100 users are watched, those subscribed to last: in a
   * long list subscribe for the rows in view.
   *
   * @example
   * const presence = client.presence(["ben"]);
   * presence.subscribe(() => show(presence.getSnapshot().get("ben")?.status === 1));
   */
  presence(userIds: readonly string[]): View<PresenceSnapshot>;

  /**
   * One conversation of the list; null while it is not listed. The same view for the same id, and the same object until
   * something of it changes. @example client.conversation(chat).getSnapshot()?.unread_count
   */
  conversation(conversationId: string): View<Conversation<T> | null>;

  /**
   * What users are called, and their pictures: the same view for the same ids. It asks while somebody subscribes, for
   * whom neither the list nor a group's members tell of.
   *
   * @example
   * const users = client.users(["ben"]);
   * users.subscribe((cards) => show(cards.get("ben")?.nickname));
   */
  users(userIds: readonly string[]): View<UsersSnapshot>;

  /**
   * The members of a group: the same view for the same group. They are read while somebody subscribes, and again after
   * each notice. @example client.members(group_id).subscribe(({ members }) => show(members));
   */
  members(groupId: string): View<MembersSnapshot>;

  /** The ids of those who are typing in a conversation. @example client.typing(chat).getSnapshot().length > 0 */
  typing(conversationId: string): View<readonly string[]>;

  /** Shows others that the user types, or has stopped: to be called with each key. */
  setTyping(conversationId: string, isTyping: boolean): void;

  /**
   * The network may be back: try now, unless the server has asked for a pause. The default hook calls this by itself.
   */
  wake(): void;

  /** A new token in place of this one. Done by itself at half the token's time, where that is known. */
  refresh(): Promise<void>;

  /** Takes over what another client of the same login got by its refresh: another tab, say. */
  takeToken(token: Token): void;

  /**
   * Ends this client at once, deletes what waits or failed and what is kept, and ends the login on the server.
   * @throws NexoClientError when the server was not reached: there the login lives on until its token ends
   */
  signOut(): Promise<void>;

  /**
   * Ends this client; the login lives on, and what waits stays in the storage. Nothing is asked, opened or told after
   * it: a token that is just on its way is not taken.
   */
  close(): void;

  /** `close`, where the client goes out of scope. @example using client = createClient({ url, token }); */
  [Symbol.dispose](): void;
}

/** For each event what calls with it. */
type Sources = {
  readonly [Event in keyof ClientEvents]: (listener: (value: ClientEvents[Event]) => void) => () => void;
};

/**
 * Signs in and keeps connected until `close()`, or until the login is over.
 *
 * @example
 * const client = createClient({ url: location.origin, token, storage: webStorage(localStorage) });
 */
export function createClient<T extends AppTypes = AppTypes>(options: ClientOptions): Client<T> {
  const engine = new ClientCore(options);
  const { api, session, connection, list, outbox, book, marks, focus } = engine;
  const closed = new NexoClientError(Code.UNAUTHORIZED, "the client is closed", { retryable: false });

  function hand(conversationId: string, message: { msg_type: number; content: Record<string, unknown> }): Sending {
    assertOpen();
    const client_msg_id = randomId();
    return { client_msg_id, sent: outbox.send({ ...message, client_msg_id, conversation_id: conversationId }) };
  }

  function assertOpen(): void {
    if (connection.isOver) throw closed;
  }

  const sources: Sources = {
    message: (listener) => book.onMessage(listener),
    connection: (listener) => connection.view.subscribe(listener),
    token: (listener) => engine.events.on("token", listener),
    signed_out: (listener) => engine.events.on("signed_out", listener),
  };

  function close(): void {
    connection.set("closed");
    engine.stop(closed);
  }

  const client: Client = {
    api,
    connection: connection.view,
    conversations: list.view,
    get userId() {
      return session.userId;
    },
    get token() {
      return session.token;
    },
    now: () => engine.clock.now(),
    get unsent() {
      return outbox.size;
    },
    chatWith(userId) {
      if (session.userId === "") throw new NexoClientError(Code.UNAUTHORIZED, "whose token it is, is not known yet");
      return singleConversationId(session.userId, userId);
    },
    ready: () => connection.ready(),
    messages: (conversationId) => book.of(conversationId),
    onMessage: (listener) => book.onMessage(listener),
    on: (event, listener) => sources[event](listener),
    send: hand,
    sendText: (conversationId, text) => hand(conversationId, { msg_type: MessageType.TEXT, content: { text } }),
    resend(id) {
      assertOpen();
      return { client_msg_id: id, sent: outbox.resend(id) };
    },
    discard: (id) => outbox.discard(id),
    markRead(conversationId, readSeq = list.get(conversationId)?.max_seq ?? 0) {
      if (connection.isOver || readSeq <= (list.get(conversationId)?.read_seq ?? 0)) return;
      engine.receiver.ownRead(conversationId, readSeq);
      marks.mark(conversationId, readSeq);
    },
    focus: (conversationId) => focus.move(conversationId ?? ""),
    presence: (userIds) => engine.presence.view(userIds),
    conversation: (conversationId) => list.rows.view(conversationId),
    users: (userIds) => engine.users.view(userIds),
    members: (groupId) => engine.members.view(groupId),
    typing: (conversationId) => engine.typing.view(conversationId),
    setTyping: (conversationId, isTyping) => engine.typing.set(conversationId, isTyping),
    wake: () => engine.wake(),
    refresh: () => session.refresh(),
    takeToken: (token) => session.take(token),
    async signOut() {
      const ended = api.auth.logout();
      outbox.forget();
      engine.forget();
      close();
      await ended;
    },
    close,
    [Symbol.dispose]: close,
  };
  // What custom_data is, only the app knows.
  return client as Client<T>;
}
