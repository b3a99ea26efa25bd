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
import { copyOf, type SendMeta } from "./messages/outgoing.ts";
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
  const closed = new NexoClientError(Code.UNAUTHORIZED, "the client is closed", { retryable: false });

  function hand(
    conversationId: string,
    { msg_type, content, meta }: { msg_type: number; content: Record<string, unknown>; meta?: SendMeta | undefined },
  ): Sending {
    assertOpen();
    const client_msg_id = randomId();
    const draft = { conversation_id: conversationId, client_msg_id, msg_type, content, meta: meta ?? null };
    return { client_msg_id, sent: parts.outbox.send({ ...draft, rev: parts.book.of(conversationId).rev }) };
  }

  function assertOpen(): void {
    if (parts.connection.isOver) throw closed;
  }

  const sources: Sources = {
    message: (listener) => parts.book.onMessage(listener),
    connection: (listener) => parts.connection.view.subscribe(listener),
    token: (listener) => parts.events.on("token", listener),
    own_data: (listener) => parts.events.on("own_data", listener),
    signed_out: (listener) => parts.events.on("signed_out", listener),
  };

  function close(): void {
    parts.connection.set("closed");
    core.stop(closed);
  }

  const client: Client = {
    api: parts.api,
    connection: parts.connection.view,
    conversations: parts.list.view,
    push: parts.push,
    get userId() {
      return parts.session.userId;
    },
    get token() {
      return parts.session.token;
    },
    now: () => parts.clock.now(),
    get unsent() {
      return parts.outbox.size;
    },
    chatWith(userId) {
      if (parts.session.userId === "")
        throw new NexoClientError(Code.UNAUTHORIZED, "whose token it is, is not known yet");
      return singleConversationId(parts.session.userId, userId);
    },
    ready: () => parts.connection.ready(),
    messages: (conversationId) => parts.book.of(conversationId).view,
    onMessage: (listener) => parts.book.onMessage(listener),
    on: (event, listener) => sources[event](listener),
    send: hand,
    sendFile(conversationId, file, { name = file.name ?? "", fields = {} } = {}) {
      assertOpen();
      const client_msg_id = randomId();
      const message = {
        ...messageOf(client_msg_id, file, name, fields),
        meta: null,
        rev: parts.book.of(conversationId).rev,
      };
      const sent = parts.outbox.send({ ...message, client_msg_id, conversation_id: conversationId });
      parts.files.add(client_msg_id, file);
      return { client_msg_id, sent };
    },
    sendingFile: (id) => parts.files.view(id),
    async uploadAvatar(file) {
      const square = await squarePicture(file);
      return (await parts.api.media.upload({ purpose: "avatar", type: square.type }, square)).url;
    },
    sendText: (conversationId, text, meta) =>
      hand(conversationId, { msg_type: MessageType.TEXT, content: { text }, meta }),
    edit: (conversationId, seq, { content, mentions, if_rev }) => {
      const known = parts.book.of(conversationId).find(seq);
      const base = if_rev ?? (known && revOf(known));
      return parts.operations.run(
        conversationId,
        copyOf({ kind: "edit", seqs: [seq], content, mentions, if_rev: base }),
      );
    },
    recall: (conversationId, ...seqs) => parts.operations.run(conversationId, { kind: "recall", seqs }),
    remove: (conversationId, ...seqs) => parts.operations.run(conversationId, { kind: "delete", seqs }),
    react: (conversationId, seq, emoji, isOn = true) =>
      parts.operations.run(conversationId, { kind: "react", seqs: [seq], emoji, on: isOn }),
    pin: (conversationId, seq, isOn = true) =>
      parts.operations.run(conversationId, { kind: "pin", seqs: [seq], on: isOn }),
    forward: async (conversationId, seqs, toConversationId) => {
      assertOpen();
      return await parts.operator.forward(conversationId, seqs, toConversationId);
    },
    resend(id) {
      assertOpen();
      return { client_msg_id: id, sent: parts.outbox.resend(id) };
    },
    discard: (id) => parts.outbox.discard(id),
    markRead(conversationId, readSeq = parts.list.get(conversationId)?.max_seq ?? 0) {
      if (parts.connection.isOver || readSeq <= (parts.list.get(conversationId)?.read_seq ?? 0)) return;
      parts.receiver.ownRead(conversationId, readSeq);
      parts.marks.mark(conversationId, readSeq);
    },
    focus: (conversationId) => parts.focus.move(conversationId ?? ""),
    presence: (userIds) => parts.presence.view(userIds),
    conversation: (conversationId) => parts.list.rows.view(conversationId),
    users: (userIds) => parts.users.view(userIds),
    members: (groupId) => parts.members.view(groupId),
    pins: (conversationId) => parts.book.of(conversationId).pins.view,
    typing: (conversationId) => parts.typing.view(conversationId),
    setTyping: (conversationId, isTyping) => parts.typing.set(conversationId, isTyping),
    wake: () => core.wake(),
    refresh: () => parts.session.refresh(),
    takeToken: (token) => parts.session.take(token),
    async signOut() {
      const ended = parts.api.auth.logout();
      parts.outbox.forget();
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
