import { apiOver } from "./api.ts";
import { Clock } from "./connection/clock.ts";
import { Connection } from "./connection/connection.ts";
import { ConversationSocket } from "./connection/conversation-socket.ts";
import { globalSocket, globalTabs } from "./connection/environment.ts";
import { Fallback } from "./connection/fallback.ts";
import type { TypedPush } from "./connection/frame-fields.ts";
import type { Heartbeat } from "./connection/frame-socket.ts";
import { Http } from "./connection/http.ts";
import { ReconnectingSocket, type ReconnectingSocketParts, type SignedOut } from "./connection/reconnecting-socket.ts";
import { Session } from "./connection/session.ts";
import { NOWHERE, Transport } from "./connection/transport.ts";
import { ConversationList } from "./conversations/conversations.ts";
import { ReadMarks } from "./conversations/read-marks.ts";
import { type Step, Sync, type SyncParts } from "./conversations/sync.ts";
import { UnreadCounts } from "./conversations/unread-counts.ts";
import { Events } from "./events.ts";
import { memoryFiles } from "./files/file.ts";
import { waitsForFile } from "./files/kinds.ts";
import { FileUploads } from "./files/uploads.ts";
import { MemberBook } from "./groups/members.ts";
import { Keeper } from "./history/keeper.ts";
import { guarded } from "./logger.ts";
import type { Message } from "./messages/content.ts";
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

/** What the user's socket and the sync report: the client as a whole acts on it. */
export type Stages = Omit<ReconnectingSocketParts["events"], "pushed"> & Pick<SyncParts, "caughtUp" | "failed">;

export type Parts = ReturnType<typeof assemble>;

/** Makes the parts of a client, each with what it needs of the others. Nothing is connected yet. */
export function assemble(options: ClientOptions, stages: Stages) {
  const events = new Events();
  const { onToken, onSignedOut } = options;
  if (onToken) events.on("token", onToken);
  if (onSignedOut) events.on("signed_out", onSignedOut);
  const logger = guarded(options.logger);
  const clock = new Clock();
  const connection = new Connection();
  const server = {
    url: options.url,
    fetch: options.fetch,
    logger,
    token: () => session.bearer(),
    refused: (token: string, code: number) => session.refused(token, code),
  };
  /** For the client's own requests; the app's calls may outlive it. */
  const http = new Http(server);
  const { url } = http;
  const ownApi = apiOver(http);
  const api = apiOver(new Http(server), (me) => users.take([me]));
  const session: Session = new Session({
    credentials: options,
    api: ownApi,
    clock,
    logger,
    onToken: (token) => events.tell("token", token),
    signedOut: stages.signedOut,
  });
  const userId = () => session.userId;
  const paths = new Transport({
    api: ownApi,
    userId,
    ownChannel: (id) => focus.channel(id),
    userChannel: () => line.channel,
  });
  const keeper: Keeper = new Keeper({
    history: options.history,
    name: session.certainUser.then((id) => `${url}/${id}`),
    logger,
    sources: () => ({ list, users, marks, sync, counts }),
  });
  const list = new ConversationList(
    () => keeper.changed(),
    () => clock.now(),
  );
  const typing = new Typing({ channel: (id) => paths.channel(id), userId });
  const presence = new PresenceBook(() => line.channel);
  const push = new Push(api, () => line.channel);
  const isAble = () => session.isIdentified;
  const users = new UserCards({ ask: (ids) => ownApi.user.many(ids), isAble, changed: () => keeper.changed() });
  const members = new MemberBook({
    ask: (request) => ownApi.group.members(request),
    isAble,
    read: (read) => users.take(read),
  });
  const answered =
    ({ rev }: Outgoing) =>
    (message: Message, step: Step) =>
      receiver.own(message, rev, step);
  const storage = session.user.then((id) => openStorage(`${url}/${id}`, options.storage));
  const inMemory = memoryFiles();
  const files = new FileUploads({
    storage: storage.then((stored) => stored.files ?? inMemory),
    upload: (query, file, { signal, progress }) => ownApi.with({ signal }).media.upload(query, file, progress),
    ready: (outgoing) => outbox.ready(outgoing),
    failed: (outgoing, error) => outbox.refused(outgoing, error),
    now: () => clock.now(),
  });
  const outbox = new Outbox({
    transmit: (outgoing) =>
      waitsForFile(outgoing.content)
        ? files.transmit(outgoing, (whole) => paths.sendByRoute(whole, answered(outgoing)))
        : paths.send(outgoing, answered(outgoing)),
    isReady: (outgoing) => files.isReady(outgoing),
    removed: (id) => files.drop(id),
    arrivedElsewhere: (message, rev) => receiver.own(message, rev, NOWHERE),
    changed: (id) => book.of(id).changed(),
    userId,
    tabs: globalTabs(),
    isOnline: () => connection.status === "online" || connection.status === "degraded",
    storage,
  });
  const operations = new Operations({
    transmit: (id, operation) => operator.transmit(id, operation),
    changed: (id) => book.of(id).changed(),
    storage,
  });
  const book = new MessageStore({ list, outbox, operations, userId, paths, keeper });
  const sync = new Sync({
    ask: async (request) => {
      const askedAt = Date.now();
      const synced = await paths.sync(request);
      clock.heard(synced.server_time, askedAt);
      session.schedule();
      return synced;
    },
    take: (conversations) => receiver.listed(conversations),
    keepOnly: (ids) => {
      for (const id of list.keepOnly(ids)) keeper.forget(id);
    },
    read: () => list.synced(),
    caughtUp: stages.caughtUp,
    failed: stages.failed,
  });
  const fallback = new Fallback({
    canPoll: () => session.isIdentified && line.channel === null,
    poll: () => sync.poll(),
  });
  const counts = new UnreadCounts({
    request: async (id, isWhole) => {
      if (!isWhole) return list.state(id, await paths.readState(id));
      const asked = list.version(id);
      const row = await ownApi.conversation.info(id);
      return list.version(id) === asked && list.put([row]).size === 0;
    },
  });
  const receiver = new Receiver({
    list,
    book,
    typing,
    presence,
    users,
    members,
    sync,
    counts,
    keeper,
    userId,
    ownData: (change) => events.tell("own_data", change),
  });
  const operator = new Operator({ api: ownApi, paths, userId, book, receiver });
  const marks = new ReadMarks({
    mark: (id, seq) => paths.markRead(id, seq, (step) => sync.frame(step, () => undefined)),
  });
  const way = {
    url,
    WebSocket: options.WebSocket ?? globalSocket(),
    heartbeat: options.heartbeat ?? HEARTBEAT,
    token: () => session.identified(),
    ends: (why: SignedOut, token: string) => session.ends(why, token),
    pushed: (pushed: TypedPush) => receiver.pushed(pushed),
    signedOut: stages.signedOut,
  };
  const line = new ReconnectingSocket({ ...way, conversationId: "", events: { ...stages, pushed: way.pushed } });
  const focus = new ConversationSocket({ ...way, reached: (id, newest, rev) => book.reached(id, newest, rev) });
  return {
    api,
    http,
    session,
    clock,
    logger,
    events,
    connection,
    line,
    focus,
    fallback,
    list,
    book,
    typing,
    presence,
    users,
    members,
    sync,
    counts,
    keeper,
    marks,
    outbox,
    files,
    operations,
    operator,
    receiver,
    push,
  };
}
