import { ACCOUNT_CALLS } from "../../src/core/accounts.ts";
import type { SendMeta } from "../../src/core/calls.ts";
import type { TokenClaims } from "../../src/core/logins.ts";
import { ownReach, type ReachChange, setBlock } from "../../src/features/consent/calls.ts";
import { configureConversation, listConversations } from "../../src/features/conversations/calls.ts";
import { changeGroup, createGroup } from "../../src/features/groups/calls.ts";
import type { GroupOperation } from "../../src/features/groups/operation.ts";
import { sendMessage } from "../../src/features/messages/calls.ts";
import { markRead } from "../../src/features/reads/calls.ts";
import type { ErasureMode } from "../../src/protocol/account-model.ts";
import { Code } from "../../src/protocol/codes.ts";
import { Request as Req } from "../../src/protocol/frames.ts";
import { parseConversationId, peerOf } from "../../src/protocol/ids.ts";
import type { Conversation, Message } from "../../src/protocol/model.ts";
import type { ConversationUpdateRequest } from "../../src/protocol/requests.ts";
import type { Client } from "./client.ts";
import type { Exports } from "./exports.ts";
import { uploadFile } from "./files.ts";
import type { Ledger } from "./ledger.ts";
import { type Frame, Link } from "./link.ts";
import { Operator, type Paths } from "./operator.ts";
import { OwnDataWriter } from "./own-data.ts";
import type { Host } from "./platform/host.ts";
import { restOf } from "./rest.ts";
import type { World } from "./world.ts";

interface Outgoing {
  readonly conversation_id: string;
  readonly client_msg_id: string;
  readonly msg_type: number;
  readonly content: object;
  readonly meta: SendMeta | undefined;
}

type Settled = { ok: true; seq: number; server_msg_id: number; send_at: number } | { ok: false; code: number | null };

/** Temporary refusals, which are worth a retry. All others are final. */
const PASSING = new Set<number | null>([null, Code.INTERNAL, Code.TOO_MANY_REQUESTS, Code.SHUTTING_DOWN]);

/** What a login that has ended gets. */
const ENDED = new Set<number | null>([Code.TOKEN_INVALID, Code.TOKEN_EXPIRED, Code.ACCOUNT_GONE]);

/** A user with some devices, who uses REST and sockets, and repeats a send until it is answered. */
export class User {
  readonly id: string;
  readonly clients: readonly Client[];
  /** Sockets opened on conversations. */
  readonly roomLinks = new Map<string, Link>();
  /** What this user does to messages that exist. */
  readonly operator: Operator;
  /** How many sends are not answered yet. */
  waiting = 0;
  readonly ownData = new OwnDataWriter();
  readonly #outgoing: Outgoing[] = [];
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #login: TokenClaims;
  readonly #inbox: Host;
  #made = 0;
  /**
   * What this user's list must show by now: REST reads follow answered writes. An inbox that died with uncommitted
   * writes since then may lack them until the conversation repeats them. [SYNC-1]
   */
  readonly #answered = new Map<string, { readonly seq: number; readonly losses: number }>();

  constructor(world: World, ledger: Ledger, id: string, login: TokenClaims, clients: readonly Client[]) {
    this.id = id;
    this.clients = clients;
    this.#world = world;
    this.#ledger = ledger;
    this.#login = login;
    this.#inbox = world.inbox(id);
    this.operator = new Operator(world, ledger, id, {
      socketFor: (conversationId) => this.#socketFor(conversationId),
      clientOf: (link) => this.#clientOf(link),
      rest: (call, input) => this.#rest(call, input),
    });
  }

  send(
    conversationId: string,
    content: object,
    { meta, msg_type = 1 }: { readonly meta?: SendMeta | undefined; readonly msg_type?: number } = {},
  ): void {
    const client_msg_id = `${this.id}-${++this.#made}`;
    this.#ledger.send(conversationId, this.id, client_msg_id, JSON.stringify(content));
    this.waiting++;
    const item = { conversation_id: conversationId, client_msg_id, msg_type, content, meta };
    this.#outgoing.push(item);
    this.#attempt(item);
    // An impatient client retries before it gets an answer, maybe on another path.
    if (this.#world.random.chance(0.1)) this.#attempt(item, true);
  }

  /** Sends again what was sent some time before, as a client does that has lost the answer. */
  retry(): void {
    if (this.#outgoing.length > 0) this.#attempt(this.#world.random.pick(this.#outgoing), true);
  }

  /** Stores small data from one of the devices. */
  storeData(key: string, value: string): void {
    const device = this.#world.random.pick(this.clients);
    void this.ownData.put(restOf(this.#world, device, this.#login), key, value);
  }

  /** Asks for an export and downloads it. */
  export(exports: Exports): void {
    const [device] = this.clients;
    if (device) void exports.make(this.id, this.#rest, device);
  }

  /** Uploads a file, and sends it if that succeeds. */
  async sendFile(conversationId: string): Promise<void> {
    const client = this.#world.random.pick(this.clients);
    const rest: Paths["rest"] = (call, input) => this.#rest(call, input);
    const image_url = await uploadFile(this.#world, { client, rest }, conversationId);
    if (image_url !== null) this.send(conversationId, { image_url }, { msg_type: 2 });
  }

  markRead(conversationId: string, readSeq: number): void {
    const mark = this.#ledger.mark(conversationId, this.id);
    mark.asked.push(readSeq);
    const before = mark.answered;
    const answered = (seq: number) => {
      if (seq < before)
        this.#ledger.complain(`[READ-1] ${this.id}'s mark in ${conversationId} moved back from ${before} to ${seq}`);
      mark.answered = Math.max(mark.answered, seq);
    };
    const link = this.#socketFor(conversationId);
    if (link) {
      const client = this.#clientOf(link);
      link.request(Req.MARK_READ, { conversation_id: conversationId, read_seq: readSeq }, (frame) => {
        if (frame?.err_code !== Code.OK) return;
        answered(frame.data.read_seq);
        const shelf = client?.replica.shelves.get(conversationId);
        if (shelf) shelf.read = Math.max(shelf.read, frame.data.read_seq);
        client?.follow(frame.data);
      });
    } else {
      void this.#rest(markRead, { conversation_id: conversationId, read_seq: readSeq });
    }
  }

  /** Changes a group. */
  operate(conversationId: string, operation: GroupOperation): void {
    const record = this.#ledger.operation(conversationId, this.id, operation.type);
    record.tried++;
    void this.#rest(changeGroup, { conversation_id: conversationId, operation }).then((reply) => {
      if (!reply.ok) return;
      const results = reply.value;
      if (results.length === 0 || results.some(({ code }) => code === Code.OK)) record.answered++;
    });
  }

  /** Tries to come into a group. @returns the code; null for no answer */
  async join(conversationId: string): Promise<number | null> {
    const operation: GroupOperation = { type: "join", inviter_id: "" };
    const reply = await this.#rest(changeGroup, { conversation_id: conversationId, operation });
    return reply.ok ? Code.OK : reply.code;
  }

  createGroup(conversationId: string, memberIds: readonly string[]): void {
    this.#ledger.groups.set(conversationId, { owner_id: this.id, member_ids: memberIds });
    const name = conversationId.slice(3);
    const group = {
      group_id: name,
      name,
      introduction: "",
      avatar: "",
      creator_user_id: this.id,
      created_at: 0,
      updated_at: 0,
    };
    void this.#rest(createGroup, { group, member_ids: memberIds }).then((reply) => {
      if (reply.ok || !PASSING.has(reply.code)) return;
      this.#later(() => this.createGroup(conversationId, memberIds));
    });
  }

  configure(conversationId: string, settings: ConversationUpdateRequest): void {
    this.#ledger.configured.add(`${conversationId} ${this.id}`);
    void this.#rest(configureConversation, { conversation_id: conversationId, ...(settings as object) });
  }

  block(userId: string, on: boolean): void {
    if (userId !== this.id) void this.#rest(setBlock, { user_id: userId, on });
  }

  setReach(change: ReachChange): void {
    void this.#rest(ownReach, { change });
  }

  /** Erases the account. Whether that has begun, the inbox knows: the answer may be lost. */
  erase(mode: ErasureMode): void {
    if (mode === "messages") this.#ledger.erased.add(this.id);
    void this.#rest(ACCOUNT_CALLS.erase, { mode });
  }

  /** Whether the account is being erased, and in which mode. */
  get erasure(): { readonly mode: ErasureMode; readonly done_at: number } | undefined {
    const { disk } = this.#inbox;
    if (disk.isBlank || disk.run("SELECT name FROM sqlite_master WHERE name = 'erasure'").length === 0)
      return undefined;
    return disk.run<{ mode: ErasureMode; done_at: number }>("SELECT mode, done_at FROM erasure")[0];
  }

  /** Reads any part of any conversation, visible or not. */
  pull(conversationId: string, range: object): void {
    const link = this.#socketFor(conversationId);
    const took = ({ messages, max_seq }: { messages: Message[]; max_seq: number }) =>
      this.#ledger.saw(this.id, messages, max_seq);
    link?.request(Req.PULL_RANGE, { conversation_id: conversationId, ...range }, (frame) => {
      if (frame?.err_code === Code.OK) took(frame.data);
    });
  }

  /** Reads the list, which must show what was answered before the request. */
  readList(): void {
    const expected = new Map(this.#answered);
    void this.#rest(listConversations, { cursor: "", limit: 100 }).then((reply) => {
      if (!reply.ok) return;
      const list: { conversation_id: string; max_seq: number; last_message: Message | null }[] = JSON.parse(
        reply.value.conversations,
      );
      const mayBeLost = (id: string) => expected.get(id)?.losses !== this.#inbox.losses;
      for (const { conversation_id, max_seq, last_message } of list) {
        if (last_message) this.#ledger.saw(this.id, [last_message], null);
        const least = expected.get(conversation_id)?.seq ?? 0;
        if (max_seq < least && !mayBeLost(conversation_id))
          this.#ledger.complain(
            `${this.id}'s list shows ${conversation_id} up to ${max_seq}, but ${least} was answered`,
          );
      }
      const listed = new Set(list.map(({ conversation_id }) => conversation_id));
      for (const id of expected.keys()) {
        // A dismissed group leaves the list of a user who quits it. [GROUP-4]
        const mayHaveLeft = this.#ledger.operation(id, this.id, "quit").tried > 0;
        if (!listed.has(id) && !mayHaveLeft && !mayBeLost(id)) this.#ledger.complain(`${this.id}'s list lacks ${id}`);
      }
    });
  }

  /** The whole list; null if it is not available. */
  async list(): Promise<Conversation[] | null> {
    const reply = await this.#rest(listConversations, { cursor: "", limit: 100 });
    return reply.ok ? JSON.parse(reply.value.conversations) : null;
  }

  /** Opens a socket on a conversation, or closes it. */
  toggleRoom(conversationId: string): void {
    const open = this.roomLinks.get(conversationId);
    if (open) {
      open.isWanted = false;
      this.roomLinks.delete(conversationId);
      open.drop();
      return;
    }
    const client = this.#world.random.pick(this.clients);
    const link = new Link(this.#world, client, this.#world.conversation(conversationId), this.#login, () => "", {
      opened: () => undefined,
      pushed: (frame: Frame) => client.pushed(frame),
      pong: () => undefined,
      wrong: (what) => this.#ledger.complain(what),
    });
    this.roomLinks.set(conversationId, link);
    link.open();
  }

  #attempt(item: Outgoing, isExtra = false): void {
    // An inbox may die between its answer and its write, before the answer arrives.
    const { losses } = this.#inbox;
    const { conversation_id, client_msg_id, msg_type, content, meta } = item;
    const wasStored = this.#isStored(item);
    const settled = (result: Settled, viaInbox: boolean) => {
      if (result.ok) {
        this.#ledger.answered(conversation_id, this.id, client_msg_id, result);
        const known = this.#answered.get(conversation_id)?.seq ?? 0;
        if (viaInbox && result.seq >= known) this.#answered.set(conversation_id, { seq: result.seq, losses });
      }
      // Whatever has happened since: a block, a mute, slow mode, the end of the group. [SEND-3]
      const isFinal = !result.ok && !PASSING.has(result.code) && !ENDED.has(result.code);
      if (isFinal && wasStored && this.#isStored(item)) {
        this.#ledger.complain(`[SEND-3] a retry of ${client_msg_id} in ${conversation_id} got ${result.code}`);
      }
      if (isExtra) return;
      if (!result.ok && PASSING.has(result.code)) this.#later(() => this.#attempt(item));
      else this.waiting--;
    };
    const link = this.#socketFor(conversation_id);
    if (link) {
      const ref = parseConversationId(conversation_id);
      const target =
        ref?.type === 2
          ? { group_id: ref.group_id, session_type: 2 }
          : { recv_id: ref ? peerOf(ref, this.id) : "", session_type: 1 };
      const client = this.#clientOf(link);
      link.request(Req.SEND, { client_msg_id, ...target, msg_type, content, meta }, (frame) => {
        if (frame?.err_code !== Code.OK) return settled({ ok: false, code: frame?.err_code ?? null }, false);
        settled({ ok: true, ...frame.data }, client !== undefined);
        client?.sent(frame.data);
      });
      return;
    }
    const send = { client_msg_id, msg_type, content: JSON.stringify(content), ...(meta && { meta }) };
    void this.#rest(sendMessage, { conversation_id, send }).then((reply) => {
      if (reply.ok) settled({ ok: true, ...JSON.parse(reply.value) }, true);
      else settled(reply, true);
    });
  }

  #isStored({ conversation_id, client_msg_id }: Outgoing): boolean {
    const { disk } = this.#world.conversation(conversation_id);
    const where = `sender_id = '${this.id}' AND client_msg_id = '${client_msg_id}'`;
    return !disk.isBlank && disk.run(`SELECT 1 FROM messages WHERE ${where}`).length > 0;
  }

  /** An open socket that can carry a frame of this conversation; if there is none, REST is used. */
  #socketFor(conversationId: string): Link | undefined {
    const room = this.roomLinks.get(conversationId);
    const links = [...this.clients.map((client) => client.link), ...(room ? [room] : [])].filter((link) => link.isOpen);
    return this.#world.random.chance(0.3) || links.length === 0 ? undefined : this.#world.random.pick(links);
  }

  #clientOf(link: Link): Client | undefined {
    return this.clients.find((client) => client.link === link);
  }

  /** A call to the user's inbox, from the first device. */
  get #rest(): Paths["rest"] {
    const [client] = this.clients;
    if (!client) throw new Error("a user has a client");
    return restOf(this.#world, client, this.#login);
  }

  #later(run: () => void): void {
    const [client] = this.clients;
    if (client) this.#world.scheduler.after(3_000, { label: "again", to: () => client, run });
  }
}
