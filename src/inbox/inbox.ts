import { DurableObject } from "cloudflare:workers";
import { Consent } from "../core/consent.ts";
import { packetKindOf, told } from "../core/delivery/call.ts";
import { Erasure } from "../core/erasure.ts";
import type { InboxContext, InboxFeature } from "../core/inbox.ts";
import { ConversationList } from "../core/list/list.ts";
import { InboxStore } from "../core/list/store.ts";
import { Logins } from "../core/logins.ts";
import { Rates } from "../core/rates/rates.ts";
import {
  AUTHORIZE,
  byName,
  type Handler,
  handleRequest,
  type InboxRpc,
  named,
  type RequestHandler,
} from "../core/rpc.ts";
import type { Told } from "../core/told.ts";
import { Alarm } from "../durable/alarm.ts";
import { Metrics } from "../durable/metrics.ts";
import { type Outcome, outcome } from "../durable/outcome.ts";
import { Sockets } from "../durable/sockets.ts";
import { type Login, refusal } from "../durable/upgrade.ts";
import { type Env, settingsOf } from "../env.ts";
import { errorCode } from "../protocol/codes.ts";
import { featuresOf } from "./features.ts";
import { FirstMessages } from "./founding.ts";
import { heldSocketCalls } from "./held-socket-calls.ts";
import { HeldSocketRegister } from "./held-sockets.ts";
import { ListInbound } from "./inbound.ts";
import { LargeGroups } from "./large-groups.ts";
import { UserOutbound } from "./outbound.ts";
import { UserSockets } from "./sockets.ts";

/** For requests that need nothing else from the inbox. */
const authorizeHandler = handleRequest(
  AUTHORIZE,
  (cost) => cost,
  () => undefined,
);

/**
 * A user: logins, sockets, budgets, and the list of conversations with its change number.
 * This class is the shell: it connects core and features together, checks the login and hands calls to them.
 */
export class Inbox extends DurableObject<Env> implements InboxRpc {
  readonly #userId: string;
  /** Cached in memory, because every update reads it. */
  #isMade = false;
  readonly #store: InboxStore;
  readonly #alarm: Alarm;
  readonly #metrics: Metrics;
  readonly #logins: Logins;
  readonly #rates: Rates;
  readonly #list: ConversationList;
  readonly #sockets: Sockets;
  readonly #userSockets: UserSockets;
  readonly #inbound: ListInbound;
  readonly #largeGroups: LargeGroups;
  readonly #features: readonly InboxFeature[];
  readonly #requests: ReadonlyMap<string, RequestHandler>;
  readonly #calls: ReadonlyMap<string, Handler>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = settingsOf(env);
    const store = new InboxStore(ctx.storage.sql);
    const owner = store.owner();
    const userId = ctx.id.name ?? owner?.user_id ?? "";
    const wakeAt = (time: number) => this.#alarm.at(time);
    this.#store = store;
    this.#userId = userId;
    this.#alarm = new Alarm(ctx.storage);
    this.#metrics = new Metrics(env.METRICS);
    this.#logins = new Logins(store, userId, settings.TOKEN_LIFETIME_HOURS * 3_600);
    this.#list = new ConversationList(store, owner?.first_cursor ?? 0);
    this.#rates = new Rates(settings, store, this.#list);
    this.#sockets = new Sockets(ctx, settings.MAX_BUFFERED_BYTES);
    const platformOf = (loginId: string, now: number) => this.#logins.platformOf(loginId, now);
    const heldSockets = new HeldSocketRegister(store, env, platformOf, wakeAt);
    const parts = { env, userId, store, list: this.#list, sockets: this.#sockets, rates: this.#rates };
    const erasure = new Erasure(store);
    const founding = new FirstMessages({ ...parts, markOf: (id) => this.#inbound.markOf(id) });
    this.#inbound = new ListInbound({
      ...parts,
      isFounding: (id) => founding.isUnderWay(id),
      shown: {
        newestShown: (id) => this.#largeGroups.newestShown(id),
        isShown: (id, seq) => this.#largeGroups.isShown(id, seq),
        stored: (entry) => this.#largeGroups.stored(entry),
        began: (id) => this.#largeGroups.began(id),
        catchUp: (id) => this.#largeGroups.catchUp(id),
      },
      moved: () => this.#setHeartbeat(),
      erasure,
      wakeAt,
      abort: (reason) => ctx.abort(reason),
      taken: (...change) => {
        for (const feature of this.#features) feature.listChanged?.(...change);
      },
    });
    this.#largeGroups = new LargeGroups({
      ...parts,
      inbound: this.#inbound,
      wakeAt,
      wanted: (id) => this.#features.some(({ attends }) => attends?.(id)),
      passed: (entry, lines) => {
        for (const feature of this.#features) feature.listChanged?.(entry, entry, lines, {});
      },
    });
    const lost = (id: string) => this.#largeGroups.lost(id);
    const outbound = new UserOutbound({ ...parts, inbound: this.#inbound, founding, lost });
    const context: InboxContext = {
      ...parts,
      settings,
      logins: this.#logins,
      consent: new Consent(userId, store, this.#list),
      erasure,
      heldSockets,
      outbound,
      inbound: this.#inbound,
      metrics: this.#metrics,
      create: () => this.#create(),
      connections: () => [
        ...this.#sockets.signs(Date.now()).filter((sign) => sign.looks_alive),
        ...heldSockets.connections(),
      ],
      wakeAt,
      socketsChanged: () => this.#socketsChanged(),
      contentFor: async (conversationId, message) => {
        let { content } = message;
        for (const { forwarding } of this.#features) {
          content = (await forwarding?.(conversationId, { ...message, content })) ?? content;
        }
        return content;
      },
      profileChanging: () => {
        for (const feature of this.#features) feature.profileChanging?.();
      },
      exported: () => this.#features.flatMap((feature) => feature.exported?.() ?? []),
      // Every feature is asked, whether or not another has more to do.
      released: () => this.#features.map((feature) => feature.erasing?.() ?? true).every(Boolean),
      restart: async (reason) => {
        await ctx.storage.sync();
        ctx.abort(reason);
      },
      consentChanged: (about) => {
        for (const feature of this.#features) feature.consentChanged?.(about);
      },
    };
    const { features, frames } = featuresOf(context);
    this.#features = features;
    this.#requests = byName([authorizeHandler, ...features.flatMap(({ requests = [] }) => requests)]);
    this.#calls = byName([...heldSocketCalls(context, heldSockets), ...features.flatMap(({ calls = [] }) => calls)]);
    const costs = new Map(
      features.flatMap(({ frameCosts = {} }) =>
        Object.entries(frameCosts).map(([frame, cost]) => [Number(frame), cost]),
      ),
    );
    const opened = () => this.#largeGroups.socketOpened();
    this.#userSockets = new UserSockets({ ...context, heldSockets, outbound, handlers: frames, costs, opened });
    this.#setHeartbeat();
    if (owner) void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /**
   * Runs a request of the user to a feature, given by name. It does nothing when the login is not valid or when the
   * user's rate is exceeded. @throws TOKEN_INVALID before anything else, then TOO_MANY_REQUESTS
   */
  request(login: Login, name: string, input: unknown): Promise<Outcome<unknown>> {
    return outcome(() => {
      this.#logins.assertLive(login);
      const handler = named(this.#requests, name);
      this.#rates.spend(handler.cost(input));
      return handler.run(input, login);
    });
  }

  /** Runs a call of a feature, given by name, for the Worker or another object. */
  call(name: string, input: unknown): Promise<Outcome<unknown>> {
    return outcome(() => named(this.#calls, name).run(input));
  }

  /** Takes an update of a conversation. */
  async update(update: string): Promise<Told> {
    this.#create();
    const mark = this.#inbound.update(update);
    return { ...mark, online: this.#largeGroups.isOnline(mark.conversation_id) };
  }

  /** Passes messages of a large group to the user's sockets. */
  relay(relay: string): Promise<Told> {
    return this.#largeGroups.relay(relay);
  }

  /** Opens a socket of the user or, for conversations only, takes an update or a relay. */
  override async fetch(request: Request): Promise<Response> {
    const kind = packetKindOf(request);
    if (kind) return told(await this[kind](await request.text()));
    try {
      const response = await this.#userSockets.open(request);
      this.#metrics.add("sockets_opened");
      this.#socketsChanged();
      return response;
    } catch (error) {
      this.#metrics.add("sockets_refused", 1, errorCode(error));
      return refusal(error);
    } finally {
      this.#metrics.flush();
    }
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#userSockets.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.acknowledge(socket);
    this.#socketsChanged();
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.forget(socket);
    this.#socketsChanged();
  }

  override async alarm(): Promise<void> {
    const works = this.#features.map((feature) => () => feature.alarm?.());
    await this.#alarm.ring(this.ctx.id.name, [...works, () => this.#largeGroups.alarm()]);
  }

  #create(): void {
    this.#isMade ||= this.#store.owner() !== undefined;
    if (this.#isMade) return;
    const now = Date.now();
    this.ctx.storage.transactionSync(() => this.#store.createOwner(this.#userId, now));
    this.#list.begin(now);
    this.#setHeartbeat();
  }

  #socketsChanged(): void {
    for (const feature of this.#features) feature.socketsChanged?.();
  }
  /**
   * Sets the answer to a client's ping: the cursor. It does not wake the object. An abort loses it. [SYNC-4]
   * It does not wait for the disk, so it may name a number that is then lost. Clients only compare it with their own.
   */
  #setHeartbeat(): void {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", `pong:${this.#list.cursor}`));
  }
}
