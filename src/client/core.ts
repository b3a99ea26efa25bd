import { type Api, apiOver } from "./api.ts";
import { Clock } from "./connection/clock.ts";
import { Connection } from "./connection/connection.ts";
import { ConversationSocket } from "./connection/conversation-socket.ts";
import { globalSocket, globalTabs, wakeByEvents } from "./connection/environment.ts";
import { Fallback } from "./connection/fallback.ts";
import type { TypedPush } from "./connection/frame-fields.ts";
import type { Heartbeat } from "./connection/frame-socket.ts";
import { Http } from "./connection/http.ts";
import { ReconnectingSocket, type SignedOut } from "./connection/reconnecting-socket.ts";
import { Session } from "./connection/session.ts";
import { NOWHERE, Transport } from "./connection/transport.ts";
import { Waking } from "./connection/waking.ts";
import { ConversationList } from "./conversations/conversations.ts";
import { ReadMarks } from "./conversations/read-marks.ts";
import { type Step, Sync } from "./conversations/sync.ts";
import { UnreadCounts } from "./conversations/unread-counts.ts";
import { NexoClientError } from "./errors.ts";
import { Events } from "./events.ts";
import { memoryFiles } from "./files/file.ts";
import { waitsForFile } from "./files/kinds.ts";
import { FileUploads } from "./files/uploads.ts";
import { MemberBook } from "./groups/members.ts";
import { Keeper } from "./history/keeper.ts";
import { guarded, type Logger } from "./logger.ts";
import type { Message, Synced } from "./messages/content.ts";
import { MessageStore } from "./messages/message-store.ts";
import { Operations } from "./messages/operations.ts";
import { Operator } from "./messages/operator.ts";
import { Outbox } from "./messages/outbox.ts";
import type { Outgoing } from "./messages/outgoing.ts";
import type { ClientOptions } from "./options.ts";
import { PresenceBook } from "./presence/presence.ts";
import { Typing } from "./presence/typing.ts";
import { Push } from "./push.ts";
import { Receiver } from "./receiver.ts";
import { openStorage } from "./storage/storage.ts";
import { UserCards } from "./users/users.ts";

const HEARTBEAT: Heartbeat = { interval: 25_000, patience: 10_000 };

/** Connects the parts, and defines what happens when the connection opens and closes. */
export class ClientCore {
  readonly api: Api;
  readonly events = new Events();
  readonly session: Session;
  readonly clock = new Clock();
  readonly connection = new Connection();
  readonly list: ConversationList;
  readonly outbox: Outbox;
  readonly files: FileUploads;
  readonly operations: Operations;
  readonly operator: Operator;
  readonly book: MessageStore;
  readonly receiver: Receiver;
  readonly marks: ReadMarks;
  readonly focus: ConversationSocket;
  readonly typing: Typing;
  readonly presence: PresenceBook;
  readonly users: UserCards;
  readonly members: MemberBook;
  readonly push: Push;
  readonly #counts: UnreadCounts;
  readonly #sync: Sync;
  readonly #line: ReconnectingSocket;
  readonly #fallback: Fallback;
  /** For the client's own requests; the app's calls may outlive it. */
  readonly #http: Http;
  readonly #waking: Waking;
  readonly #logger: Logger;
  readonly #keeper: Keeper;

  constructor(options: ClientOptions) {
    const { onToken, onSignedOut } = options;
    if (onToken) this.events.on("token", onToken);
    if (onSignedOut) this.events.on("signed_out", onSignedOut);
    this.#logger = guarded(options.logger);
    const parts = {
      url: options.url,
      fetch: options.fetch,
      logger: this.#logger,
      token: () => this.session.bearer(),
      refused: (token: string, code: number) => this.session.refused(token, code),
    };
    this.api = apiOver(new Http(parts), (me) => this.users.take([me]));
    this.#http = new Http(parts);
    const { url } = this.#http;
    const api = apiOver(this.#http);
    const userId = () => this.session.userId;
    this.session = new Session({
      credentials: options,
      api,
      clock: this.clock,
      logger: this.#logger,
      onToken: (token) => this.events.tell("token", token),
      signedOut: (why) => this.#signedOut(why),
    });
    const paths = new Transport({
      api,
      userId,
      ownChannel: (id) => this.focus.channel(id),
      userChannel: () => this.#line.channel,
    });
    this.#keeper = new Keeper({
      history: options.history,
      name: this.session.certainUser.then((id) => `${url}/${id}`),
      logger: this.#logger,
      sources: () => {
        const { list, users, marks } = this;
        return { list, users, marks, sync: this.#sync, counts: this.#counts };
      },
    });
    this.list = new ConversationList(
      () => this.#keeper.changed(),
      () => this.clock.now(),
    );
    this.typing = new Typing({ channel: (id) => paths.channel(id), userId });
    this.presence = new PresenceBook(() => this.#line.channel);
    this.push = new Push(this.api, () => this.#line.channel);
    const isAble = () => this.session.isIdentified;
    this.users = new UserCards({ ask: (ids) => api.user.many(ids), isAble, changed: () => this.#keeper.changed() });
    this.members = new MemberBook({
      ask: (request) => api.group.members(request),
      isAble,
      read: (members) => this.users.take(members),
    });
    const answered =
      ({ rev }: Outgoing) =>
      (message: Message, step: Step) =>
        this.receiver.own(message, rev, step);
    const storage = this.session.user.then((id) => openStorage(`${url}/${id}`, options.storage));
    const inMemory = memoryFiles();
    this.files = new FileUploads({
      storage: storage.then(({ files }) => files ?? inMemory),
      upload: (query, file, { signal, progress }) => api.with({ signal }).media.upload(query, file, progress),
      ready: (outgoing) => this.outbox.ready(outgoing),
      failed: (outgoing, error) => this.outbox.refused(outgoing, error),
      now: () => this.clock.now(),
    });
    this.outbox = new Outbox({
      transmit: (outgoing) =>
        waitsForFile(outgoing.content)
          ? this.files.transmit(outgoing, (whole) => paths.sendByRoute(whole, answered(outgoing)))
          : paths.send(outgoing, answered(outgoing)),
      isReady: (outgoing) => this.files.isReady(outgoing),
      removed: (id) => this.files.drop(id),
      arrivedElsewhere: (message, rev) => this.receiver.own(message, rev, NOWHERE),
      changed: (id) => this.book.of(id).changed(),
      userId,
      tabs: globalTabs(),
      isOnline: () => this.connection.status === "online" || this.connection.status === "degraded",
      storage,
    });
    this.operations = new Operations({
      transmit: (id, operation) => this.operator.transmit(id, operation),
      changed: (id) => this.book.of(id).changed(),
      storage,
    });
    const { list, outbox, operations } = this;
    this.book = new MessageStore({ list, outbox, operations, userId, paths, keeper: this.#keeper });
    this.#sync = new Sync({
      ask: (request) => this.#timed(paths.sync(request)),
      take: (conversations) => this.receiver.listed(conversations),
      keepOnly: (ids) => {
        for (const id of this.list.keepOnly(ids)) this.#keeper.forget(id);
      },
      read: () => this.list.synced(),
      caughtUp: () => this.#caughtUp(),
      failed: (error, retry_at) => {
        if (this.connection.status === "degraded") this.connection.set("offline", { retry_at, error });
      },
    });
    this.#fallback = new Fallback({
      canPoll: () => this.session.isIdentified && this.#line.channel === null,
      poll: () => this.#sync.poll(),
    });
    this.#counts = new UnreadCounts({
      request: async (id, isWhole) => {
        if (!isWhole) return this.list.state(id, await paths.readState(id));
        const asked = this.list.version(id);
        const row = await api.conversation.info(id);
        return this.list.version(id) === asked && this.list.put([row]).size === 0;
      },
    });
    const { book, typing, presence, users, members } = this;
    const rest = { sync: this.#sync, counts: this.#counts, keeper: this.#keeper, userId };
    this.receiver = new Receiver({
      list,
      book,
      typing,
      presence,
      users,
      members,
      ownData: (change) => this.events.tell("own_data", change),
      ...rest,
    });
    this.operator = new Operator({ api, paths, userId, book, receiver: this.receiver });
    this.marks = new ReadMarks({
      mark: (id, seq) => paths.markRead(id, seq, (step) => this.#sync.frame(step, () => undefined)),
    });

    const way = {
      url,
      WebSocket: options.WebSocket ?? globalSocket(),
      heartbeat: options.heartbeat ?? HEARTBEAT,
      token: () => this.session.identified(),
      ends: (why: SignedOut, token: string) => this.session.ends(why, token),
      pushed: (push: TypedPush) => this.receiver.pushed(push),
      signedOut: (why: SignedOut) => this.#signedOut(why),
    };
    this.#line = new ReconnectingSocket({ ...way, conversationId: "", events: { ...way, ...this.#lineEvents() } });
    this.focus = new ConversationSocket({ ...way, reached: (id, newest, rev) => this.book.reached(id, newest, rev) });
    this.#waking = new Waking(options.wake ?? wakeByEvents, () => {
      this.#line.wake();
      this.focus.wake();
      this.#sync.wake();
    });
    this.connection.view.subscribe(({ status, error }) => {
      this.#logger[error ? "warn" : "debug"]("the connection changed", { status, code: error?.code });
    });
    this.#fallback.begin(false);
    this.#line.start();
    void this.#keeper.restore().then((isShown) => {
      if (isShown && !this.connection.isOver) this.book.show();
    });
  }

  /** Called when the network may have come back or been lost. */
  wake(): void {
    this.#waking.wake();
  }

  /** Deletes the stored history. [HIST-4] */
  forget(): void {
    this.#keeper.clear();
  }

  /** Ends all work; waiting messages stay in the storage. [LINK-2] */
  stop(why: NexoClientError): void {
    this.#waking.stop();
    this.#http.close(why);
    this.#keeper.stop();
    this.#fallback.end();
    this.#line.stop();
    this.focus.stop();
    this.#sync.closed();
    this.session.stop();
    this.outbox.close(why);
    this.files.stop();
    this.operations.close(why);
    this.book.stop();
    this.marks.stop();
    this.#counts.stop();
    this.users.stop();
    this.members.stop();
    this.#unseen();
    this.events.stop();
  }

  #lineEvents() {
    return {
      connecting: () => {
        if (this.connection.status !== "degraded") this.connection.set("connecting");
      },
      opened: () => {
        this.#fallback.end();
        this.push.opened();
        this.#sync.opened();
        if (this.connection.status !== "degraded") this.connection.set("catching_up");
      },
      lasted: () => this.#fallback.forget(),
      pong: (cursor: number | undefined) => {
        if (cursor !== undefined) this.#sync.heard(cursor);
      },
      waiting: (retry_at: number, error: NexoClientError | null) => {
        // If there was no socket before, a sync by HTTP may be running: it continues.
        if (this.#fallback.isOff) {
          this.#sync.closed();
          this.#unseen();
        }
        this.#fallback.begin(!this.list.isReady);
        if (this.connection.status !== "degraded") this.connection.set("offline", { retry_at, error });
        // Messages are sent by HTTP, but only once there is a list: without it, sent messages would not be shown.
        if (this.list.isReady) this.#takeUp(() => this.outbox.open());
      },
    };
  }

  /** Typing and presence are known only while there is a socket. */
  #unseen(): void {
    this.typing.stop();
    this.presence.closed();
  }

  /** Takes the server's time from an answer. */
  async #timed(answer: Promise<Synced>): Promise<Synced> {
    const askedAt = Date.now();
    const synced = await answer;
    this.clock.heard(synced.server_time, askedAt);
    this.session.schedule();
    return synced;
  }

  #caughtUp(): void {
    const status = this.#line.channel ? "online" : "degraded";
    const isBack = this.connection.status !== status;
    if (status === "online") this.#line.succeeded();
    else this.#fallback.again();
    this.list.ready();
    this.connection.set(status);
    if (this.connection.isOver) return;
    this.book.show();
    if (!isBack) return;
    this.presence.opened();
    this.users.hurry();
    this.members.hurry();
    this.marks.hurry();
    this.#counts.hurry();
    this.files.hurry();
    this.operations.hurry();
    this.#takeUp(() => this.outbox.hurry());
  }

  /** Messages left by an earlier run or by a closed tab are sent first. */
  #takeUp(act: () => void): void {
    void this.outbox.load().then(() => {
      if (!this.connection.isOver) act();
    });
  }

  #signedOut(why: SignedOut): void {
    this.connection.set("signed_out", { signed_out: why });
    // An expired login keeps its data for the next sign-in; a login that was ended leaves no data.
    if (why.reason !== "expired") this.forget();
    this.events.tell("signed_out", why);
    this.stop(new NexoClientError(why.code, `signed out: ${why.reason}`, { retryable: false }));
  }
}
