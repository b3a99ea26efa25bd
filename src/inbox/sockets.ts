import type { InboxFrameHandlers } from "../core/inbox.ts";
import type { Logins } from "../core/logins.ts";
import { Cost } from "../core/rates/costs.ts";
import type { Rates } from "../core/rates/rates.ts";
import { FrameGate } from "../durable/frame-gate.ts";
import { handleFrame } from "../durable/frame-handlers.ts";
import { PushFrame, type SocketState, type Sockets } from "../durable/sockets.ts";
import { loginOf, speaksV2, upgraded } from "../durable/upgrade.ts";
import type { Settings } from "../env.ts";
import { conversationOf } from "../protocol/bodies.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { checkContent } from "../protocol/content.ts";
import { answerFrame, type Echo, Push, Request as Req } from "../protocol/frames.ts";
import { randomId } from "../protocol/ids.ts";
import type { RequestFrame } from "../protocol/parse.ts";
import { conversationNamed, readSend } from "../protocol/send.ts";
import type { HeldSocketRegister } from "./held-sockets.ts";
import type { UserOutbound } from "./outbound.ts";

export interface UserSocketParts {
  readonly userId: string;
  readonly settings: Settings;
  readonly sockets: Sockets;
  readonly logins: Logins;
  readonly rates: Rates;
  readonly heldSockets: HeldSocketRegister;
  readonly outbound: UserOutbound;
  /** Called with each new socket, before it is answered. */
  readonly opened: () => void;
  /** The handlers of the features. */
  readonly handlers: InboxFrameHandlers;
  readonly costs: ReadonlyMap<number, number>;
}

/** The user's own sockets, which carry all conversations. This opens them and handles their frames. */
export class UserSockets {
  readonly #parts: UserSocketParts;
  readonly #gate: FrameGate;

  constructor(parts: UserSocketParts) {
    this.#parts = parts;
    this.#gate = new FrameGate(parts.sockets, parts.settings.MAX_FRAME_BYTES);
  }

  /** Opens a socket for a verified login. @throws NexoError TOKEN_INVALID, TOO_MANY_CONNECTIONS */
  async open(request: Request): Promise<Response> {
    const { logins, sockets, heldSockets, rates, handlers } = this.#parts;
    const login = loginOf(request);
    logins.assertLive(login);
    rates.spend(Cost.ASKS);
    await heldSockets.ensureCapacity(sockets);
    logins.assertLive(login);
    heldSockets.takePlace(sockets);
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
    this.#parts.opened();
    const since = new URL(request.url).searchParams.get("since");
    if (since) {
      // This is answered like a sync request, although the client sent none.
      const echo = { req_identifier: Req.SYNC, msg_incr: "", operation_id: "" };
      const data = { since: Number(since), page: "", limit: 100 };
      void this.#run(server, echo, async () =>
        String(await handlers[Req.SYNC](data, server, { json: "", under: "top" })),
      );
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
      this.#refuseInTurn(socket, frame, error);
    }
  }

  #ask(socket: WebSocket, frame: RequestFrame): string | Promise<string> {
    try {
      this.#parts.rates.spend(this.#parts.costs.get(frame.req_identifier) ?? Cost.OWN);
      return handleFrame(this.#parts.handlers, frame, socket);
    } catch (error) {
      // Thrown before the request has taken its place among those to its conversation.
      return this.#inTurn(frame).then(() => {
        throw error;
      });
    }
  }

  #refuseInTurn(socket: WebSocket, frame: RequestFrame, error: unknown): void {
    void this.#inTurn(frame).then(() => this.#gate.refuse(socket, frame, error));
  }

  /** A refusal must not overtake the answers to earlier requests to the conversation that the frame names. [SEND-5] */
  async #inTurn(frame: RequestFrame): Promise<void> {
    const id = conversationNamed(this.#parts.userId, frame);
    // When too much waits already, it is refused out of turn.
    if (id !== undefined) await this.#parts.outbound.inTurn(id).catch(() => undefined);
  }

  /** Answers with the JSON result of an asynchronous task, or with its error. */
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
    const { outbound, userId } = this.#parts;
    const body = readSend(frame.data);
    const { client_msg_id, msg_type } = body;
    const conversation_id = conversationOf(userId, body);
    const content = checkContent(msg_type, body.content, frame.source);
    outbound.sendItem(conversation_id, {
      send: { client_msg_id, msg_type, content, meta: body.meta },
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
