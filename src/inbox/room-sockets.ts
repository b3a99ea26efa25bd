import { withDeadline } from "../deadline.ts";
import type { Login, LoginEnd } from "../domain/calls.ts";
import { type Env, settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";
import type { InboxStore, RoomSocketRow } from "./store.ts";

/** How long an ending login waits for conversations to hear of it, before the alarm takes over. */
const PATIENCE = 2_000;
const BACKOFF = { first: 2_000, longest: 300_000 };

/**
 * Which sockets conversations hold for this user. An ended login stays on record until every conversation
 * that holds a socket of it has heard. [LOGIN-4]
 */
export class RoomSocketRegister {
  readonly #store: InboxStore;
  readonly #env: Env;
  readonly #max: number;
  readonly #wakeAt: (time: Millis) => void;
  readonly #rows = new Map<string, RoomSocketRow>();
  #failures = 0;

  constructor(store: InboxStore, env: Env, wakeAt: (time: Millis) => void) {
    this.#store = store;
    this.#env = env;
    this.#max = settingsOf(env).MAX_SOCKETS_PER_USER;
    this.#wakeAt = wakeAt;
    if (!store.migrator.isBorn) return;
    for (const row of store.roomSockets()) this.#rows.set(row.socket_id, row);
  }

  /** Asks conversations which sockets they still hold, when there seem to be too many. @param others the user's own */
  async makeRoom(others: number): Promise<void> {
    if (this.#live().length + others >= this.#max) await this.#recount();
  }

  /** The sockets that conversations hold, with their logins. */
  connections(): { socket_id: string; login_id: string }[] {
    return this.#live().map(({ socket_id, login_id }) => ({ socket_id, login_id }));
  }

  /** Nothing may be awaited between this and taking the socket, or two would find the same room. [SOCK-5] */
  assertRoom(others: number): void {
    if (this.#live().length + others >= this.#max) throw new NexoError(Code.TOO_MANY_CONNECTIONS);
  }

  /** Remembers a socket that a conversation is about to open. */
  open(login: Login, conversationId: string, socketId: string): void {
    this.#put({ socket_id: socketId, conversation_id: conversationId, login_id: login.login_id, ended: null });
  }

  /** A socket that renews its grant is there, whatever a recount made of it. */
  renew(loginId: string, conversationId: string, socketId: string): void {
    if (this.#rows.has(socketId)) return;
    this.#put({ socket_id: socketId, conversation_id: conversationId, login_id: loginId, ended: null });
  }

  closed(socketId: string): void {
    if (this.#rows.delete(socketId)) this.#store.deleteRoomSocket(socketId);
  }

  /** Lets every conversation that holds a socket of these logins know; waits for them, but not long. */
  async ended(ends: readonly LoginEnd[]): Promise<void> {
    const reasons = new Map(ends.map(({ login_id, reason }) => [login_id, reason]));
    for (const row of this.#live()) {
      const ended = reasons.get(row.login_id);
      if (ended) this.#put({ ...row, ended });
    }
    await this.drain();
  }

  /** Reaches conversations that have not heard of an ended login; those it cannot reach, the alarm tries again. */
  async drain(): Promise<void> {
    const pending = [...this.#rows.values()].filter((row) => row.ended !== null);
    if (pending.length === 0) return;
    // Written before the first call goes out: a crash in between is found by the alarm.
    this.#wakeAt(Date.now() + Math.min(BACKOFF.first * 2 ** this.#failures, BACKOFF.longest));
    const reached = await Promise.all(pending.map((row) => this.#reach(row)));
    this.#failures = reached.every(Boolean) ? 0 : this.#failures + 1;
  }

  async #reach(row: RoomSocketRow): Promise<boolean> {
    if (row.ended === null) return true;
    try {
      const conversation = this.#env.CONVERSATION.getByName(row.conversation_id);
      await withDeadline(conversation.loginEnded({ login_id: row.login_id, reason: row.ended }), PATIENCE);
      this.closed(row.socket_id);
      return true;
    } catch {
      return false;
    }
  }

  /** A refreshed login lives on where it has sockets; one that cannot be reached renews with its next grant. */
  async extended(loginId: string, exp: number): Promise<void> {
    const rows = this.#live().filter((row) => row.login_id === loginId);
    const ids = new Set(rows.map((row) => row.conversation_id));
    const calls = [...ids].map((id) =>
      withDeadline(this.#env.CONVERSATION.getByName(id).loginExtended(loginId, exp), PATIENCE),
    );
    await Promise.allSettled(calls);
  }

  /** Drops the records of sockets that no conversation holds: a crash or deploy closes them without a word. */
  async #recount(): Promise<void> {
    const byConversation = Map.groupBy(this.#live(), (row) => row.conversation_id);
    const calls = [...byConversation].map(async ([conversationId, rows]) => {
      const ids = rows.map((row) => row.socket_id);
      const open = await withDeadline(this.#env.CONVERSATION.getByName(conversationId).openSockets(ids), PATIENCE);
      for (const id of ids) if (!open.includes(id)) this.closed(id);
    });
    await Promise.allSettled(calls);
  }

  #live(): RoomSocketRow[] {
    return [...this.#rows.values()].filter((row) => row.ended === null);
  }

  #put(row: RoomSocketRow): void {
    this.#store.putRoomSocket(row);
    this.#rows.set(row.socket_id, row);
  }
}
