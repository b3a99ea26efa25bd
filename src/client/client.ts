import type { Api, Token } from "./api.ts";
import type { ConnectionSnapshot } from "./connection/connection.ts";
import type { ConversationsSnapshot } from "./conversations/conversations.ts";
import type { ClientEvents } from "./events.ts";
import type { FileLike } from "./files/file.ts";
import type { SendingFile } from "./files/uploads.ts";
import type { MembersSnapshot } from "./groups/members.ts";
import type { AppTypes, ContentOf, Conversation, Message } from "./messages/content.ts";
import type { MessageListener } from "./messages/message-store.ts";
import type { MessagesView } from "./messages/message-window.ts";
import type { SendMeta } from "./messages/outgoing.ts";
import type { PinsSnapshot } from "./messages/pins.ts";
import type { PresenceSnapshot } from "./presence/presence.ts";
import type { ClientPush } from "./push.ts";
import type { UsersSnapshot } from "./users/users.ts";
import type { View } from "./view.ts";

/** What a file does not say itself. */
export interface FileOptions {
  /** Its name, if it is a Blob; also kept with the file on the server. */
  readonly name?: string;
  /** Fields that are added to the content of the message. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A message that was passed to `send`. */
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
  /** The state of the connection to the server. @example client.connection.getSnapshot().status === "online" */
  readonly connection: View<ConnectionSnapshot>;
  /** All conversations, with unread counts. @example client.conversations.subscribe(render); */
  readonly conversations: View<ConversationsSnapshot<T>>;
  /** Push notifications to this device. @example await client.push.register({ worker }); */
  readonly push: ClientPush;
  /** The id of the signed-in user; "" until it is known. */
  readonly userId: string;
  /** The current token; "" before the login. */
  readonly token: string;
  /** The number of the user's messages that wait to be sent or have failed. */
  readonly unsent: number;

  /**
   * The server's time, in Unix milliseconds. Compare the server's timestamps with it, since a user's clock may be
   * wrong by days. @example const isMuted = conversation.muted_until > client.now();
   */
  now(): number;

  /**
   * The id of the single chat with a user. @throws NexoClientError while the token's user is not known
   * @example client.chatWith("ben") === "si_ann:ben"
   */
  chatWith(userId: string): string;

  /** Waits until the client has caught up, by socket or by HTTP. @throws NexoClientError when signed out instead */
  ready(): Promise<void>;

  /**
   * The messages of a conversation, for display. Returns the same view for the same id. It is active while it has
   * subscribers.
   *
   * @example
   * const { messages } = useSyncExternalStore(view.subscribe, view.getSnapshot);
   */
  messages(conversationId: string): MessagesView<T>;

  /**
   * Calls the listener with every new message of every conversation, including the user's own: each once, in the order
   * of its conversation, including messages missed while there was no connection.
   *
   * @example
   * const stop = client.onMessage((message) => {
   *   if (message.sender_id !== client.userId) reply(message);
   * });
   */
  onMessage(listener: MessageListener<T>): () => void;

  /**
   * Calls the listener with each event of a kind from now on. @returns a function that stops it
   * @example const stop = client.on("signed_out", ({ reason }) => showLogin(reason));
   */
  on<Event extends keyof ClientEvents>(event: Event, listener: (value: ClientEvents<T>[Event]) => void): () => void;

  /**
   * Sends a message: it is shown as pending at once, is sent in order, and is retried until the server accepts or
   * refuses it. @throws NexoClientError when too many messages wait, or the content is not JSON
   *
   * @example client.send(chat, { msg_type: MessageType.IMAGE, content: { image_url } });
   */
  send<Type extends number>(
    conversationId: string,
    message: { readonly msg_type: Type; readonly content: ContentOf<Type, T>; readonly meta?: SendMeta },
  ): Sending<T>;

  /** @example await client.sendText(chat, "Hello", { reply_to: message.seq, mentions: ["ben"] }).sent; */
  sendText(conversationId: string, text: string, meta?: SendMeta): Sending<T>;

  /**
   * Replaces the content of a message of the user's own; its type stays. If the content was changed meanwhile, by
   * another device or a recall, the edit is refused with MESSAGE_CHANGED. Shown at once, as are all operations below;
   * each is repeated until the server accepts or refuses it. @throws NexoClientError when refused
   *
   * @param changes.mentions replaces the users whom the message mentions; absent: they stay
   * @param changes.if_rev the `amended.rev` of the state that the user edited; default: of the newest known state
   * @example await client.edit(chat, message.seq, { content: { text: "Hello!" } });
   */
  edit(conversationId: string, seq: number, changes: EditChanges): Promise<void>;

  /** Takes the content of messages back, for everyone. @example await client.recall(chat, message.seq); */
  recall(conversationId: string, ...seqs: readonly number[]): Promise<void>;

  /** Deletes messages for this user only, on all devices. @example await client.remove(chat, message.seq); */
  remove(conversationId: string, ...seqs: readonly number[]): Promise<void>;

  /** Adds a reaction, or takes it back. @example await client.react(chat, message.seq, "👍"); */
  react(conversationId: string, seq: number, emoji: string, isOn?: boolean): Promise<void>;

  /** Pins a message for everyone, or unpins it. @example await client.pin(chat, message.seq); */
  pin(conversationId: string, seq: number, isOn?: boolean): Promise<void>;

  /**
   * Sends messages on to another conversation, at most 100, as new messages. @returns the new messages
   * @example await client.forward(chat, [message.seq], groupConversationId(group_id));
   */
  forward(conversationId: string, seqs: readonly number[], toConversationId: string): Promise<readonly Message<T>[]>;

  /**
   * Sends a file: the message is shown as pending at once, and sent when the file is uploaded. The upload is repeated
   * until the server accepts or refuses it; messages after it do not wait for it. A JPEG loses what the camera wrote
   * about it, and in browsers a picture gets a thumbnail. With `indexedDbStorage` it survives a reload. `discard`
   * cancels it. @throws NexoClientError when too many messages wait
   *
   * @param options a name for a Blob without one, and fields for the content, such as `audio_duration`
   * @example client.sendFile(chat, input.files[0]);
   */
  sendFile(conversationId: string, file: FileLike, options?: FileOptions): Sending<T>;

  /**
   * The file of a message that waits, with its progress; null for any other message. Progress is reported in browsers,
   * in the tab that uploads. @example const sending = client.sendingFile(item.client_msg_id).getSnapshot();
   */
  sendingFile(clientMessageId: string): View<SendingFile | null>;

  /**
   * Uploads the middle of a picture as an avatar. @returns its address, for `api.user.update` or `api.group.update`
   * @example await client.api.user.update({ avatar: await client.uploadAvatar(file) });
   */
  uploadAvatar(file: FileLike): Promise<string>;

  /** Tries a failed message again, as the same message. @example client.resend(item.client_msg_id); */
  resend(clientMessageId: string): Sending<T>;

  /**
   * Removes a message that failed or waits. It disappears from all tabs once none of them will send it.
   * @example client.discard(item.client_msg_id);
   */
  discard(clientMessageId: string): void;

  /** Marks messages as read up to a seq, or all. Shown at once, and sent to the server when possible. */
  markRead(conversationId: string, readSeq?: number): void;

  /**
   * Opens a separate socket for the conversation on screen, which saves one hop; null closes it.
   * @example client.focus(conversation_id);
   */
  focus(conversationId: string | null): void;

  /**
   * Which of these users are online. Returns the same view for the same ids. It is active while it has subscribers,
   * and covers only users who share a conversation with this user. All views together watch 100 users, the most
   * recently subscribed ones: in a long list, subscribe only for the visible rows.
   *
   * @example
   * const presence = client.presence(["ben"]);
   * presence.subscribe(() => show(presence.getSnapshot().get("ben")?.status === 1));
   */
  presence(userIds: readonly string[]): View<PresenceSnapshot>;

  /**
   * One conversation of the list; null while it is not listed. Returns the same view for the same id, and the same
   * object until the conversation changes. @example client.conversation(chat).getSnapshot()?.unread_count
   */
  conversation(conversationId: string): View<Conversation<T> | null>;

  /**
   * Nicknames and pictures of users. Returns the same view for the same ids. While it has subscribers, it requests the
   * users that neither the list nor a group's members contain.
   *
   * @example
   * const users = client.users(["ben"]);
   * users.subscribe((cards) => show(cards.get("ben")?.nickname));
   */
  users(userIds: readonly string[]): View<UsersSnapshot>;

  /**
   * The members of a group. Returns the same view for the same group. It reads them while it has subscribers, and again
   * after each notice. @example client.members(group_id).subscribe(({ members }) => show(members));
   */
  members(groupId: string): View<MembersSnapshot>;

  /**
   * The pinned messages of a conversation, the last pinned first. Returns the same view for the same id. It reads them
   * when it gets subscribers, and changes with each change of a message that the client hears of: at once in the
   * conversation of `focus`. @example client.pins(chat).subscribe(({ messages }) => show(messages));
   */
  pins(conversationId: string): View<PinsSnapshot<T>>;

  /** The ids of the users who are typing in a conversation. @example client.typing(chat).getSnapshot().length > 0 */
  typing(conversationId: string): View<readonly string[]>;

  /** Tells others that the user is typing or has stopped. Call it on each key press. */
  setTyping(conversationId: string, isTyping: boolean): void;

  /**
   * Tries to connect now because the network may be back, unless the server has asked for a pause. The default hook
   * calls this automatically.
   */
  wake(): void;

  /** Replaces the token with a new one. Runs automatically at half the token's lifetime, if that is known. */
  refresh(): Promise<void>;

  /** Adopts the token that another client of the same login, such as another tab, got by a refresh. */
  takeToken(token: Token): void;

  /**
   * Ends this client at once, deletes waiting and failed messages and the stored history, and ends the login on the
   * server. @throws NexoClientError when the server was not reached: the login then stays valid until its token ends
   */
  signOut(): Promise<void>;

  /**
   * Ends this client; the login stays valid, and waiting messages stay in the storage. After this the client sends no
   * request, opens no socket and reports no event; a token that arrives later is ignored.
   */
  close(): void;

  /** Calls `close` when the client goes out of scope. @example using client = createClient({ url, token }); */
  [Symbol.dispose](): void;
}

/** What an edit changes. */
export interface EditChanges {
  readonly content: Readonly<Record<string, unknown>>;
  readonly mentions?: readonly string[] | undefined;
  readonly if_rev?: number | undefined;
}
