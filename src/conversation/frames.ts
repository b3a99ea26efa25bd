import { asksBefore } from "../core/before.ts";
import { HELD_SOCKET_CALLS, type NewMessage, type Renewal } from "../core/calls.ts";
import { assertHere, type ConversationFrameHandlers } from "../core/conversation.ts";
import type { ConversationState } from "../core/log/state.ts";
import { askObject } from "../core/rpc.ts";
import type { FrameGate } from "../durable/frame-gate.ts";
import { handleFrame } from "../durable/frame-handlers.ts";
import type { SocketState, Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import { conversationOf } from "../protocol/bodies.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { checkContent } from "../protocol/content.ts";
import { FRAMES, type FrameInput } from "../protocol/frame-requests.ts";
import { answerFrame, Close, Request as Req } from "../protocol/frames.ts";
import type { RequestFrame } from "../protocol/parse.ts";
import { readSend } from "../protocol/send.ts";
import type { Appended, AppendJob } from "./appending.ts";
import type { Grants, Kind } from "./grants.ts";

/** What the frames need from their conversation. */
export interface ConversationFramesParts {
  readonly env: Env;
  readonly conversation: ConversationState;
  readonly sockets: Sockets;
  readonly gate: FrameGate;
  readonly grants: Grants;
  readonly append: (job: AppendJob) => void;
  /** Commits the waiting sends. */
  readonly flush: () => void;
  /** The handlers of the features. */
  readonly handlers: ConversationFrameHandlers;
}

/** The limit of frames that wait behind an asynchronous one. A socket that exceeds it is closed. [MEM-1] */
const MAX_WAITING = { frames: 1_000, characters: 1_048_576 };

/** Frames that wait for their turn, and their total length. */
interface Queue {
  readonly frames: (string | ArrayBuffer)[];
  characters: number;
}

/** Handles the frames that clients send on a conversation's sockets, and answers them. */
export class ConversationFrames {
  readonly #parts: ConversationFramesParts;
  readonly #sockets: Sockets;
  readonly #gate: FrameGate;
  readonly #grants: Grants;
  /** Sockets for which the inbox is being asked about the login. */
  readonly #asking = new WeakSet<WebSocket>();
  readonly #waiting = new Map<WebSocket, Queue>();

  constructor(parts: ConversationFramesParts) {
    this.#parts = parts;
    this.#sockets = parts.sockets;
    this.#gate = parts.gate;
    this.#grants = parts.grants;
  }

  /** Takes a frame. Frames of one socket are answered in order, so they queue behind a waiting frame. */
  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const waiting = this.#waiting.get(socket);
    if (waiting) {
      waiting.frames.push(message);
      waiting.characters += lengthOf(message);
      if (waiting.frames.length > MAX_WAITING.frames || waiting.characters > MAX_WAITING.characters) {
        waiting.frames.length = 0;
        this.#sockets.close(socket, Close.FLOOD, "too many frames at once");
      }
      return;
    }
    const handled = this.#handle(socket, message);
    if (!handled) return;
    const queue: Queue = { frames: [], characters: 0 };
    this.#waiting.set(socket, queue);
    try {
      await handled;
      for (let next = queue.frames.shift(); next !== undefined; next = queue.frames.shift()) {
        queue.characters -= lengthOf(next);
        await this.#handle(socket, next);
      }
    } finally {
      this.#waiting.delete(socket);
    }
  }

  /** @returns a promise when later frames of the socket have to wait. */
  #handle(socket: WebSocket, message: string | ArrayBuffer): Promise<void> | undefined {
    const frame = this.#gate.receive(socket, message, Date.now());
    const state = this.#sockets.state(socket);
    if (!frame || !state) return undefined;
    const isSend = frame.req_identifier === Req.SEND;
    const kinds = isSend ? (["sends", "retries"] as const) : kindsOf(frame.req_identifier);
    if (this.#grants.isDue(socket, kinds, Date.now())) return this.#renew(socket, state, frame);
    return this.#carryOut(socket, state, frame);
  }

  /** Renews a used or expired grant. The inbox checks the login again and gives a new grant. [LOGIN-4] [RATE-1] */
  async #renew(socket: WebSocket, state: SocketState, frame: RequestFrame): Promise<void> {
    try {
      await this.#askForMore(socket, state);
    } catch (error) {
      if (errorCode(error) === Code.TOKEN_INVALID) this.#sockets.signOut(socket, "refused", Code.TOKEN_INVALID);
      else this.#gate.refuse(socket, frame, error);
      return;
    }
    await this.#carryOut(socket, state, frame);
  }

  /** @returns a promise when later frames of the socket have to wait. */
  #carryOut(socket: WebSocket, state: SocketState, frame: RequestFrame): Promise<void> | undefined {
    try {
      if (frame.req_identifier === Req.SEND) return this.#send(socket, state, frame);
      // Every other request must see the messages that were sent before it.
      this.#parts.flush();
      if (!this.#grants.take(socket, "requests")) throw new NexoError(Code.TOO_MANY_REQUESTS);
      const answer = handleFrame(this.#parts.handlers, frame, {
        socket,
        userId: state.user_id,
        charge: (weight, makesNotice) => this.#grants.charge(socket, weight, makesNotice),
      });
      if (typeof answer !== "string") return this.#answerLater(socket, frame, answer);
      this.#answer(socket, frame, answer);
    } catch (error) {
      // A refusal must not overtake the answers to messages sent before it. [SEND-5]
      this.#parts.flush();
      this.#gate.refuse(socket, frame, error);
    }
    return undefined;
  }

  #send(socket: WebSocket, state: SocketState, frame: RequestFrame): Promise<void> | undefined {
    const body = readSend(frame.data);
    const { client_msg_id, msg_type } = body;
    const { meta } = body;
    const send = { client_msg_id, msg_type, content: checkContent(msg_type, body.content, frame.source), meta };
    assertHere(this.#parts.conversation, conversationOf(state.user_id, body));
    // The inbox admits what the application is asked about. [HOOK-5]
    const { env, conversation } = this.#parts;
    if (!conversation.isBorn || asksBefore(env)) return this.#sendFirst(socket, state, frame, send);
    this.#append(socket, state, frame, send);
    return undefined;
  }

  #append(socket: WebSocket, state: SocketState, frame: RequestFrame, send: NewMessage): void {
    // Frames of one batch share the grant, so one try and one send are taken now. The one not needed is returned later.
    if (!this.#grants.take(socket, "retries")) throw new NexoError(Code.TOO_MANY_REQUESTS);
    const unsend = this.#grants.take(socket, "sends");
    const allowance = unsend ? 1 : 0;
    this.#parts.append({
      call: { call: { user_id: state.user_id, mark: null, sends: [send], allowance, founding: false }, socket },
      done: (reply) => {
        if (reply.spent > 0) this.#grants.wasNew(socket);
        else unsend?.();
        this.#sent(socket, frame, send.client_msg_id, reply);
      },
      failed: (error) => this.#gate.refuse(socket, frame, error),
    });
  }

  #sent(socket: WebSocket, frame: RequestFrame, clientMessageId: string, reply: Appended): void {
    const outcome = reply.outcomes[0];
    if (!outcome?.ok) {
      this.#gate.refuse(socket, frame, new NexoError(outcome?.code ?? Code.INTERNAL, outcome?.message));
      return;
    }
    const { seq, server_msg_id, send_at } = outcome;
    const conversation_id = this.#parts.conversation.conversationId;
    // The inbox was not asked, so the cursor is unknown here. 0 means that the client keeps its own cursor.
    const answer = { server_msg_id, conversation_id, seq, client_msg_id: clientMessageId, send_at, prev: 0, cursor: 0 };
    this.#answer(socket, frame, JSON.stringify(answer));
  }

  /**
   * A login seems to have expired. But a refresh may not have reached the conversation, so the inbox is
   * asked before the socket is closed. The socket misses pushes meanwhile; the client pulls them later. [LOGIN-3]
   */
  async expired(socket: WebSocket, state: SocketState): Promise<void> {
    if (this.#asking.has(socket)) return;
    this.#asking.add(socket);
    try {
      const { exp } = await this.#askForMore(socket, state);
      this.#sockets.update(socket, { ...state, exp });
    } catch (error) {
      if (errorCode(error) === Code.TOKEN_INVALID) this.#sockets.signOut(socket, "expired", Code.TOKEN_EXPIRED);
    } finally {
      this.#asking.delete(socket);
    }
  }

  async #askForMore(socket: WebSocket, state: SocketState): Promise<Renewal> {
    const inbox = this.#parts.env.INBOX.getByName(state.user_id);
    const renewal = await askObject(inbox, HELD_SOCKET_CALLS.renew, {
      login_id: state.login_id,
      conversation_id: this.#parts.conversation.conversationId,
      socket_id: state.socket_id,
      unused: this.#grants.release(socket),
    });
    this.#grants.put(socket, renewal);
    return renewal;
  }

  /** The first message of a new conversation goes through the inbox, which checks budgets and the peer. */
  async #sendFirst(socket: WebSocket, state: SocketState, frame: RequestFrame, send: NewMessage): Promise<void> {
    try {
      const inbox = this.#parts.env.INBOX.getByName(state.user_id);
      const line = await askObject(inbox, HELD_SOCKET_CALLS.sendFirst, {
        login_id: state.login_id,
        conversation_id: this.#parts.conversation.conversationId,
        send: { ...send, socket_id: state.socket_id },
      });
      const { server_msg_id, seq, send_at } = JSON.parse(line);
      const outcome = { ok: true, server_msg_id, seq, send_at, line } as const;
      this.#sent(socket, frame, send.client_msg_id, { outcomes: [outcome], spent: 1, founded: true });
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
  }

  async #answerLater(socket: WebSocket, frame: RequestFrame, data: Promise<string>): Promise<void> {
    try {
      this.#answer(socket, frame, await data);
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
  }

  #answer(socket: WebSocket, frame: RequestFrame, data: string): void {
    const base64 = this.#sockets.state(socket)?.base64 ?? false;
    this.#sockets.send(socket, answerFrame(frame, data, base64));
  }
}

/** What a frame other than a send takes from the grant. */
function kindsOf(frame: number): readonly Kind[] {
  const input: Partial<Record<number, FrameInput>> = FRAMES;
  return input[frame]?.isOperation ? ["requests", "operations"] : ["requests"];
}

function lengthOf(message: string | ArrayBuffer): number {
  return typeof message === "string" ? message.length : message.byteLength;
}
