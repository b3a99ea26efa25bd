import type { Token } from "./api.ts";
import type { FetchLike, SocketClass, WakeHook } from "./connection/environment.ts";
import type { Heartbeat } from "./connection/frame-socket.ts";
import type { SignedOut } from "./connection/reconnecting-socket.ts";
import type { Credentials } from "./connection/session.ts";
import type { HistoryFactory } from "./history/history.ts";
import type { Logger } from "./logger.ts";
import type { StorageFactory } from "./storage/storage.ts";

/** The options of a client; only `url` and either `token` or `login` are required. */
export type ClientOptions = Credentials & {
  /** The server's address, as in `https://im.example`. */
  readonly url: string;
  /** The storage in which waiting messages survive a reload; default: memory only. */
  readonly storage?: StorageFactory | undefined;
  /** Keeps the list, names and messages over a reload; default: nothing is kept. */
  readonly history?: HistoryFactory | undefined;
  /** In place of the global one. */
  readonly WebSocket?: SocketClass | undefined;
  /** In place of the global one. */
  readonly fetch?: FetchLike | undefined;
  /** Reports when the network may be back; default: the window's events. */
  readonly wake?: WakeHook | undefined;
  /** Default: a ping every 25 s; a socket that stays silent for 10 s after a ping is treated as dead. */
  readonly heartbeat?: Heartbeat | undefined;
  /** Called with each new token, from a login or a refresh: an app that stores tokens stores it. */
  readonly onToken?: ((token: Token) => void) | undefined;
  /** Called once the server has ended the login: the client does not reconnect, and the app has to sign in again. */
  readonly onSignedOut?: ((why: SignedOut) => void) | undefined;
  /** Receives log entries about the client's work, for example `console`. */
  readonly logger?: Logger | undefined;
};
