import { DurableObject } from "cloudflare:workers";
import type { AppendCall, AppendReply, OperateCall, OperateReply } from "../core/calls.ts";
import type { ConversationFeature, OperationHandler } from "../core/conversation.ts";
import { CATCH_UP, InboxCaller } from "../core/delivery/call.ts";
import { ChangeListener } from "../core/delivery/change-listener.ts";
import { FanOut } from "../core/delivery/fan-out.ts";
import { GroupCard } from "../core/delivery/group-card.ts";
import { EventListener } from "../core/delivery/outside.ts";
import { UpdateBuilder } from "../core/delivery/update-builder.ts";
import { type AppEvent, handOn, hasHooks, mayWant, wants } from "../core/events.ts";
import { mentionedBy } from "../core/log/amendments.ts";
import { EVERYONE } from "../core/log/marks.ts";
import type { Operated } from "../core/log/operated.ts";
import { Own } from "../core/log/own.ts";
import { LogReader } from "../core/log/reader.ts";
import type { MessageHooks } from "../core/log/sends.ts";
import { ConversationState } from "../core/log/state.ts";
import { ConversationStore } from "../core/log/store.ts";
import { byName, type ConversationRpc, type Handler, handle, named } from "../core/rpc.ts";
import type { ReportedVersion } from "../core/version.ts";
import { withDeadline } from "../deadline.ts";
import { Alarm } from "../durable/alarm.ts";
import { FrameGate } from "../durable/frame-gate.ts";
import { Metrics } from "../durable/metrics.ts";
import { type Outcome, outcome } from "../durable/outcome.ts";
import { Sockets } from "../durable/sockets.ts";
import { type Env, settingsOf } from "../env.ts";
import { log } from "../log.ts";
import { Appending } from "./appending.ts";
import { ChangePushes } from "./change-pushes.ts";
import { featuresOf } from "./features.ts";
import { ConversationFrames } from "./frames.ts";
import { Grants } from "./grants.ts";
import { ConversationSockets } from "./sockets.ts";

/** A member who is behind for at least this long is logged. */
const LONG_BEHIND = 30_000;

/**
 * A conversation. It assigns seqs, keeps messages and members, delivers to inboxes and holds its own sockets.
 * This class is the shell: it connects core and features together and hands calls to them.
 */
export class Conversation extends DurableObject<Env> implements ConversationRpc {
  readonly #alarm: Alarm;
  readonly #metrics: Metrics;
  readonly #conversation: ConversationState;
  readonly #updates: UpdateBuilder;
  readonly #fanOut: FanOut;
  readonly #appending: Appending;
  readonly #ownSockets: ConversationSockets;
  readonly #changePushes: ChangePushes;
  readonly #changeListener: ChangeListener;
  readonly #frames: ConversationFrames;
  readonly #grants = new Grants();
  readonly #features: readonly ConversationFeature[];
  readonly #messageHooks: readonly MessageHooks[];
  readonly #operations: ReadonlyMap<string, OperationHandler>;
  readonly #calls: ReadonlyMap<string, Handler>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = settingsOf(env);
    const store = new ConversationStore(ctx.storage.sql);
    const wakeAt = (time: number) => this.#alarm.at(time);
    this.#alarm = new Alarm(ctx.storage);
    this.#metrics = new Metrics(env.METRICS);
    const own = new Own((userId, seqs) => this.#reactions(userId, seqs));
    this.#conversation = new ConversationState(store, {
      conversationId: ctx.id.name ?? store.conversation()?.conversation_id ?? "",
      maxMembers: settings.MAX_GROUP_MEMBERS,
      largeGroup: settings.LARGE_GROUP,
      named: (message) => [...mentionedBy(message)].filter((userId) => userId !== EVERYONE),
      now: Date.now,
      transaction: (work) => ctx.storage.transactionSync(work),
      isFull: () => ctx.storage.sql.databaseSize >= settings.MAX_CONVERSATION_BYTES,
      hooks: {
        refusal: (senderId, send) => {
          for (const { refusal } of this.#messageHooks) {
            const why = refusal(senderId, send);
            if (why !== null) return why;
          }
          return null;
        },
        stored: (message) => {
          for (const { stored } of this.#messageHooks) stored(message);
        },
      },
      replaced: (replaced) => {
        for (const feature of this.#features) feature.replaced?.(replaced);
      },
    });
    const { ref } = this.#conversation;
    const card = new GroupCard(env.DB, ref.type === 2 ? ref.group_id : "");
    this.#updates = new UpdateBuilder(this.#conversation, store, own, () => card.value);
    const inboxes = new InboxCaller(env.INBOX);
    const handEventsOn = hasHooks(env) ? (events: readonly AppEvent[]) => handOn(env, events) : null;
    const later = (run: () => void) => void ctx.storage.sync().then(run, run);
    this.#changeListener = new ChangeListener(this.#conversation, store, {
      hooks: handEventsOn && {
        mayWant: () => mayWant(env, "message.changed"),
        want: () => wants(env, "message.changed"),
        handOn: handEventsOn,
      },
      wakeAt,
      later,
      now: Date.now,
    });
    this.#fanOut = new FanOut(this.#conversation, this.#updates, store, {
      outside: new EventListener(this.#conversation, store, handEventsOn),
      call: (userId, packet) => inboxes.call(userId, packet),
      wakeAt,
      settled: (promise, milliseconds) => withDeadline(promise, milliseconds).then(nothing, nothing),
      after: (milliseconds, run) => void setTimeout(run, milliseconds),
      later,
      now: Date.now,
      random: Math.random,
      reached: (milliseconds) => this.#metrics.add("tell_lag_ms", milliseconds),
      missed: (userId, milliseconds) => this.#missed(userId, milliseconds),
    });
    const sockets = new Sockets(ctx, settings.MAX_BUFFERED_BYTES, (socket, state) => {
      void this.#frames.expired(socket, state);
    });
    this.#ownSockets = new ConversationSockets(env, this.#conversation, this.#updates, sockets);
    this.#changePushes = new ChangePushes({
      conversation: this.#conversation,
      sockets,
      own,
      now: Date.now,
      later: (run, milliseconds) => void setTimeout(run, milliseconds),
    });
    this.#appending = new Appending({
      conversation: this.#conversation,
      sockets,
      ownSockets: this.#ownSockets,
      fanOut: this.#fanOut,
      metrics: this.#metrics,
      stored: () => ctx.storage.sync(),
    });
    const { features, frames } = featuresOf({
      env,
      conversation: this.#conversation,
      store,
      reader: new LogReader(this.#conversation, store, own),
      sockets,
      card,
      now: Date.now,
      wakeAt,
      flush: () => this.#appending.flush(),
      changed: (departed) => this.#fanOut.changed(departed),
      change: (userId, asker, run) => this.#change(userId, asker, run),
      reach: (userId) => this.#fanOut.reach(userId),
      // Every feature is asked, whether or not another has more to do.
      erased: (user, amendments) =>
        this.#features.map((feature) => feature.erased?.(user, amendments) ?? true).every(Boolean),
    });
    this.#features = features;
    this.#messageHooks = features.flatMap(({ messages = [] }) => messages);
    this.#operations = byName(features.flatMap(({ operations = [] }) => operations));
    const catchUp = handle(CATCH_UP, ({ user_id, mark, online, after }) => {
      this.#appending.flush();
      this.#conversation.access.reader(user_id);
      return this.#updates.updateText(user_id, mark, this.#fanOut.catchUp(user_id, mark, online, after));
    });
    this.#calls = byName([catchUp, ...this.#ownSockets.calls(), ...features.flatMap(({ calls = [] }) => calls)]);
    this.#frames = new ConversationFrames({
      env,
      conversation: this.#conversation,
      sockets,
      gate: new FrameGate(sockets, settings.MAX_FRAME_BYTES),
      grants: this.#grants,
      append: (job) => this.#appending.submit(job),
      flush: () => this.#appending.flush(),
      handlers: frames,
    });
    // An aborted object loses the auto-response, so it is set at every start.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (this.#conversation.isBorn) void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** Assigns seqs to a user's sends. The answer updates the user's inbox from the mark in the call. */
  async append(call: AppendCall): Promise<AppendReply> {
    if (call.mark) this.#confirm(call.user_id, call.mark);
    const from = call.mark && this.#fanOut.linesFrom(call.user_id, call.mark);
    const reply = await this.#appending.append(call);
    return { ...reply, tell: call.mark && this.#updates.updateText(call.user_id, call.mark, from ?? 1) };
  }

  /** Runs an operation of a feature. @throws NexoError in the order that the contract gives */
  operate(call: OperateCall): Promise<Outcome<OperateReply>> {
    this.#appending.flush();
    return outcome(async () => {
      const { user_id, mark, operation, input } = call;
      this.#confirm(user_id, mark);
      const handler = named(this.#operations, operation);
      const prepared = await handler.prepare(input, call);
      // Sends may have arrived while this waited for others.
      this.#appending.flush();
      const from = this.#fanOut.linesFrom(user_id, mark);
      const operated = this.#change(user_id, "inbox", () => handler.run(input, call, prepared));
      const { results, read_seq, spent = 0, answer } = operated;
      return { results, read_seq, spent, answer, tell: this.#updates.updateText(user_id, mark, from) };
    });
  }

  /** What a user's inbox is missing after its mark; null when nothing is missing. @throws NO_PERMISSION */
  snapshot(userId: string, mark: ReportedVersion): Promise<Outcome<string | null>> {
    this.#appending.flush();
    return outcome(() => {
      this.#conversation.access.reader(userId);
      return this.#updates.updateText(userId, mark);
    });
  }

  /** Runs a call of a feature, given by name. */
  call(name: string, input: unknown): Promise<Outcome<unknown>> {
    return outcome(() => named(this.#calls, name).run(input));
  }

  override fetch(request: Request): Promise<Response> {
    return this.#ownSockets.open(request, (socket, grant) => this.#grants.put(socket, grant));
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#frames.receive(socket, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#ownSockets.closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#ownSockets.closed(socket);
  }

  override async alarm(): Promise<void> {
    const works = this.#features.map((feature) => () => feature.alarm?.());
    // Inboxes first: no feature that waits for something else may hold updates back.
    const updates = [() => this.#fanOut.alarm(), () => this.#changeListener.alarm()];
    await this.#alarm.ring(this.ctx.id.name, [...updates, ...works]);
    this.#metrics.flush();
  }

  /** Runs a change, pushes its notice and informs the inboxes. A calling inbox gets the update in the answer. */
  #change(userId: string, asker: WebSocket | "inbox" | null, run: () => Operated): Operated {
    const before = this.#conversation.version;
    const operated = run();
    for (const feature of this.#features) feature.operated?.();
    const after = this.#conversation.version;
    if (after.seq > before.seq) this.#ownSockets.pushMessages(before.seq + 1);
    const { change } = operated;
    if (change) {
      this.#changePushes.push(userId, change);
      this.#changeListener.changed(change);
    }
    if (after.seq > before.seq || after.ver > before.ver || (change && change.told !== "quiet")) {
      if (asker === "inbox") this.#fanOut.assume(userId);
      this.#fanOut.changed(operated.departed);
    }
    return operated;
  }

  #reactions(userId: string, seqs: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const feature = this.#features.find(({ reactions }) => reactions);
    return feature?.reactions?.(userId, seqs) ?? new Map();
  }

  #confirm(userId: string, mark: ReportedVersion): void {
    if (this.#conversation.isBorn) this.#fanOut.confirm(userId, mark);
  }

  #missed(userId: string, milliseconds: number): void {
    this.#metrics.add("tell_failures");
    if (milliseconds < LONG_BEHIND) return;
    log("warn", "member_behind", { conversation: this.#conversation.conversationId, user: userId, ms: milliseconds });
  }
}

function nothing(): void {
  // The caller checks afterwards whether the update arrived in time.
}
