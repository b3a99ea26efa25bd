/// <reference lib="esnext.disposable" preserve="true" />
import { Code } from "../protocol/codes.ts";
import { randomId, singleConversationId } from "../protocol/ids.ts";
import { MessageType } from "../protocol/model.ts";
import type { Client, Sending } from "./client.ts";
import { startCore } from "./core.ts";
import { NexoClientError } from "./errors.ts";
import type { ClientEvents } from "./events.ts";
import { messageOf } from "./files/kinds.ts";
import { squarePicture } from "./files/pictures.ts";
import { revOf } from "./messages/amended.ts";
import type { AppTypes } from "./messages/content.ts";
import { copyOf } from "./messages/outbox.ts";
import type { SendMeta } from "./messages/outgoing.ts";
import type { ClientOptions } from "./options.ts";

/** For each event, a function that adds a listener. */
type Sources = {
  readonly [Event in keyof ClientEvents]: (listener: (value: ClientEvents[Event]) => void) => () => void;
};

/**
 * Signs in and stays connected until `close()`, or until the login ends.
 *
 * @example
 * const client = createClient({ url: location.origin, token, storage: webStorage(localStorage) });
 */
export function createClient<T extends AppTypes = AppTypes>(options: ClientOptions): Client<T> {
  const core = startCore(options);
  const { parts } = core;
  const { api, session, connection, list, outbox, operations, book, marks, focus } = parts;
  const closed = new NexoClientError(Code.UNAUTHORIZED, "the client is closed", { retryable: false });

  function hand(
    conversationId: string,
    { msg_type, content, meta }: { msg_type: number; content: Record<string, unknown>; meta?: SendMeta | undefined },
  ): Sending {
    assertOpen();
    const client_msg_id = randomId();
    const draft = { conversation_id: conversationId, client_msg_id, msg_type, content, meta: meta ?? null };
    return { client_msg_id, sent: outbox.send({ ...draft, rev: book.of(conversationId).rev }) };
  }

  function assertOpen(): void {
    if (connection.isOver) throw closed;
  }

  const sources: Sources = {
    message: (listener) => book.onMessage(listener),
    connection: (listener) => connection.view.subscribe(listener),
    token: (listener) => parts.events.on("token", listener),
    own_data: (listener) => parts.events.on("own_data", listener),
    signed_out: (listener) => parts.events.on("signed_out", listener),
  };

  function close(): void {
    connection.set("closed");
    core.stop(closed);
  }

  const client: Client = {
    api,
    connection: connection.view,
    conversations: list.view,
    push: parts.push,
    get userId() {
      return session.userId;
    },
    get token() {
      return session.token;
    },
    now: () => parts.clock.now(),
    get unsent() {
      return outbox.size;
    },
    chatWith(userId) {
      if (session.userId === "") throw new NexoClientError(Code.UNAUTHORIZED, "whose token it is, is not known yet");
      return singleConversationId(session.userId, userId);
    },
    ready: () => connection.ready(),
    messages: (conversationId) => book.of(conversationId).view,
    onMessage: (listener) => book.onMessage(listener),
    on: (event, listener) => sources[event](listener),
    send: hand,
    sendFile(conversationId, file, { name = file.name ?? "", fields = {} } = {}) {
      assertOpen();
      const client_msg_id = randomId();
      const message = { ...messageOf(client_msg_id, file, name, fields), meta: null, rev: book.of(conversationId).rev };
      const sent = outbox.send({ ...message, client_msg_id, conversation_id: conversationId });
      parts.files.add(client_msg_id, file);
      return { client_msg_id, sent };
    },
    sendingFile: (id) => parts.files.view(id),
    async uploadAvatar(file) {
      const square = await squarePicture(file);
      return (await api.media.upload({ purpose: "avatar", type: square.type }, square)).url;
    },
    sendText: (conversationId, text, meta) =>
      hand(conversationId, { msg_type: MessageType.TEXT, content: { text }, meta }),
    edit: (conversationId, seq, { content, mentions, if_rev }) => {
      const known = book.of(conversationId).find(seq);
      const base = if_rev ?? (known && revOf(known));
      return operations.run(conversationId, copyOf({ kind: "edit", seqs: [seq], content, mentions, if_rev: base }));
    },
    recall: (conversationId, ...seqs) => operations.run(conversationId, { kind: "recall", seqs }),
    remove: (conversationId, ...seqs) => operations.run(conversationId, { kind: "delete", seqs }),
    react: (conversationId, seq, emoji, isOn = true) =>
      operations.run(conversationId, { kind: "react", seqs: [seq], emoji, on: isOn }),
    pin: (conversationId, seq, isOn = true) => operations.run(conversationId, { kind: "pin", seqs: [seq], on: isOn }),
    forward: async (conversationId, seqs, toConversationId) => {
      assertOpen();
      return await parts.operator.forward(conversationId, seqs, toConversationId);
    },
    resend(id) {
      assertOpen();
      return { client_msg_id: id, sent: outbox.resend(id) };
    },
    discard: (id) => outbox.discard(id),
    markRead(conversationId, readSeq = list.get(conversationId)?.max_seq ?? 0) {
      if (connection.isOver || readSeq <= (list.get(conversationId)?.read_seq ?? 0)) return;
      parts.receiver.ownRead(conversationId, readSeq);
      marks.mark(conversationId, readSeq);
    },
    focus: (conversationId) => focus.move(conversationId ?? ""),
    presence: (userIds) => parts.presence.view(userIds),
    conversation: (conversationId) => list.rows.view(conversationId),
    users: (userIds) => parts.users.view(userIds),
    members: (groupId) => parts.members.view(groupId),
    pins: (conversationId) => book.of(conversationId).pins.view,
    typing: (conversationId) => parts.typing.view(conversationId),
    setTyping: (conversationId, isTyping) => parts.typing.set(conversationId, isTyping),
    wake: () => core.wake(),
    refresh: () => session.refresh(),
    takeToken: (token) => session.take(token),
    async signOut() {
      const ended = api.auth.logout();
      outbox.forget();
      core.forget();
      close();
      await ended;
    },
    close,
    [Symbol.dispose]: close,
  };
  // Only the app knows the meaning of custom_data.
  return client as Client<T>;
}
