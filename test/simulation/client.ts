import type { Outcome } from "../../src/durable/outcome.ts";
import { conversationInfo } from "../../src/features/conversations/calls.ts";
import { Code } from "../../src/protocol/codes.ts";
import { Push, Request as Req } from "../../src/protocol/frames.ts";
import type { Message } from "../../src/protocol/model.ts";
import type { Ledger } from "./ledger.ts";
import { type Frame, Link, type OperationAnswer } from "./link.ts";
import { OwnDataCopy } from "./own-data.ts";
import { Replica } from "./replica.ts";
import { restOf } from "./rest.ts";
import type { Actor } from "./scheduler.ts";
import type { World } from "./world.ts";

interface Page {
  readonly next: string;
  readonly cursor: number;
}

/**
 * A device that follows the contract and does nothing else: it takes a cursor only if `prev` is its own, and asks 1009
 * otherwise. It pings, drops messages that it has, and pulls gaps.
 */
export class Client implements Actor {
  readonly name: string;
  readonly isAlive = true;
  readonly userId: string;
  replica = new Replica();
  readonly ownData: OwnDataCopy;
  readonly #storedData: OwnDataCopy;
  /** What the app has stored of it. */
  #history = new Replica();
  readonly link: Link;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #pulling = new Set<string>();
  readonly #asking = new Set<string>();
  readonly #catchingUp = new Set<string>();
  readonly #login: object;
  #isSyncing = false;
  /** The newest cursor of this connection. */
  #seen = 0;
  #awaitsPong = false;
  #connection = 0;

  constructor(world: World, ledger: Ledger, userId: string, login: { platform_id: number }) {
    this.name = `${userId}/${login.platform_id}`;
    this.userId = userId;
    this.#world = world;
    this.#login = login;
    this.#ledger = ledger;
    const rest = () => restOf(world, this, login);
    this.ownData = new OwnDataCopy(rest);
    this.#storedData = new OwnDataCopy(rest);
    const query = () => (this.replica.cursor > 0 ? `since=${this.replica.cursor}` : "");
    this.link = new Link(world, this, world.inbox(userId), login, query, {
      opened: () => this.#opened(),
      pushed: (frame) => this.pushed(frame),
      pong: (text) => this.#pong(Number(text.slice("pong:".length))),
      wrong: (what) => ledger.complain(what),
    });
  }

  /** Sends a heartbeat. If the previous one has no answer, the connection is lost. */
  heartbeat(): void {
    if (!this.link.isOpen) return;
    if (this.#awaitsPong) {
      this.#awaitsPong = false;
      this.link.drop();
      return;
    }
    this.#awaitsPong = true;
    this.link.ping();
  }

  /** The app stores its state. */
  store(): void {
    this.#history = this.replica.copy();
    this.#storedData.copyFrom(this.ownData);
  }

  /** The app ends, and starts again from what it stored; damaged parts are set aside. [HIST-1] [HIST-3] */
  restart(): void {
    this.replica = this.#history.restored(this.#world.random);
    this.ownData.copyFrom(this.#storedData);
    this.#isSyncing = false;
    this.#asking.clear();
    this.link.die();
  }

  /** Handles a push, on this socket or a conversation's. */
  pushed({ req_identifier, data, err_code }: Frame): void {
    switch (req_identifier) {
      case Push.MESSAGES:
        for (const [id, messages] of Object.entries<Message[]>(data.msgs)) {
          this.#shown(messages, null);
          this.replica.shelf(id).held(data.revs[id]);
        }
        break;
      case Push.CHANGED:
        this.#changed(data);
        this.replica.shelf(data.conversation_id).changed(data.since_rev, data.rev);
        break;
      case Push.READ: {
        const shelf = this.replica.shelf(data.conversation_id);
        if (data.user_id === this.userId) shelf.read = Math.max(shelf.read, data.read_seq);
        else shelf.peerRead = Math.max(shelf.peerRead, data.read_seq);
        break;
      }
      case Push.OWN_DATA:
        this.ownData.pushed(data);
        return;
      case Push.SIGNED_OUT:
        this.link.isWanted = false;
        return;
      case Push.CONVERSATION:
        this.replica.take(data.conversation);
        break;
      case Push.RESYNC:
        // The error answer follows.
        this.replica.cursor = 0;
        return;
      case Req.SYNC:
        this.#isSyncing = false;
        if (err_code === Code.OK) this.#synced(data);
        this.sync();
        return;
      default:
        this.#ledger.complain(`${this.name} was pushed ${req_identifier}`);
        return;
    }
    this.follow(data);
    this.pullGaps();
  }

  /** A send of this device was answered. The device has the message without the server's fields, and pulls it. */
  sent(answer: { conversation_id: string; seq: number; prev: number; cursor: number }): void {
    const shelf = this.replica.shelf(answer.conversation_id);
    shelf.max = Math.max(shelf.max, answer.seq);
    shelf.read = Math.max(shelf.read, answer.seq);
    this.follow(answer);
    this.pullGaps();
  }

  /** An operation of this device on a message was answered. */
  operated(conversation_id: string, { message, prev = 0, cursor = 0 }: OperationAnswer): void {
    if (message) this.#changed({ conversation_id, messages: [message], deleted: [] });
    this.follow({ prev, cursor });
    this.pullGaps();
  }

  /** Applies a step of the user's changes, or notices that it missed one. */
  follow({ prev, cursor }: { prev: number; cursor: number }): void {
    if (cursor === 0) return;
    this.#seen = Math.max(this.#seen, cursor);
    if (prev === this.replica.cursor) this.replica.cursor = cursor;
    else this.sync();
  }

  sync(page = "", since = this.replica.cursor): void {
    if (this.#isSyncing || !this.link.isOpen) return;
    this.#isSyncing = true;
    this.link.request(Req.SYNC, { since, page, limit: this.#world.random.between(1, 6) }, (frame) => {
      this.#isSyncing = false;
      if (frame?.err_code === Code.TOKEN_MISMATCH) this.replica.cursor = 0;
      if (frame?.err_code !== Code.OK) return this.#later(() => this.sync());
      const { next } = this.#synced(frame.data);
      if (next !== "") return this.sync(next, since);
      if (this.#seen > this.replica.cursor) this.sync();
    });
  }

  pullGaps(): void {
    for (const conversationId of this.replica.shelves.keys()) {
      this.#pullGap(conversationId);
      this.#askChanges(conversationId);
    }
    this.#askInfo();
  }

  /** Opens every conversation again. A list may not know of quiet changes, so each is asked. */
  refresh(): void {
    for (const shelf of this.replica.shelves.values()) shelf.isDue = true;
    this.pullGaps();
  }

  /** For a message of an unknown conversation it requests title and range. */
  #askInfo(): void {
    if (!this.link.isWanted) return;
    for (const [id, shelf] of this.replica.shelves) {
      if (shelf.view || this.#asking.has(id) || this.replica.gone.has(id)) continue;
      this.#asking.add(id);
      const again = () => {
        this.#asking.delete(id);
        this.#askInfo();
      };
      const expired = this.#world.scheduler.after(20_000, { label: "info timed out", to: () => this, run: again });
      const call = this.#world.call<Outcome<string>>(this, this.#world.inbox(this.userId), "request", [
        this.#login,
        conversationInfo.name,
        { conversation_id: id },
      ]);
      const settled = () => {
        expired();
        this.#asking.delete(id);
      };
      call.then(
        (outcome) => {
          settled();
          if (outcome.ok) {
            // This answer has no cursor: frames that arrived meanwhile may be newer.
            if (!shelf.view && this.replica.shelves.get(id) === shelf) this.replica.take(JSON.parse(outcome.value));
            this.pullGaps();
          } else this.#later(() => this.#askInfo());
        },
        () => {
          settled();
          this.#later(() => this.#askInfo());
        },
      );
    }
  }

  /** Messages from a pull or a push. */
  #shown(messages: readonly Message[], maxSeq: number | null): void {
    this.#ledger.saw(this.userId, messages, maxSeq);
    for (const message of messages) {
      const isSame = this.replica.shelf(message.conversation_id).put(message, this.userId);
      if (!isSame) this.#ledger.complain(`${this.name} was shown two messages with seq ${message.seq}`);
    }
  }

  /** Changed messages of a push or of an answer. Only those that are held are taken. */
  #changed(data: { conversation_id: string; messages: Message[]; deleted: number[] }): void {
    const shelf = this.replica.shelf(data.conversation_id);
    this.#ledger.saw(this.userId, data.messages, null);
    for (const message of data.messages) {
      if (!shelf.amend(message)) this.#ledger.complain(`[OPS-1] ${this.name} was shown two states of ${message.seq}`);
    }
    shelf.remove(data.deleted);
  }

  /** Requests the changes that were missed. */
  #askChanges(id: string): void {
    const shelf = this.replica.shelf(id);
    if (!shelf.isBehind || this.#catchingUp.has(id) || !this.link.isOpen) return;
    this.#catchingUp.add(id);
    const since_rev = shelf.asking();
    const data = { conversation_id: id, since_rev, from_seq: shelf.min, limit: this.#world.random.between(1, 5) };
    this.link.request(Req.CHANGES, data, (frame) => {
      this.#catchingUp.delete(id);
      if (frame?.err_code !== Code.OK) return this.#later(() => this.#askChanges(id));
      this.#changed({ conversation_id: id, ...frame.data });
      shelf.asked(frame.data);
      if (shelf.current > since_rev) this.#askChanges(id);
      else this.#later(() => this.#askChanges(id));
    });
  }

  #opened(): void {
    const connection = ++this.#connection;
    this.#pulling.clear();
    this.#catchingUp.clear();
    this.#seen = 0;
    this.#awaitsPong = false;
    // A socket opened with `since` is already syncing. There is one sync at a time, or an older answer could arrive
    // last.
    this.#isSyncing = this.replica.cursor > 0;
    if (this.#isSyncing) {
      this.#later(() => {
        if (connection === this.#connection && this.#isSyncing) this.link.drop();
      }, 15_000);
    } else this.sync();
    void this.ownData.ask();
    this.pullGaps();
  }

  #pong(cursor: number): void {
    this.#awaitsPong = false;
    if (cursor === this.replica.cursor) return;
    this.#seen = Math.max(this.#seen, cursor);
    this.sync();
  }

  /** The answer with a page of a sync. The last page gives its cursor. */
  #synced(data: Page & { conversations: Parameters<Replica["take"]>[0][] }): Page {
    for (const conversation of data.conversations) this.replica.take(conversation);
    // Pushes that arrived meanwhile may be newer than this answer. The cursor goes back to the answer's, and those
    // changes are synced again.
    if (data.next === "") this.replica.cursor = data.cursor;
    this.pullGaps();
    return data;
  }

  #pullGap(conversationId: string): void {
    const gap = this.replica.shelf(conversationId).gap();
    if (!gap || this.#pulling.has(conversationId) || !this.link.isOpen) return;
    this.#pulling.add(conversationId);
    const { begin, end } = gap;
    const data = { conversation_id: conversationId, begin_seq: begin, end_seq: end };
    this.link.request(Req.PULL_RANGE, data, (frame) => {
      this.#pulling.delete(conversationId);
      if (frame?.err_code !== Code.OK) return this.#later(() => this.#pullGap(conversationId));
      const messages: Message[] = frame.data.messages;
      this.#shown(messages, frame.data.max_seq);
      const shelf = this.replica.shelf(conversationId);
      if (messages.length > 0) shelf.held(frame.data.rev);
      shelf.remove(frame.data.deleted);
      shelf.pulled(end, messages[0]?.seq);
      this.#askChanges(conversationId);
      this.#pullGap(conversationId);
    });
  }

  #later(run: () => void, milliseconds = 2_000): void {
    this.#world.scheduler.after(milliseconds, { label: "again", to: () => this, run });
  }
}
