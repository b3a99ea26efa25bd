import { endCode, type Grant, HELD_SOCKET_CALLS, type LoginEnd, SOCKET_CALLS } from "../core/calls.ts";
import type { UpdateBuilder } from "../core/delivery/update-builder.ts";
import type { RecentMessage } from "../core/log/recent-messages.ts";
import type { ConversationState } from "../core/log/state.ts";
import { visibleMax } from "../core/member.ts";
import { askObject, type Handler, handle } from "../core/rpc.ts";
import { PushFrame, type SocketSign, type Sockets } from "../durable/sockets.ts";
import { loginOf, refusal, upgraded } from "../durable/upgrade.ts";
import type { Env } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { Push } from "../protocol/frames.ts";
import { randomId } from "../protocol/ids.ts";

/**
 * The sockets that are open on one conversation. They send on a grant from their user's inbox, so that a message
 * takes one hop. The inbox records each socket and notifies it when its login ends.
 */
export class ConversationSockets {
  readonly #env: Env;
  readonly #conversation: ConversationState;
  readonly #updates: UpdateBuilder;
  readonly #sockets: Sockets;
  readonly #opening = new Map<string, { login_id: string; platform_id: number; cancelled: boolean }>();

  constructor(env: Env, conversation: ConversationState, updates: UpdateBuilder, sockets: Sockets) {
    this.#env = env;
    this.#conversation = conversation;
    this.#updates = updates;
    this.#sockets = sockets;
  }

  /**
   * Opens a socket for a verified login. A refusal is an error, which the Worker formats. [SOCK-4 LOGIN-5]
   * @param granted is called with the new socket and what it may send.
   */
  async open(request: Request, granted: (socket: WebSocket, grant: Grant) => void): Promise<Response> {
    const login = loginOf(request);
    const socketId = randomId();
    const opening = { login_id: login.login_id, platform_id: login.platform_id, cancelled: false };
    this.#opening.set(socketId, opening);
    try {
      this.#conversation.access.reader(login.user_id);
      const inbox = this.#env.INBOX.getByName(login.user_id);
      const grant = await askObject(inbox, HELD_SOCKET_CALLS.open, {
        login,
        conversation_id: this.#conversation.conversationId,
        socket_id: socketId,
      });
      if (opening.cancelled) throw new NexoError(Code.TOKEN_INVALID);
      const { client, server } = this.#sockets.accept({
        socket_id: socketId,
        user_id: login.user_id,
        platform_id: login.platform_id,
        login_id: login.login_id,
        exp: login.exp,
        base64: false,
      });
      granted(server, grant);
      return upgraded(request, client);
    } catch (error) {
      return refusal(error);
    } finally {
      this.#opening.delete(socketId);
    }
  }

  /**
   * Pushes new messages to every socket whose user may see them, except the sending socket. [PUSH-1 VIS-1]
   * @param unread messages that their senders have not read, and the senders, whose clients would take them as read
   */
  pushMessages(
    from: number,
    senders: ReadonlyMap<number, WebSocket> = new Map(),
    unread: ReadonlyMap<number, string> = new Map(),
  ): void {
    if (this.#sockets.size === 0) return;
    const messages = this.#updates.messages(from);
    const newestSeq = messages.at(-1)?.seq ?? 0;
    const all = this.#messagesFrame(messages);
    const own = new Set(senders.values());
    const others = new Set(unread.values());
    for (const [socket, state] of this.#sockets.hearing()) {
      const member = this.#conversation.member(state.user_id);
      if (!member) continue;
      const last = visibleMax(member, newestSeq);
      if (last === newestSeq && !own.has(socket) && !others.has(state.user_id)) {
        this.#sockets.push(socket, all);
        continue;
      }
      const isShown = (seq: number) => senders.get(seq) !== socket && unread.get(seq) !== state.user_id;
      const visible = messages.filter(({ seq }) => seq <= last && isShown(seq));
      if (visible.length > 0) this.#sockets.push(socket, this.#messagesFrame(visible));
    }
  }

  #messagesFrame(messages: readonly RecentMessage[]): PushFrame {
    const lines = messages.map((message) => message.line).join(",");
    const id = this.#conversation.conversationId;
    const { rev } = this.#conversation.version;
    return new PushFrame(Push.MESSAGES, `{"msgs":{"${id}":[${lines}]},"revs":{"${id}":${rev}},"prev":0,"cursor":0}`);
  }

  /** The calls of inboxes about the sockets held here. */
  calls(): readonly Handler[] {
    return [
      handle(SOCKET_CALLS.loginEnded, (end) => this.#loginEnded(end)),
      handle(SOCKET_CALLS.loginExtended, ({ login_id, exp }) => this.#loginExtended(login_id, exp)),
      handle(SOCKET_CALLS.signs, (socketIds) => this.#signsOf(socketIds)),
      handle(SOCKET_CALLS.giveUp, (socketId) => {
        this.#sockets.giveUp(socketId);
      }),
    ];
  }

  #loginEnded({ login_id, reason }: LoginEnd): void {
    for (const opening of this.#opening.values()) {
      if (opening.login_id === login_id) opening.cancelled = true;
    }
    for (const [socket, state] of [...this.#sockets.all()]) {
      if (state.login_id === login_id) this.#sockets.signOut(socket, reason, endCode(reason));
    }
  }

  #loginExtended(loginId: string, exp: number): void {
    for (const [socket, state] of this.#sockets.all()) {
      if (state.login_id === loginId) this.#sockets.update(socket, { ...state, exp });
    }
  }

  /** Returns which of the given sockets are open or opening here. */
  #signsOf(socketIds: readonly string[]): SocketSign[] {
    const now = Date.now();
    const opening = socketIds.flatMap((socket_id) => {
      const platform_id = this.#opening.get(socket_id)?.platform_id;
      return platform_id === undefined ? [] : [{ socket_id, platform_id, heard_at: now, looks_alive: true }];
    });
    return [...this.#sockets.signs(now, new Set(socketIds)), ...opening];
  }

  /** Tells the inbox that a socket is closed, so that it has room for another. */
  async closed(socket: WebSocket): Promise<void> {
    const state = this.#sockets.acknowledge(socket) ?? socket.deserializeAttachment();
    if (!state) return;
    try {
      const inbox = this.#env.INBOX.getByName(state.user_id);
      await askObject(inbox, HELD_SOCKET_CALLS.closed, { socket_id: state.socket_id });
    } catch {
      // A failure is harmless: before the inbox refuses a socket or shows the user online, it asks which are open.
    }
  }
}
