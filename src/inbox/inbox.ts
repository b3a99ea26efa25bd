import { DurableObject } from "cloudflare:workers";
import type { Grant, Login, NewMessage, OperateCall, Renewal, Unused } from "../core/calls.ts";
import { hasEnded } from "../core/list/entry.ts";
import { ConversationList, toPosition } from "../core/list/list.ts";
import { InboxStore } from "../core/list/store.ts";
import { conversationViews } from "../core/list/views.ts";
import { Logins, type TokenClaims } from "../core/logins.ts";
import { Cost } from "../core/rates/costs.ts";
import { Rates } from "../core/rates/rates.ts";
import type { GroupRow } from "../directory/groups.ts";
import { Alarm } from "../durable/alarm.ts";
import { Metrics } from "../durable/metrics.ts";
import { type Outcome, outcome } from "../durable/outcome.ts";
import { refusal, told, UPDATE_PATH } from "../durable/rpc.ts";
import { PushFrame, Sockets } from "../durable/sockets.ts";
import { type Env, settingsOf } from "../env.ts";
import type { UserResult } from "../features/groups/operations.ts";
import { PasswordChange } from "../features/logins/password-change.ts";
import { PasswordGuard } from "../features/logins/password-guard.ts";
import { Sessions } from "../features/logins/sessions.ts";
import { Presence } from "../features/presence/presence.ts";
import type { Connection, PresenceCall } from "../features/presence/rules.ts";
import { PresenceViewer } from "../features/presence/viewer.ts";
import { Profile } from "../features/profiles/renames.ts";
import { detailOf, log } from "../log.ts";
import type { SyncRequest } from "../protocol/bodies.ts";
import { errorCode } from "../protocol/codes.ts";
import { Push } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Card, Presence as PresenceItem } from "../protocol/model.ts";
import { ConversationSocketRegister } from "./conversation-sockets.ts";
import { Messenger } from "./messenger.ts";
import { UserSockets } from "./sockets.ts";

/**
 * A user: their logins, their sockets, their list of conversations with the change number, their budgets.
 * This class is the shell: it puts the parts together, checks the login and hands calls to them.
 */
export class Inbox extends DurableObject<Env> {
  readonly #userId: string;
  /** In memory, for each tell asks. */
  #isMade = false;
  readonly #store: InboxStore;
  readonly #alarm: Alarm;
  readonly #logins: Logins;
  readonly #list: ConversationList;
  readonly #register: ConversationSocketRegister;
  readonly #sessions: Sessions;
  readonly #passwordGuard: PasswordGuard;
  readonly #metrics: Metrics;
  readonly #rates: Rates;
  readonly #messenger: Messenger;
  readonly #presence: Presence;
  readonly #profile: Profile;
  readonly #watching: PresenceViewer;
  readonly #sockets: Sockets;
  readonly #userSockets: UserSockets;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = settingsOf(env);
    this.#store = new InboxStore(ctx.storage.sql);
    const owner = this.#store.owner();
    this.#passwordGuard = new PasswordGuard(this.#store);
    this.#userId = ctx.id.name ?? owner?.user_id ?? "";
    this.#alarm = new Alarm(ctx.storage);
    const wakeAt = (time: number) => this.#alarm.at(time);
    this.#metrics = new Metrics(env.METRICS);
    this.#logins = new Logins(this.#store, this.#userId, settings.TOKEN_LIFETIME_HOURS * 3_600);
    this.#list = new ConversationList(this.#store, owner?.first_cursor ?? 0);
    this.#register = new ConversationSocketRegister(
      this.#store,
      env,
      (loginId, now) => this.#logins.platformOf(loginId, now),
      wakeAt,
    );
    this.#sockets = new Sockets(ctx, settings.MAX_BUFFERED_BYTES);
    const parts = { userId: this.#userId, store: this.#store, list: this.#list, sockets: this.#sockets };
    const connections = () => this.#connections();
    this.#watching = new PresenceViewer({ ...parts, env, connections });
    this.#presence = new Presence({
      ...parts,
      env,
      connections,
      check: () => this.#register.check(),
      wakeAt,
      self: this.#watching,
    });
    this.#profile = new Profile({ ...parts, env, wakeAt });
    this.#sessions = new Sessions({
      logins: this.#logins,
      passwordChange: new PasswordChange(this.#store, env.DB, this.#logins, wakeAt),
      register: this.#register,
      sockets: this.#sockets,
      metrics: this.#metrics,
      closed: () => this.#presence.changed(),
    });
    this.#rates = new Rates(settings, this.#store, this.#list);
    this.#messenger = new Messenger({
      ...parts,
      env,
      rates: this.#rates,
      moved: () => this.#setHeartbeat(this.#list.cursor),
      taken: (before, entry, lines) => {
        // Every inbox hears of a dismissal itself, and asks again as a viewer.
        if (hasEnded(entry) && !entry.dismissed) this.#presence.left(entry.conversation_id);
        this.#watching.listChanged(before, entry, lines);
      },
    });
    this.#userSockets = new UserSockets({
      ...parts,
      settings,
      logins: this.#logins,
      register: this.#register,
      rates: this.#rates,
      messenger: this.#messenger,
      watching: this.#watching,
    });
    this.#setHeartbeat(this.#list.cursor);
    if (owner) void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Answers once the object has read its storage, for whoever asks whether objects work. */
  ready(): void {
    this.#store.owner();
  }

  // ---- Accounts and logins

  /** Makes the inbox of a new user; a repeat changes nothing. */
  create(): void {
    this.#isMade ||= this.#store.owner() !== undefined;
    if (this.#isMade) return;
    const now = Date.now();
    this.ctx.storage.transactionSync(() =>
      this.#store.putOwner({
        user_id: this.#userId,
        first_cursor: now,
        min_password_version: 1,
        pending_version: null,
        pending_login_id: null,
        pending_since: null,
        hidden: 0,
        announced: "",
        announced_at: 0,
        profile_due: 0,
        profile_told_at: 0,
      }),
    );
    this.#list.begin(now);
    this.#setHeartbeat(now);
  }

  /** Takes what a request costs that asks this inbox nothing else. @throws TOKEN_INVALID, TOO_MANY_REQUESTS */
  authorize(login: Login, cost: number = Cost.ASKS): Promise<Outcome<void>> {
    return this.#signedIn(login, cost, nothingMore);
  }

  /**
   * Lets a password from a network be checked; it counts as wrong unless `signIn` or `changePassword` follows.
   * @param login a verified one, which vouches for who is asking while it lives.
   * @throws TOO_MANY_REQUESTS after wrong ones.
   */
  admitPassword(network: string, login: Login | null): Promise<Outcome<void>> {
    this.create();
    const isOwner = login !== null && this.#logins.isLive(login);
    return outcome(() => this.#passwordGuard.admit(network, isOwner, Date.now()));
  }

  /**
   * A new login, in place of the platform's last, whose sockets are told and closed.
   * @param network from where the right password came.
   * @returns null when the password that was checked has been changed meanwhile.
   */
  async signIn(platformId: number, passwordVersion: number, network?: string): Promise<TokenClaims | null> {
    this.create();
    const claims = await this.#sessions.signIn(platformId, passwordVersion);
    if (claims && network !== undefined) this.#passwordGuard.proven(network, Date.now());
    return claims;
  }

  /** @throws TOKEN_INVALID */
  signOut(login: Login): Promise<Outcome<void>> {
    return this.#signedIn(login, 0, () => this.#sessions.signOut(login));
  }

  /** What a new token says; the login's sockets stay. The token before may repeat it. @throws TOKEN_INVALID */
  refresh(login: Login): Promise<Outcome<TokenClaims>> {
    return outcome(() => {
      // A token that is neither the newest nor the one before is refused before it is counted.
      this.#logins.assertRefreshable(login, Date.now());
      this.#rates.spend(Cost.ASKS);
      return this.#sessions.refresh(login);
    });
  }

  /**
   * Swaps the password; every other login ends.
   * @param network from where the right one came.
   * @returns false when the password is no more of the expected version. @throws TOKEN_INVALID
   */
  changePassword(
    login: Login,
    expectedVersion: number,
    passwordHash: string,
    network?: string,
  ): Promise<Outcome<boolean>> {
    return this.#signedIn(login, 0, () => {
      if (network !== undefined) this.#passwordGuard.proven(network, Date.now());
      return this.#sessions.changePassword(login, expectedVersion, passwordHash);
    });
  }

  // ---- Messages and conversations

  /** Sends a message and gives it as JSON. @throws NexoError in the contract's order */
  send(login: Login, conversationId: string, send: NewMessage): Promise<Outcome<string>> {
    return this.#signedIn(login, 0, () => this.#messenger.send(conversationId, send));
  }

  /** Carries out a change of a conversation; the caller's list shows it once this is answered. */
  operate(
    login: Login,
    conversationId: string,
    operation: OperateCall["operation"],
  ): Promise<Outcome<readonly UserResult[]>> {
    return this.#signedIn(login, operation.type === "update" ? Cost.WRITES : Cost.ASKS, async () => {
      const { results } = await this.#messenger.operate(conversationId, operation, null);
      return results;
    });
  }

  /** Makes a group of which this user is the owner. @throws TOO_MANY_REQUESTS, GROUP_FULL */
  createGroup(login: Login, group: GroupRow, memberIds: readonly string[]): Promise<Outcome<void>> {
    return this.#signedIn(login, Cost.WRITES, () => this.#messenger.createGroup(group, memberIds));
  }

  /** A page of the list as JSON of its conversations, and where the next begins. */
  list(login: Login, cursor: string, limit: number): Promise<Outcome<{ conversations: string; next: string }>> {
    return this.#signedIn(login, Cost.ASKS, async () => {
      const page = this.#list.page(cursor, Math.min(limit, LIMITS.listConversations));
      const views = fitting(await this.#views(page.entries));
      const last = page.entries[views.length - 1];
      const next = last && views.length < page.entries.length ? toPosition(last) : page.next;
      return { conversations: `[${views.join(",")}]`, next };
    });
  }

  /** One conversation as JSON. @throws NO_PERMISSION to outsiders, CONVERSATION_NOT_FOUND before the first message */
  conversation(login: Login, conversationId: string): Promise<Outcome<string>> {
    return this.#signedIn(login, Cost.ASKS, async () => {
      const entry = await this.#messenger.refreshed(conversationId);
      // Asked for by name it is shown, though it may have fallen off a full list.
      return (await this.#views([{ ...entry, gone: false }])).join();
    });
  }

  /** @throws as `conversation` */
  configure(
    login: Login,
    conversationId: string,
    settings: { recv_msg_opt?: number | undefined; is_pinned?: boolean | undefined },
  ): Promise<Outcome<void>> {
    return this.#signedIn(login, Cost.ASKS, () => this.#messenger.configure(conversationId, settings));
  }

  totals(login: Login): Promise<Outcome<{ unread_count: number; muted_unread_count: number }>> {
    return this.#signedIn(login, Cost.OWN, () => this.#list.totals());
  }

  /** A page of what changed since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor it never gave */
  sync(login: Login, request: SyncRequest): Promise<Outcome<string>> {
    return this.#signedIn(login, Cost.ASKS, () => this.#messenger.sync(request));
  }

  /**
   * Nothing is done for a login that does not live, or for more than its user's rate allows.
   * @throws TOKEN_INVALID before anything else, then TOO_MANY_REQUESTS
   */
  #signedIn<T>(login: Login, cost: number, work: () => T | Promise<T>): Promise<Outcome<T>> {
    return outcome(() => {
      this.#logins.assertLive(login);
      this.#rates.spend(cost);
      return work();
    });
  }

  #views(entries: Parameters<typeof conversationViews>[3]): Promise<string[]> {
    return conversationViews(this.env.DB, this.#store, this.#userId, entries);
  }

  /** A client's ping is answered with the cursor, without waking anything; an aborted object has lost it. [SYNC-4] */
  #setHeartbeat(cursor: number): void {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", `pong:${cursor}`));
  }

  // ---- Presence

  /** How some users look to this one: offline, unless a conversation is shared. */
  presence(login: Login, userIds: readonly string[]): Promise<Outcome<PresenceItem[]>> {
    return this.#signedIn(login, Cost.OWN, () => this.#watching.ask(userIds, null));
  }

  /**
   * Whether this user looks offline to everyone; from now on, if `hidden` is given, as it says.
   * @param isRenaming whether their name or picture is about to change in D1.
   */
  hiding(login: Login, cost: number, hidden?: boolean, isRenaming = false): Promise<Outcome<boolean>> {
    return this.#signedIn(login, cost, () => {
      if (isRenaming) this.#profile.changing();
      if (hidden !== undefined) this.#presence.hide(hidden);
      return this.#presence.isHidden;
    });
  }

  /** The peer of a single chat has another name or picture. */
  peerRenamed(peerId: string, card: Card): void {
    this.#messenger.peerRenamed(peerId, card);
  }

  /** How this user looks to another, who is an inbox that asks. */
  async presenceFor(call: PresenceCall): Promise<PresenceItem> {
    await this.#register.checkIfOld();
    return this.#presence.seenBy(call);
  }

  /** A watched user looks otherwise, by a conversation or none. @returns whether a socket still watches them by it */
  presenceChanged(item: PresenceItem, via: string | null): boolean {
    return this.#watching.changed(item, via);
  }

  /** All sockets of the user that look alive, those that conversations hold too. */
  #connections(): Connection[] {
    const own = this.#sockets.signs(Date.now()).filter((sign) => sign.looks_alive);
    return [...own, ...this.#register.connections()];
  }

  /** Shows on the user's own sockets that somebody is typing. @returns whether there are any. */
  showTyping(conversationId: string, typistId: string, typing: boolean): boolean {
    const data = JSON.stringify({ conversation_id: conversationId, user_id: typistId, typing });
    const frame = new PushFrame(Push.TYPING, data);
    const isTooLate = typing && hasEnded(this.#list.get(conversationId));
    if (!isTooLate) for (const [socket] of this.#sockets.hearing()) this.#sockets.push(socket, frame);
    return this.#sockets.size > 0;
  }

  // ---- Sockets

  /** The user's socket; or, from conversations only, a tell. */
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === UPDATE_PATH) {
      this.create();
      return told(this.#messenger.tell(await request.text()));
    }
    try {
      const response = await this.#userSockets.open(request);
      this.#metrics.add("sockets_opened");
      this.#presence.changed();
      return response;
    } catch (error) {
      this.#metrics.add("sockets_refused", 1, errorCode(error));
      return refusal(error);
    } finally {
      this.#metrics.flush();
    }
  }

  /** Remembers a socket that a conversation is about to open. @throws TOKEN_INVALID, TOO_MANY_CONNECTIONS */
  openRoomSocket(login: Login, conversationId: string, socketId: string): Promise<Outcome<Grant>> {
    return this.#signedIn(login, 0, async () => {
      await this.#register.ensureCapacity(this.#sockets);
      // Again: it may have ended meanwhile, and would not find a socket that is recorded after its end. [LOGIN-5]
      this.#logins.assertLive(login);
      this.#register.takeRoom(this.#sockets);
      this.#register.open(login, conversationId, socketId);
      this.#presence.changed();
      return this.#rates.grant(socketId);
    });
  }

  /** Grants a conversation's socket more sends, if its login lives. @throws TOKEN_INVALID */
  renewRoomSocket(
    loginId: string,
    conversationId: string,
    socketId: string,
    unused?: Unused,
  ): Promise<Outcome<Renewal>> {
    return outcome(() => {
      const { exp } = this.#logins.assertLiveId(loginId, Date.now());
      this.#register.renew(loginId, conversationId, socketId);
      return { ...this.#rates.grant(socketId, unused), exp };
    });
  }

  closedRoomSocket(socketId: string): void {
    this.#register.closed(socketId);
    this.#rates.released(socketId);
    this.#presence.changed();
  }

  /** Sends what came by the socket of a conversation that is not there yet. @throws as `send` */
  sendFromRoom(loginId: string, conversationId: string, send: NewMessage): Promise<Outcome<string>> {
    return outcome(() => {
      this.#logins.assertLiveId(loginId, Date.now());
      return this.#messenger.send(conversationId, send);
    });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#userSockets.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.acknowledge(socket);
    this.#presence.changed();
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.forget(socket);
    this.#presence.changed();
  }

  override async alarm(): Promise<void> {
    this.#alarm.rang();
    try {
      await this.#sessions.finish(this.#userId);
      await this.#presence.alarm();
      await this.#profile.alarm();
    } catch (error) {
      // An alarm that throws is repeated six times and then never again.
      log("error", "alarm_failed", { object: this.ctx.id.name, detail: detailOf(error) });
      this.#alarm.at(Date.now() + 60_000);
    }
  }
}

/** How long a page may be in all: an answer between objects has at most 32 MiB. [MEM-1] */
const MAX_PAGE_CHARACTERS = 8 * 1_048_576;

/** As many of some views as fit into one answer; at least one. */
function fitting(views: readonly string[]): readonly string[] {
  let characters = 0;
  const end = views.findIndex((view, index) => {
    characters += view.length;
    return characters > MAX_PAGE_CHARACTERS && index > 0;
  });
  return end < 0 ? views : views.slice(0, end);
}

function nothingMore(): void {
  // That the login lives was all that was asked.
}
