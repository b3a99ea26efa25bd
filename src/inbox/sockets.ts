import type { ConversationList } from "../core/list/list.ts";
import type { Logins } from "../core/logins.ts";
import { Cost } from "../core/rates/costs.ts";
import type { Rates } from "../core/rates/rates.ts";
import { FrameGate } from "../durable/frame-gate.ts";
import { type FrameHandlers, handleFrame } from "../durable/frame-handlers.ts";
import { Json } from "../durable/json.ts";
import { loginOf, speaksV2, upgraded } from "../durable/rpc.ts";
import { PushFrame, type SocketState, type Sockets } from "../durable/sockets.ts";
import type { Settings } from "../env.ts";
import type { PresenceViewer } from "../features/presence/viewer.ts";
import { conversationOf } from "../protocol/bodies.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { checkContent } from "../protocol/content.ts";
import { answerFrame, type Echo, Push, Request as Req } from "../protocol/frames.ts";
import { randomId } from "../protocol/ids.ts";
import type { RequestFrame } from "../protocol/parse.ts";
import { readSend } from "../protocol/send.ts";
import type { ConversationSocketRegister } from "./conversation-sockets.ts";
import type { Messenger } from "./messenger.ts";

export interface UserSocketParts {
  readonly userId: string;
  readonly settings: Settings;
  readonly sockets: Sockets;
  readonly logins: Logins;
  readonly list: ConversationList;
  readonly register: ConversationSocketRegister;
  readonly rates: Rates;
  readonly messenger: Messenger;
  readonly watching: PresenceViewer;
}

/** What frames cost that ask more than this inbox; sends are counted by themselves. [RATE-3] */
const COSTS: Readonly<Record<number, number>> = {
  [Req.PULL_LIST]: Cost.ASKS,
  [Req.PULL_RANGE]: Cost.ASKS,
  [Req.READ_STATE]: Cost.ASKS,
  [Req.MARK_READ]: Cost.ASKS,
  [Req.TYPING]: Cost.ASKS,
  [Req.SYNC]: Cost.ASKS,
};

/** The user's own sockets, which carry all conversations: opening them, and the frames they send. */
export class UserSockets {
  readonly #parts: UserSocketParts;
  readonly #gate: FrameGate;
  readonly #handlers: FrameHandlers<"user", WebSocket>;

  constructor(parts: UserSocketParts) {
    this.#parts = parts;
    this.#handlers = handlersOf(parts);
    this.#gate = new FrameGate(parts.sockets, parts.settings.MAX_FRAME_BYTES);
  }

  /** Opens a socket for a verified login. @throws NexoError TOKEN_INVALID, TOO_MANY_CONNECTIONS */
  async open(request: Request): Promise<Response> {
    const { logins, sockets, register, rates, messenger } = this.#parts;
    const login = loginOf(request);
    logins.assertLive(login);
    rates.spend(Cost.ASKS);
    await register.ensureCapacity(sockets);
    logins.assertLive(login);
    register.takeRoom(sockets);
    const v2 = speaksV2(request);
    const { client, server } = sockets.accept({
      socket_id: randomId(),
      user_id: login.user_id,
      platform_id: login.platform_id,
      login_id: login.login_id,
      exp: login.exp,
      base64: v2,
      ...(v2 && { v2 }),
    });
    const since = new URL(request.url).searchParams.get("since");
    if (since) {
      // Answered like a request, though nobody sent one.
      const echo = { req_identifier: Req.SYNC, msg_incr: "", operation_id: "" };
      void this.#run(server, echo, () => messenger.sync({ since: Number(since), page: "", limit: 100 }));
    }
    return upgraded(request, client);
  }

  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const frame = this.#gate.receive(socket, message, Date.now());
    if (!frame) return;
    if (frame.req_identifier !== Req.SEND) return await this.#run(socket, frame, () => this.#ask(socket, frame));
    try {
      this.#send(socket, frame);
    } catch (error) {
      this.#gate.refuse(socket, frame, error);
    }
  }

  #ask(socket: WebSocket, frame: RequestFrame): string | Promise<string> {
    this.#parts.rates.spend(COSTS[frame.req_identifier] ?? Cost.OWN);
    return handleFrame(this.#handlers, frame, socket);
  }

  /** Answers with the JSON that an asynchronous task gives, or with its error. */
  async #run(socket: WebSocket, echo: Echo, task: () => string | Promise<string>): Promise<void> {
    try {
      this.#answer(socket, echo, await task());
    } catch (error) {
      if (echo.req_identifier === Req.SYNC && errorCode(error) === Code.TOKEN_MISMATCH) {
        const frame = new PushFrame(Push.RESYNC, JSON.stringify({ reason: "unknown cursor" }));
        this.#parts.sockets.push(socket, frame);
      }
      this.#gate.refuse(socket, echo, error);
    }
  }

  #send(socket: WebSocket, frame: RequestFrame): void {
    const { messenger, userId } = this.#parts;
    const body = readSend(frame.data);
    const { client_msg_id, msg_type } = body;
    const conversation_id = conversationOf(userId, body);
    let content: string;
    try {
      content = checkContent(msg_type, body.content, frame.source);
    } catch (error) {
      // A refusal does not overtake the answers to what was sent there before it. [SEND-5]
      void messenger.inTurn(conversation_id).finally(() => this.#gate.refuse(socket, frame, error));
      return;
    }
    messenger.sendItem(conversation_id, {
      send: { client_msg_id, msg_type, content },
      socket,
      failed: (error) => this.#gate.refuse(socket, frame, error),
      done: (outcome, { prev, cursor }) => {
        if (!outcome.ok) return this.#gate.refuse(socket, frame, new NexoError(outcome.code, outcome.message));
        const { server_msg_id, seq, send_at } = outcome;
        this.#answer(
          socket,
          frame,
          JSON.stringify({ server_msg_id, conversation_id, seq, client_msg_id, send_at, prev, cursor }),
        );
      },
    });
  }

  #answer(socket: WebSocket, echo: Echo, data: string): void {
    const state: SocketState | undefined = this.#parts.sockets.state(socket);
    if (state) this.#parts.sockets.send(socket, answerFrame(echo, data, state.base64));
  }
}

/** What the frames of a user's socket are answered; each is given the socket that it came by. */
function handlersOf({ list, messenger, watching }: UserSocketParts): FrameHandlers<"user", WebSocket> {
  return {
    // None given, or an empty list as the original's clients send it, asks for all.
    [Req.NEWEST_SEQS]: ({ conversation_ids: ids }) => ({ seqs: list.newestSeqs(ids?.length ? ids : undefined) }),
    [Req.PULL_LIST]: async ({ conversation_id, wanted }) => new Json(await messenger.pull(conversation_id, wanted)),
    [Req.PULL_RANGE]: async ({ conversation_id, range }) => new Json(await messenger.pull(conversation_id, range)),
    [Req.READ_STATE]: ({ conversation_id }) => messenger.readState(conversation_id),
    [Req.MARK_READ]: async ({ conversation_id, read_seq: to }, socket) => {
      const operation = { type: "mark_read", read_seq: to } as const;
      const { read_seq, prev, cursor } = await messenger.operate(conversation_id, operation, socket);
      return { read_seq, prev, cursor };
    },
    [Req.TYPING]: async ({ conversation_id, typing }) => {
      await messenger.setTyping(conversation_id, typing);
      return {};
    },
    [Req.SYNC]: async (request) => new Json(await messenger.sync(request)),
    [Req.PRESENCE]: async ({ user_ids }, socket) => ({ items: await watching.ask(user_ids, socket) }),
  };
}
