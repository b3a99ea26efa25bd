import type { Token } from "./api.ts";
import type { FetchLike, SocketClass, WakeHook } from "./connection/environment.ts";
import type { Heartbeat } from "./connection/frame-socket.ts";
import type { SignedOut } from "./connection/reconnecting-socket.ts";
import type { Credentials } from "./connection/session.ts";
import type { HistoryFactory } from "./history/history.ts";
import type { Logger } from "./logger.ts";
import type { StorageFactory } from "./storage/storage.ts";

/** What a client is made of; only `url` and `token` or `login` have to be given. */
export type ClientOptions = Credentials & {
  /** The server's address, as in `https://im.example`. */
  readonly url: string;
  /** Where messages that wait survive a reload; in memory, if it is not given. */
  readonly storage?: StorageFactory | undefined;
  /** Keeps the list, names and messages over a reload; nothing is kept, if it is not given. */
  readonly history?: HistoryFactory | undefined;
  /** In place of the global one. */
  readonly WebSocket?: SocketClass | undefined;
  /** In place of the global one. */
  readonly fetch?: FetchLike | undefined;
  /** Tells when the network may be back; by the window's events, if it is not given. */
  readonly wake?: WakeHook | undefined;
  /** If it is not given: a ping every 25 s, and a socket that says nothing for 10 s after one is dead. */
  readonly heartbeat?: Heartbeat | undefined;
  /** Called with a token in place of the one before, by a login or a refresh: an app that keeps tokens keeps it. */
  readonly onToken?: ((token: Token) => void) | undefined;
  /** Called once the server has ended the login: the client does not come back, and the app signs in anew. */
  readonly onSignedOut?: ((why: SignedOut) => void) | undefined;
  /** Takes what happens inside: `console`, say. */
  readonly logger?: Logger | undefined;
};
