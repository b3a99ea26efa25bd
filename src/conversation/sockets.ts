import type { AppendReply, Grant, LoginEnd } from "../domain/calls.ts";
import { visibleMax } from "../domain/member.ts";
import { FrameGate } from "../durable/frame-gate.ts";
import { PushFrame, Sockets, type SocketState } from "../durable/sockets.ts";
import { loginOf, refusal, upgraded, withDeadline } from "../durable/stubs.ts";
import { type Env, type Settings, settingsOf } from "../env.ts";
import { conversationOf, markReadBody, pullListData, pullRangeData, sendBody } from "../protocol/bodies.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { checkContent } from "../protocol/content.ts";
import { answerFrame, Close, parseData, Push, Request as Req, type RequestFrame } from "../protocol/frames.ts";
import { randomId } from "../protocol/ids.ts";
import type { AppendJob } from "./conversation.ts";
import type { Job } from "./group-commit.ts";
import type { Room } from "./room.ts";
import type { TailMessage } from "./tail.ts";

/** What the sockets ask of their conversation. */
export interface RoomPort {
  readonly room: Room;
  append(job: Job<AppendJob, Omit<AppendReply, "tell">>): void;
  flush(): void;
  markRead(userId: string, readSeq: number, socket: WebSocket): Promise<number>;
}

/** Frames that wait behind one that awaits something; a client that sends more before it is answered is closed. */
const MAX_WAITING_FRAMES = 1_000;

/**
 * The sockets opened on one conversation. They send on a grant of their user's inbox, so that a message
 * takes one hop; the inbox remembers each, and reaches it when its login ends.
 */
export class RoomSockets {
  readonly #env: Env;
  readonly #settings: Settings;
  readonly #port: RoomPort;
  readonly #sockets: Sockets;
  readonly #gate: FrameGate;
  /** In memory only: after a rest a socket asks for a new grant, which checks its login again. */
  readonly #grants = new WeakMap<WebSocket, Grant>();
  readonly #waiting = new Map<WebSocket, (string | ArrayBuffer)[]>();
  readonly #opening = new Map<string, { login_id: string; cancelled: boolean }>();

  constructor(ctx: DurableObjectState, env: Env, port: RoomPort) {
    this.#env = env;
    this.#settings = settingsOf(env);
    this.#port = port;
    this.#sockets = new Sockets(ctx);
    this.#gate = new FrameGate(this.#sockets, this.#settings.MAX_FRAME_BYTES);
    // An aborted object has lost it, so it is set at every start.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens a socket for a verified login; a refusal is an error the Worker puts into words. [SOCK-4 LOGIN-5] */
  async open(request: Request): Promise<Response> {
    const login = loginOf(request);
    const socketId = randomId();
    const opening = { login_id: login.login_id, cancelled: false };
    this.#opening.set(socketId, opening);
    try {
      this.#port.room.assertReader(login.user_id);
      const inbox = this.#env.INBOX.getByName(login.user_id);
      const grant = await withDeadline(inbox.openRoomSocket(login, this.#port.room.conversationId, socketId));
      if (opening.cancelled) throw new NexoError(Code.TOKEN_INVALID);
      const { client, server } = this.#sockets.accept({
        socket_id: socketId,
        user_id: login.user_id,
        platform_id: login.platform_id,
        login_id: login.login_id,
        exp: login.exp,
        base64: new URL(request.url).searchParams.has("sdk_type"),
      });
      this.#grants.set(server, grant);
      return upgraded(request, client);
    } catch (error) {
      return refusal(error);
    } finally {
      this.#opening.delete(socketId);
    }
  }

  /** Takes a frame. Those of one socket are answered in order, so they queue behind one that has to wait. */
  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const waiting = this.#waiting.get(socket);
    if (waiting) {
      waiting.push(message);
      if (waiting.length > MAX_WAITING_FRAMES) this.#sockets.close(socket, Close.FLOOD, "too many frames at once");
      return;
    }
    const handled = this.#handle(socket, message);
    if (!handled) return;
    const queue: (string | ArrayBuffer)[] = [];
    this.#waiting.set(socket, queue);
    try {
      await handled;
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await this.#handle(socket, next);
    } finally {
      this.#waiting.delete(socket);
    }
  }

  /** @returns a promise where later frames of the socket have to wait. */
  #handle(socket: WebSocket, message: string | ArrayBuffer): Promise<void> | undefined {
    const frame = this.#gate.receive(socket, message, Date.now());
    const state = this.#sockets.state(socket);
    if (!frame || !state) return undefined;
    try {
      if (frame.req_identifier === Req.SEND) return this.#send(socket, state, frame);
      // Whatever is no send sees what was sent before it.
      this.#port.flush();
      if (frame.req_identifier === Req.MARK_READ) return this.#markRead(socket, state, frame);
      this.#answer(socket, frame, this.#read(state, frame));
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
    return undefined;
  }

  #read(state: SocketState, frame: RequestFrame): string {
    const { room } = this.#port;
    switch (frame.req_identifier) {
      case Req.NEWEST_SEQS:
        return JSON.stringify({ seqs: { [room.conversationId]: room.readState(state.user_id).max_seq } });
      case Req.PULL_LIST: {
        const { conversation_id, wanted } = parseData(pullListData, frame.data);
        this.#assertHere(conversation_id);
        return room.pull(state.user_id, wanted);
      }
      case Req.PULL_RANGE: {
        const { conversation_id, range } = parseData(pullRangeData, frame.data);
        this.#assertHere(conversation_id);
        return room.pull(state.user_id, range);
      }
      case Req.READ_STATE:
        return JSON.stringify(room.readState(state.user_id));
      case Req.SYNC:
      case Req.PRESENCE:
        throw new NexoError(Code.INVALID_PARAMETER, "req_identifier: ask this on the user's socket");
      default:
        throw new NexoError(Code.INVALID_PROTOCOL, `req_identifier: ${frame.req_identifier} is unknown`);
    }
  }

  #send(socket: WebSocket, state: SocketState, frame: RequestFrame): Promise<void> | undefined {
    const body = parseData(sendBody, frame.data);
    this.#assertHere(conversationOf(state.user_id, body));
    const send = {
      client_msg_id: body.client_msg_id,
      msg_type: body.msg_type,
      content: checkContent(body.msg_type, body.content, frame.source),
    };
    if (!this.#port.room.isBorn) return this.#sendFirst(socket, state, frame, send);
    const grant = this.#grants.get(socket);
    if (!grant || grant.sends < 1 || grant.until <= Date.now()) return this.#renew(socket, state, frame, send);
    this.#append(socket, state, frame, send, grant);
    return undefined;
  }

  #append(
    socket: WebSocket,
    state: SocketState,
    frame: RequestFrame,
    send: AppendJob["call"]["sends"][number],
    grant: Grant,
  ): void {
    // Taken now, since frames of one batch share the grant; given back where the commit used none.
    this.#grants.set(socket, { ...grant, sends: grant.sends - 1 });
    const allowance = Math.min(grant.sends, 1);
    this.#port.append({
      call: { call: { user_id: state.user_id, mark: null, sends: [send], allowance, founding: false }, socket },
      done: (reply) => this.#sent(socket, frame, send.client_msg_id, reply),
      failed: (error) => this.#gate.refuse(socket, frame, error),
    });
  }

  #sent(socket: WebSocket, frame: RequestFrame, clientMessageId: string, reply: Omit<AppendReply, "tell">): void {
    const grant = this.#grants.get(socket);
    if (grant && reply.spent === 0) this.#grants.set(socket, { ...grant, sends: grant.sends + 1 });
    const outcome = reply.outcomes[0];
    if (!outcome?.ok) {
      return this.#gate.refuse(socket, frame, new NexoError(outcome?.code ?? Code.INTERNAL, outcome?.message));
    }
    this.#gate.pardon(socket);
    const { seq, server_msg_id, send_at } = outcome;
    const conversation_id = this.#port.room.conversationId;
    // The inbox was not asked, so the cursor is not known here: 0 leaves the client's own.
    const answer = { server_msg_id, conversation_id, seq, client_msg_id: clientMessageId, send_at, prev: 0, cursor: 0 };
    this.#answer(socket, frame, JSON.stringify(answer));
  }

  /** The grant is spent or old: the inbox checks the login again and grants anew. [LOGIN-4 RATE-1] */
  async #renew(
    socket: WebSocket,
    state: SocketState,
    frame: RequestFrame,
    send: AppendJob["call"]["sends"][number],
  ): Promise<void> {
    try {
      const inbox = this.#env.INBOX.getByName(state.user_id);
      const grant = await withDeadline(
        inbox.renewRoomSocket(state.login_id, this.#port.room.conversationId, state.socket_id),
      );
      this.#append(socket, state, frame, send, grant);
    } catch (error) {
      if (errorCode(error) === Code.TOKEN_INVALID) {
        this.#sockets.signOut(socket, "new_login", Code.TOKEN_INVALID);
      } else this.#gate.refuse(socket, frame, error);
    }
  }

  /** A conversation that is not there yet comes into being by the inbox's path, which knows budgets and peers. */
  async #sendFirst(
    socket: WebSocket,
    state: SocketState,
    frame: RequestFrame,
    send: AppendJob["call"]["sends"][number],
  ): Promise<void> {
    try {
      const inbox = this.#env.INBOX.getByName(state.user_id);
      const line = await withDeadline(
        inbox.sendFromRoom(state.login_id, this.#port.room.conversationId, send),
      );
      const { server_msg_id, seq, send_at } = JSON.parse(line);
      const outcome = { ok: true, server_msg_id, seq, send_at, line } as const;
      this.#sent(socket, frame, send.client_msg_id, { outcomes: [outcome], spent: 1, founded: true });
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
  }

  async #markRead(socket: WebSocket, state: SocketState, frame: RequestFrame): Promise<void> {
    try {
      const { conversation_id, read_seq } = parseData(markReadBody, frame.data);
      this.#assertHere(conversation_id);
      const marked = await this.#port.markRead(state.user_id, read_seq, socket);
      this.#answer(socket, frame, JSON.stringify({ read_seq: marked, prev: 0, cursor: 0 }));
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
  }

  #assertHere(conversationId: string): void {
    const here = this.#port.room.conversationId;
    if (conversationId !== here) {
      throw new NexoError(Code.INVALID_PARAMETER, `conversation_id: this socket is for ${here}`);
    }
  }

  #answer(socket: WebSocket, frame: RequestFrame, data: string): void {
    const base64 = this.#sockets.state(socket)?.base64 ?? false;
    this.#sockets.send(socket, answerFrame(frame, data, base64));
  }

  /** Pushes what is new to every socket whose user sees it, but not to the one that sent it. [PUSH-1 VIS-1] */
  pushMessages(from: number, senders: ReadonlyMap<number, WebSocket>): void {
    if (this.#sockets.size === 0) return;
    const messages = this.#port.room.newest(from);
    const newestSeq = messages.at(-1)?.seq ?? 0;
    const all = this.#messagesFrame(messages);
    const own = new Set(senders.values());
    for (const [socket, state] of this.#hearing()) {
      const member = this.#port.room.member(state.user_id);
      if (!member) continue;
      const last = visibleMax(member, newestSeq);
      if (last === newestSeq && !own.has(socket)) {
        this.#sockets.push(socket, all);
        continue;
      }
      const visible = messages.filter(({ seq }) => seq <= last && senders.get(seq) !== socket);
      if (visible.length > 0) this.#sockets.push(socket, this.#messagesFrame(visible));
    }
  }

  #messagesFrame(messages: readonly TailMessage[]): PushFrame {
    const lines = messages.map((message) => message.line).join(",");
    const id = this.#port.room.conversationId;
    return new PushFrame(Push.MESSAGES, `{"msgs":{"${id}":[${lines}]},"prev":0,"cursor":0}`);
  }

  /** A read mark goes to the reader's other sockets; in a single chat to the peer's too. [READ-4] */
  pushRead(userId: string, readSeq: number, from: WebSocket | null): void {
    const { room } = this.#port;
    const data = { conversation_id: room.conversationId, user_id: userId, read_seq: readSeq, prev: 0, cursor: 0 };
    const frame = new PushFrame(Push.READ, JSON.stringify(data));
    for (const [socket, state] of this.#hearing()) {
      if (socket !== from && (room.ref.type === 1 || state.user_id === userId)) this.#sockets.push(socket, frame);
    }
  }

  /** Sockets whose login has not expired; those others are told so and closed. [LOGIN-3] */
  *#hearing(): Generator<[WebSocket, SocketState]> {
    const now = Date.now() / 1_000;
    for (const [socket, state] of [...this.#sockets.all()]) {
      if (state.exp > now) yield [socket, state];
      else this.#sockets.signOut(socket, "expired", Code.TOKEN_EXPIRED);
    }
  }

  loginEnded({ login_id, reason }: LoginEnd): void {
    for (const opening of this.#opening.values()) {
      if (opening.login_id === login_id) opening.cancelled = true;
    }
    const code = reason === "expired" ? Code.TOKEN_EXPIRED : Code.TOKEN_INVALID;
    for (const [socket, state] of [...this.#sockets.all()]) {
      if (state.login_id === login_id) this.#sockets.signOut(socket, reason, code);
    }
  }

  loginExtended(loginId: string, exp: number): void {
    for (const [socket, state] of this.#sockets.all()) {
      if (state.login_id === loginId) this.#sockets.update(socket, { ...state, exp });
    }
  }

  openOf(socketIds: readonly string[]): string[] {
    const wanted = new Set(socketIds);
    const open = [...this.#sockets.all()].map(([, state]) => state.socket_id);
    return [...open, ...this.#opening.keys()].filter((id) => wanted.has(id));
  }

  /** A socket is gone: its inbox has room for another. */
  async closed(socket: WebSocket): Promise<void> {
    const state = this.#sockets.acknowledge(socket) ?? socket.deserializeAttachment();
    if (!state) return;
    try {
      const inbox = this.#env.INBOX.getByName(state.user_id);
      await withDeadline(inbox.closedRoomSocket(state.socket_id));
    } catch {
      // The inbox asks openSockets before it refuses a socket for the number of those it remembers.
    }
  }
}
