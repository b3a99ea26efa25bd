import type { PushFrame } from "../protocol/frame-answers.ts";
import { type Api, apiOver, type Token } from "./api.ts";
import type { Heartbeat } from "./channel.ts";
import { Connection } from "./connection.ts";
import { ConversationList } from "./conversations.ts";
import { type FetchLike, globalSocket, type SocketClass, type WakeHook, wakeByEvents } from "./environment.ts";
import { NexoClientError } from "./errors.ts";
import { Focus } from "./focus.ts";
import { Http } from "./http.ts";
import { Line, type SignedOut } from "./line.ts";
import { MessageBook } from "./message-book.ts";
import { Outbox } from "./outbox.ts";
import { Paths } from "./paths.ts";
import { PresenceBook } from "./presence.ts";
import { ReadMarks } from "./read-marks.ts";
import { Receiver } from "./receiver.ts";
import { type Credentials, Session } from "./session.ts";
import { memoryStorage, type StorageFactory } from "./storage.ts";
import { Sync } from "./sync.ts";
import { Typing } from "./typing.ts";
import { UnreadCounts } from "./unread-counts.ts";

/** What a client is made of; only `url` and `token` or `login` have to be given. */
export type ClientOptions = Credentials & {
  /** The server's address, as in `https://im.example`. */
  readonly url: string;
  /** Where messages that wait survive a reload; in memory, if it is not given. */
  readonly storage?: StorageFactory | undefined;
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
};

const HEARTBEAT: Heartbeat = { interval: 25_000, patience: 10_000 };

/** Puts the parts together, and says what happens when the connection comes and goes. */
export class Engine {
  readonly api: Api;
  readonly session: Session;
  readonly connection = new Connection();
  readonly list = new ConversationList();
  readonly outbox: Outbox;
  readonly book: MessageBook;
  readonly receiver: Receiver;
  readonly marks: ReadMarks;
  readonly focus: Focus;
  readonly typing: Typing;
  readonly presence: PresenceBook;
  readonly #counts: UnreadCounts;
  readonly #sync: Sync;
  readonly #line: Line;
  readonly #stopWaking: () => void;

  constructor(options: ClientOptions) {
    const http = new Http({ url: options.url, fetch: options.fetch, token: () => this.session.token });
    const { url } = http;
    const userId = () => this.session.userId;
    this.api = apiOver(http);
    this.session = new Session({ credentials: options, api: this.api, onToken: (token) => options.onToken?.(token) });
    const paths = new Paths({
      api: this.api,
      userId,
      ownChannel: (id) => this.focus.channel(id),
      userChannel: () => this.#line.channel,
    });

    this.typing = new Typing({ channel: (id) => paths.channel(id), userId });
    this.presence = new PresenceBook(() => this.#line.channel);
    this.outbox = new Outbox({
      transmit: (outgoing) => paths.send(outgoing, (message, step) => this.receiver.messages([message], step)),
      changed: (id) => this.book.of(id).changed(),
      storage: this.session.user.then((id) => (options.storage ?? memoryStorage())(`${url}/${id}`)),
    });
    this.book = new MessageBook({
      list: this.list,
      outbox: this.outbox,
      userId,
      pull: (id, range) => paths.pull(id, range),
    });
    this.#sync = new Sync({
      ask: (request) => paths.sync(request),
      take: (conversations) => this.receiver.listed(conversations),
      keepOnly: (ids) => this.list.keepOnly(ids),
      caughtUp: () => this.#caughtUp(),
    });
    this.#counts = new UnreadCounts({
      readState: (id) => paths.readState(id),
      take: (id, state) => this.list.state(id, state),
    });
    this.receiver = new Receiver({
      list: this.list,
      book: this.book,
      sync: this.#sync,
      typing: this.typing,
      presence: this.presence,
      counts: this.#counts,
      userId,
    });
    this.marks = new ReadMarks({
      mark: (id, seq) => paths.markRead(id, seq, (step) => this.#sync.frame(step, () => undefined)),
    });

    const way = {
      url,
      WebSocket: options.WebSocket ?? globalSocket(),
      heartbeat: options.heartbeat ?? HEARTBEAT,
      token: () => this.session.identified(),
      pushed: (push: PushFrame) => this.receiver.pushed(push),
      signedOut: (why: SignedOut) => this.#signedOut(why),
    };
    this.#line = new Line({ ...way, conversationId: "", events: { ...way, ...this.#lineEvents() } });
    this.focus = new Focus({ ...way, reached: (id, newest) => this.book.reached(id, newest) });
    this.#stopWaking = (options.wake ?? wakeByEvents)(() => this.wake());
    this.#line.start();
    void this.outbox.load();
  }

  /** The network may have come back, or gone. */
  wake(): void {
    this.#line.wake();
    this.focus.wake();
  }

  /** Ends all work; what waits stays in the storage. */
  stop(why: NexoClientError): void {
    this.#stopWaking();
    this.#line.stop();
    this.focus.move("");
    this.#sync.closed();
    this.session.stop();
    this.outbox.close(why);
    this.book.stop();
    this.marks.stop();
    this.#counts.stop();
    this.#unseen();
  }

  #lineEvents() {
    return {
      connecting: () => this.connection.set("connecting"),
      opened: () => {
        this.connection.set("catching_up");
        this.#sync.opened();
      },
      pong: (cursor: number | undefined) => {
        if (cursor !== undefined) this.#sync.heard(cursor);
      },
      waiting: (retry_at: number, error: NexoClientError | null) => {
        this.#sync.closed();
        this.#unseen();
        this.connection.set("offline", { retry_at, error });
        // Where sockets are not to be had at all, messages go by their route.
        this.#takeUp(() => this.outbox.open());
      },
    };
  }

  /** Who types and who is online is known only as long as there is a socket. */
  #unseen(): void {
    this.typing.stop();
    this.presence.closed();
  }

  #caughtUp(): void {
    const isBack = this.connection.status !== "online";
    this.#line.succeeded();
    this.list.ready();
    this.connection.set("online");
    this.book.show();
    if (!isBack) return;
    this.presence.opened();
    this.marks.hurry();
    this.#counts.hurry();
    this.#takeUp(() => this.outbox.hurry());
  }

  /** What an earlier run left, or a tab that is closed by now, goes out first. */
  #takeUp(act: () => void): void {
    void this.outbox.load().then(() => {
      if (!this.connection.isOver) act();
    });
  }

  #signedOut(why: SignedOut): void {
    this.connection.set("signed_out", { signed_out: why });
    this.stop(new NexoClientError(why.code, `signed out: ${why.reason}`, { retryable: false }));
  }
}
