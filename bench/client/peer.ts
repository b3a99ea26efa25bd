import { FrameSocket, type FrameSocketEvents } from "../../src/client/connection/frame-socket.ts";
import type { Message, SendRequest } from "../../src/client/index.ts";
import { Request, SUBPROTOCOL, TOKEN_SUBPROTOCOL } from "../../src/protocol/frames.ts";
import type { FrameRequest } from "../../src/protocol/requests.ts";
import { BareSocket } from "./bare-socket.ts";

/** No pings after the first, so that nothing else runs during the measurement. */
const HEARTBEAT = { interval: 3_600_000, patience: 3_600_000 };

/** The SDK's end of one socket, to the server or to a floor, over a WebSocket class that costs almost nothing. */
export class Peer {
  readonly #channel: FrameSocket;
  /** Settles when the connection has ended. */
  readonly #gone: Promise<void>;
  /** Called with each push. */
  pushed: FrameSocketEvents["pushed"] = () => undefined;

  /** @param path with its query. @param pushed gets all pushes, from the first on */
  static open(url: URL, path: string, token?: string, pushed?: FrameSocketEvents["pushed"]): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const peer: Peer = new Peer(url, path, token, () => resolve(peer), reject);
      if (pushed) peer.pushed = pushed;
    });
  }

  private constructor(
    url: URL,
    path: string,
    token: string | undefined,
    opened: () => void,
    failed: (error: Error) => void,
  ) {
    const protocols = token === undefined ? [] : [SUBPROTOCOL, TOKEN_SUBPROTOCOL + token];
    const socket = new BareSocket(`ws://${url.host}${path}`, protocols);
    let reason = "the socket was closed";
    socket.addEventListener("error", (event) => {
      reason = event.reason ?? reason;
    });
    this.#gone = new Promise((resolve) => socket.addEventListener("close", () => resolve()));
    this.#channel = new FrameSocket(socket, HEARTBEAT, {
      opened,
      pushed: (push) => this.pushed(push),
      pong: () => undefined,
      ended: () => failed(new Error(reason)),
    });
  }

  send(request: SendRequest): Promise<Pick<Message, "seq">> {
    return this.#channel.request(Request.SEND, request);
  }

  react(reaction: FrameRequest<typeof Request.REACT>): Promise<unknown> {
    return this.#channel.request(Request.REACT, reaction);
  }

  /** Asks for the whole list. */
  sync(): Promise<unknown> {
    return this.#channel.request(Request.SYNC, { since: 0 });
  }

  /** Closes the socket, and waits until the other side has closed it, too. */
  close(): Promise<void> {
    this.#channel.close();
    return this.#gone;
  }
}
