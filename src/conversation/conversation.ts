import { DurableObject } from "cloudflare:workers";
import type {
  AppendCall,
  AppendReply,
  CreateGroupCall,
  GroupFacts,
  LoginEnd,
  OperateCall,
  OperateReply,
  SocketSign,
} from "../core/calls.ts";
import { FanOut } from "../core/delivery/fan-out.ts";
import { GroupCard } from "../core/delivery/group-card.ts";
import { UpdateBuilder } from "../core/delivery/update-builder.ts";
import { GroupCommit, type Job } from "../core/log/group-commit.ts";
import { LogReader } from "../core/log/reader.ts";
import { assertAllowed, ConversationState } from "../core/log/state.ts";
import { ConversationStore } from "../core/log/store.ts";
import type { Member, Version } from "../core/member.ts";
import { withDeadline } from "../deadline.ts";
import { updateGroup } from "../directory/groups.ts";
import { Alarm } from "../durable/alarm.ts";
import { FrameGate } from "../durable/frame-gate.ts";
import { Metrics } from "../durable/metrics.ts";
import { type Outcome, outcome } from "../durable/outcome.ts";
import { updateInbox } from "../durable/rpc.ts";
import { Sockets } from "../durable/sockets.ts";
import { type Env, settingsOf } from "../env.ts";
import { Typing } from "../features/typing/typing.ts";
import { detailOf, log } from "../log.ts";
import type { PullRange } from "../protocol/bodies.ts";
import { Code } from "../protocol/codes.ts";
import { GroupStatus, type ReadBy, type ReadState } from "../protocol/model.ts";
import { ConversationFrames } from "./frames.ts";
import { Grants } from "./grants.ts";
import { ConversationSockets } from "./sockets.ts";

/** From when on a member who cannot be told is worth a line of log. */
const LONG_BEHIND = 30_000;

/** A call to append and the socket that it came by, which is not pushed its own message. */
export interface AppendJob {
  readonly call: AppendCall;
  readonly socket: WebSocket | null;
}

/**
 * A conversation: gives seqs, keeps messages and members, tells inboxes, holds its own sockets.
 * This class is the shell: it puts the parts together and hands calls to them.
 */
export class Conversation extends DurableObject<Env> {
  readonly #store: ConversationStore;
  readonly #alarm: Alarm;
  readonly #metrics: Metrics;
  readonly #room: ConversationState;
  readonly #reader: LogReader;
  readonly #card: GroupCard;
  readonly #updates: UpdateBuilder;
  readonly #fanOut: FanOut;
  readonly #commit: GroupCommit<AppendJob, Omit<AppendReply, "tell">>;
  readonly #sockets: Sockets;
  readonly #roomSockets: ConversationSockets;
  readonly #frames: ConversationFrames;
  readonly #grants = new Grants();
  readonly #typing: Typing;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = settingsOf(env);
    this.#store = new ConversationStore(ctx.storage.sql);
    this.#alarm = new Alarm(ctx.storage);
    this.#metrics = new Metrics(env.METRICS);
    this.#room = new ConversationState(this.#store, {
      conversationId: ctx.id.name ?? this.#store.room()?.conversation_id ?? "",
      maxMembers: settings.MAX_GROUP_MEMBERS,
      now: Date.now,
      transaction: (work) => ctx.storage.transactionSync(work),
      isFull: () => ctx.storage.sql.databaseSize >= settings.MAX_CONVERSATION_BYTES,
    });
    this.#reader = new LogReader(this.#room, this.#store);
    const { ref } = this.#room;
    this.#card = new GroupCard(env.DB, ref.type === 2 ? ref.group_id : "");
    this.#updates = new UpdateBuilder(this.#room, this.#store, () => this.#card.value);
    this.#fanOut = new FanOut(this.#room, this.#updates, this.#store, {
      call: (userId, tell) => updateInbox(env.INBOX.getByName(userId), tell),
      wakeAt: (time) => this.#alarm.at(time),
      settled: (promise, milliseconds) => withDeadline(promise, milliseconds).then(nothing, nothing),
      later: (run) => void ctx.storage.sync().then(run, run),
      now: Date.now,
      random: Math.random,
      reached: (milliseconds) => this.#metrics.add("tell_lag_ms", milliseconds),
      missed: (userId, milliseconds) => this.#missed(userId, milliseconds),
    });
    this.#commit = new GroupCommit(
      (jobs) => this.#commitJobs(jobs),
      () => ctx.storage.sync(),
    );
    this.#sockets = new Sockets(ctx, settings.MAX_BUFFERED_BYTES, (socket, state) => {
      void this.#frames.expired(socket, state);
    });
    this.#roomSockets = new ConversationSockets(env, this.#room, this.#updates, this.#sockets);
    this.#frames = new ConversationFrames({
      env,
      room: this.#room,
      reader: this.#reader,
      sockets: this.#sockets,
      gate: new FrameGate(this.#sockets, settings.MAX_FRAME_BYTES),
      grants: this.#grants,
      append: (job) => this.#commit.submit(job),
      flush: () => this.#commit.flush(),
      markRead: (userId, readSeq, socket) => this.#markReadHere(userId, readSeq, socket),
      setTyping: (userId, typing) => this.#typing.set(userId, typing),
    });
    this.#typing = new Typing({
      room: this.#room,
      show: (typistId, typing) => this.#roomSockets.pushTyping(typistId, typing),
      showTo: (memberId, typistId, typing) =>
        withDeadline(env.INBOX.getByName(memberId).showTyping(this.#room.conversationId, typistId, typing)),
      now: Date.now,
      wakeAt: (time) => this.#alarm.at(time),
    });
    // An aborted object has lost it, so it is set at every start.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (this.#room.isBorn) void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  // ---- Messages

  /** Gives seqs to a user's sends; the answer brings their inbox up to date from the mark it names. */
  async append(call: AppendCall): Promise<AppendReply> {
    if (call.mark) this.#confirm(call.user_id, call.mark);
    const reply = await new Promise<Omit<AppendReply, "tell">>((done, failed) => {
      this.#commit.submit({ call: { call, socket: null }, done, failed });
    });
    return { ...reply, tell: call.mark && this.#updates.updateText(call.user_id, call.mark) };
  }

  /** Messages as JSON of `{messages, max_seq}`, by range or by list of seqs. @throws NO_PERMISSION */
  pull(userId: string, wanted: PullRange | readonly number[]): Promise<Outcome<string>> {
    this.#commit.flush();
    return outcome(() => this.#reader.pull(userId, wanted));
  }

  /** Newest seq, mark and unread as this user sees them, exact. @throws NO_PERMISSION */
  readState(userId: string, readSeq?: number): Promise<Outcome<ReadState>> {
    this.#commit.flush();
    return outcome(() => this.#reader.readState(userId, readSeq));
  }

  /** Who has read a message. @throws NO_PERMISSION, MESSAGE_NOT_FOUND */
  readBy(
    userId: string,
    seq: number,
    after: string,
    limit: number,
  ): Promise<Outcome<{ readers: ReadBy[]; next: string }>> {
    this.#commit.flush();
    return outcome(() => this.#reader.readBy(userId, seq, after, limit));
  }

  /** What a user's inbox lacks from its mark on; null when nothing. @throws NO_PERMISSION */
  snapshot(userId: string, mark: Version): Promise<Outcome<string | null>> {
    this.#commit.flush();
    return outcome(() => {
      this.#room.reader(userId);
      return this.#updates.updateText(userId, mark);
    });
  }

  // ---- Changes

  /** Makes a group of its first members. A repeat by the same owner changes nothing. @throws GROUP_FULL */
  createGroup(call: CreateGroupCall): Promise<Outcome<void>> {
    return outcome(() => {
      if (!this.#room.create(call)) return;
      this.#card.put(call.card);
      this.#fanOut.changed();
    });
  }

  /** Carries out a change by one user: a read mark, or what groups have. @throws NexoError, contract's order */
  operate(call: OperateCall): Promise<Outcome<OperateReply>> {
    this.#commit.flush();
    return outcome(() => this.#operate(call));
  }

  /** Shows the others that a member is typing, or no more. @throws NO_PERMISSION, GROUP_DISMISSED */
  setTyping(userId: string, typing: boolean): Promise<Outcome<void>> {
    return outcome(() => this.#typing.set(userId, typing));
  }

  /** @throws GROUP_NOT_FOUND */
  groupFacts(): Promise<Outcome<GroupFacts>> {
    return outcome(() => this.#reader.groupFacts());
  }

  /** A page of the group's members in the contract's order. @throws GROUP_NOT_FOUND, NOT_A_MEMBER, INVALID_PARAMETER */
  members(userId: string, after: string, limit: number): Promise<Outcome<{ members: Member[]; next: string }>> {
    return outcome(() => this.#reader.listMembers(userId, after, limit));
  }

  /** Which of these are members together with this user: those who may see each other's presence. [PRES-1] */
  membersAmong(userId: string, userIds: readonly string[]): string[] {
    const { activeMembers } = this.#room;
    return this.#room.row?.status === GroupStatus.NORMAL && activeMembers.has(userId)
      ? userIds.filter((id) => activeMembers.has(id))
      : [];
  }

  /** Which of these are or were members: whose presence a user may have seen by this conversation. [PRES-3] */
  everMembersAmong(userIds: readonly string[]): string[] {
    return this.#room.isBorn ? this.#store.membersAmong(userIds) : [];
  }

  // ---- Sockets and logins

  override fetch(request: Request): Promise<Response> {
    return this.#roomSockets.open(request, (socket, grant) => this.#grants.put(socket, grant));
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#frames.receive(socket, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#roomSockets.closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#roomSockets.closed(socket);
  }

  /** A login is over: its sockets here are told and closed, and one that is just opening is refused. */
  loginEnded(end: LoginEnd): void {
    this.#roomSockets.loginEnded(end);
  }

  /** A refreshed login lives on to exp (Unix seconds). */
  loginExtended(loginId: string, exp: number): void {
    this.#roomSockets.loginExtended(loginId, exp);
  }

  /** Those of these sockets that are open here: their closing may have been missed, or never have come. */
  socketSigns(socketIds: readonly string[]): SocketSign[] {
    return this.#roomSockets.signsOf(socketIds);
  }

  /** Closes a silent socket, whose place another of its user's takes. */
  giveUpSocket(socketId: string): void {
    this.#sockets.giveUp(socketId);
  }

  override async alarm(): Promise<void> {
    this.#alarm.rang();
    try {
      this.#typing.alarm();
      await this.#fanOut.alarm();
      this.#metrics.flush();
    } catch (error) {
      // An alarm that throws is repeated six times and then never again.
      log("error", "alarm_failed", { object: this.ctx.id.name, detail: detailOf(error) });
      this.#alarm.at(Date.now() + 60_000);
    }
  }

  // ---- Inside

  async #operate(call: OperateCall): Promise<OperateReply> {
    this.#confirm(call.user_id, call.mark);
    const { user_id, operation } = call;
    if (operation.type === "update") {
      this.#reader.assertMay("update", user_id);
      if (Object.keys(operation.changes).length > 0) assertAllowed(call);
      await this.#updateNames(operation.changes);
    }
    const mayChange = operation.type !== "mark_read" && this.#room.permit(operation.type, user_id) === Code.OK;
    if (mayChange) await this.#card.load();
    // Sends may have come in while this waited for D1.
    this.#commit.flush();
    const { results, read_seq, spent = 0 } = this.#change(call, null);
    return { results, read_seq, spent, tell: this.#updates.updateText(user_id, call.mark) };
  }

  async #updateNames(changes: Readonly<Record<string, string>>): Promise<void> {
    if (this.#room.ref.type === 1 || Object.keys(changes).length === 0) return;
    await this.#card.learn(updateGroup(this.env.DB, this.#room.ref.group_id, changes, Date.now()));
  }

  #commitJobs(jobs: readonly Job<AppendJob, Omit<AppendReply, "tell">>[]): void {
    const before = this.#room.stamp.seq;
    const senders = new Map<number, WebSocket>();
    const answers: (() => void)[] = [];
    try {
      const replies = this.#room.append(jobs.map((job) => job.call.call));
      for (const [index, reply] of replies.entries()) {
        const job = jobs[index];
        if (!job) continue;
        answers.push(() => job.done(reply));
        this.#count(reply);
        this.#noteSender(job.call, reply, senders);
      }
    } catch (error) {
      for (const job of jobs) job.failed(error);
      return;
    }
    const appended = this.#room.stamp.seq > before;
    // Pushes go before answers: what others sent has lower seqs than one's own of the same batch.
    if (appended) this.#roomSockets.pushMessages(before + 1, senders);
    for (const answer of answers) answer();
    if (appended) this.#fanOut.changed();
  }

  /** An inbox that asked learns by the answer; a socket that sent is not pushed its own. */
  #noteSender({ call, socket }: AppendJob, reply: Omit<AppendReply, "tell">, senders: Map<number, WebSocket>): void {
    if (call.mark && reply.spent > 0) this.#fanOut.assume(call.user_id);
    for (const [index, outcome] of reply.outcomes.entries()) {
      const from = socket ?? this.#sockets.byId(call.sends[index]?.socket_id ?? "");
      if (from && outcome.ok) senders.set(outcome.seq, from);
    }
  }

  #count(reply: Omit<AppendReply, "tell">): void {
    this.#metrics.add("sends", reply.spent);
    for (const outcome of reply.outcomes) if (!outcome.ok) this.#metrics.add("refusals", 1, outcome.code);
    const accepted = reply.outcomes.filter((outcome) => outcome.ok).length;
    if (accepted > reply.spent) this.#metrics.add("retries", accepted - reply.spent);
  }

  #missed(userId: string, milliseconds: number): void {
    this.#metrics.add("tell_failures");
    if (milliseconds < LONG_BEHIND) return;
    log("warn", "member_behind", { conversation: this.#room.conversationId, user: userId, ms: milliseconds });
  }

  #change(call: OperateCall, socket: WebSocket | null): ReturnType<ConversationState["operate"]> {
    const before = this.#room.stamp;
    const { operation } = call;
    // By now D1 has new names, whoever the operator has become meanwhile: members are told of them.
    const reply =
      operation.type === "update"
        ? this.#room.announceUpdate(call.user_id, operation.changes)
        : this.#room.operate(call);
    if (operation.type !== "mark_read") this.#typing.settle();
    const after = this.#room.stamp;
    if (after.seq > before.seq) this.#roomSockets.pushMessages(before.seq + 1, new Map());
    if (operation.type === "mark_read" && after.ver > before.ver) {
      this.#roomSockets.pushRead(call.user_id, reply.read_seq, socket);
    }
    if (after.seq > before.seq || after.ver > before.ver) {
      if (!socket) this.#fanOut.assume(call.user_id);
      this.#fanOut.changed(reply.departed);
    }
    return reply;
  }

  /** A mark by a socket held here: the reader's own inbox knows it before the answer goes. [READ-3] */
  async #markReadHere(userId: string, readSeq: number, socket: WebSocket): Promise<number> {
    const nothing = { seq: 0, ver: 0 };
    const call = { user_id: userId, mark: nothing, operation: { type: "mark_read", read_seq: readSeq } } as const;
    const reply = this.#change(call, socket);
    await this.#fanOut.reach(userId);
    return reply.read_seq;
  }

  #confirm(userId: string, mark: Version): void {
    if (this.#room.isBorn) this.#fanOut.confirm(userId, mark);
  }
}

function nothing(): void {
  // Whether it came in time is seen by what is known then.
}
