import { type LoginEnd, SOCKET_CALLS } from "../core/calls.ts";
import type { Connection, HeldSockets } from "../core/inbox.ts";
import type { HeldSocketRow, InboxStore } from "../core/list/store.ts";
import { askObject } from "../core/rpc.ts";
import { SILENT_AFTER, type SocketSign, type Sockets } from "../durable/sockets.ts";
import type { Login } from "../durable/upgrade.ts";
import { type Env, settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";

/** How long the end of a login waits for the calls to conversations before the alarm takes over. */
const PATIENCE = 2_000;
/** The greatest age of the last answers from conversations when somebody checks whether the user is online. */
const CHECK_EVERY = 60_000;
const BACKOFF = { first: 2_000, longest: 300_000 };

/**
 * The sockets that conversations hold for this user. An ended login stays recorded until every conversation
 * that holds one of its sockets has been told. [LOGIN-4]
 */
export class HeldSocketRegister implements HeldSockets {
  readonly #store: InboxStore;
  readonly #env: Env;
  readonly #max: number;
  readonly #wakeAt: (time: Millis) => void;
  readonly #platformOf: (loginId: string, now: Millis) => number | undefined;
  readonly #rows = new Map<string, HeldSocketRow>();
  /** What conversations reported about these sockets at the last check. */
  readonly #signs = new Map<string, SocketSign>();
  #checkedAt = 0;
  #checking: Promise<void> | undefined;
  #failures = 0;

  /** @param platformOf gives the platform of a valid login. */
  constructor(
    store: InboxStore,
    env: Env,
    platformOf: (loginId: string, now: Millis) => number | undefined,
    wakeAt: (time: Millis) => void,
  ) {
    this.#store = store;
    this.#platformOf = platformOf;
    this.#env = env;
    this.#max = settingsOf(env).MAX_SOCKETS_PER_USER;
    this.#wakeAt = wakeAt;
    if (!store.migrator.isBorn) return;
    for (const row of store.heldSockets()) this.#rows.set(row.socket_id, row);
  }

  /** When the user seems to have too many sockets, finds and removes those that no longer exist. */
  async ensureCapacity(own: Sockets): Promise<void> {
    if (!this.#isFull(own)) return;
    await this.check();
    own.closeExpired();
  }

  /**
   * Makes room for one more socket. If needed, it closes the socket, of either kind, that has been silent longest.
   * Do not await between this call and accepting the socket, or two sockets could take the same place. [SOCK-5]
   * @throws NexoError TOO_MANY_CONNECTIONS
   */
  takePlace(own: Sockets): void {
    if (!this.#isFull(own)) return;
    const now = Date.now();
    const signs = [...own.signs(now), ...this.#live().flatMap((row) => this.#signs.get(row.socket_id) ?? [])];
    const [silent] = signs.sort((a, b) => a.heard_at - b.heard_at);
    if (!silent || now - silent.heard_at < SILENT_AFTER) throw new NexoError(Code.TOO_MANY_CONNECTIONS);
    if (!own.giveUp(silent.socket_id)) this.#giveUp(silent.socket_id);
  }

  #isFull(own: Sockets): boolean {
    return this.#live().length + own.size >= this.#max;
  }

  #giveUp(socketId: string): void {
    const row = this.#rows.get(socketId);
    if (!row) return;
    this.closed(socketId);
    const conversation = this.#env.CONVERSATION.getByName(row.conversation_id);
    // A socket that cannot be closed now is recorded again when its client continues to use it.
    void askObject(conversation, SOCKET_CALLS.giveUp, socketId, PATIENCE).catch(() => undefined);
  }

  /** The sockets that conversations hold and whose clients look alive. */
  connections(): Connection[] {
    const now = Date.now();
    return this.#live().flatMap(({ socket_id, login_id }) => {
      const platform_id = this.#platformOf(login_id, now);
      const looksAlive = this.#signs.get(socket_id)?.looks_alive ?? true;
      return platform_id !== undefined && looksAlive ? [{ socket_id, platform_id }] : [];
    });
  }

  /** Records a socket that a conversation is about to open. */
  open(login: Login, conversationId: string, socketId: string): void {
    this.#put({ socket_id: socketId, conversation_id: conversationId, login_id: login.login_id, ended: null });
  }

  /** A socket that renews its grant exists, even if a check has removed its record. */
  renew(loginId: string, conversationId: string, socketId: string): void {
    this.#signs.delete(socketId);
    if (this.#rows.has(socketId)) return;
    this.#put({ socket_id: socketId, conversation_id: conversationId, login_id: loginId, ended: null });
  }

  closed(socketId: string): void {
    this.#signs.delete(socketId);
    if (this.#rows.delete(socketId)) this.#store.deleteHeldSocket(socketId);
  }

  /** Tells every conversation that holds a socket of these logins. It waits for them only for a short time. */
  async ended(ends: readonly LoginEnd[]): Promise<void> {
    const reasons = new Map(ends.map(({ login_id, reason }) => [login_id, reason]));
    for (const row of this.#live()) {
      const ended = reasons.get(row.login_id);
      if (ended) this.#put({ ...row, ended });
    }
    await this.drain();
  }

  get isDrained(): boolean {
    return [...this.#rows.values()].every((row) => row.ended === null);
  }

  /** Tells conversations that do not yet know of an ended login. The alarm retries those that cannot be reached. */
  async drain(): Promise<void> {
    const pending = [...this.#rows.values()].filter((row) => row.ended !== null);
    if (pending.length === 0) return;
    // This is written before the first call, so that the alarm continues after a crash in between.
    this.#wakeAt(Date.now() + Math.min(BACKOFF.first * 2 ** this.#failures, BACKOFF.longest));
    const reached = await Promise.all(pending.map((row) => this.#reach(row)));
    this.#failures = reached.every(Boolean) ? 0 : this.#failures + 1;
  }

  async #reach(row: HeldSocketRow): Promise<boolean> {
    if (row.ended === null) return true;
    try {
      const conversation = this.#env.CONVERSATION.getByName(row.conversation_id);
      const end = { login_id: row.login_id, reason: row.ended };
      await askObject(conversation, SOCKET_CALLS.loginEnded, end, PATIENCE);
      this.closed(row.socket_id);
      return true;
    } catch {
      return false;
    }
  }

  /** Extends the sockets of a refreshed login. A socket that cannot be reached is extended with its next grant. */
  async extended(loginId: string, exp: number): Promise<void> {
    const rows = this.#live().filter((row) => row.login_id === loginId);
    const ids = new Set(rows.map((row) => row.conversation_id));
    const calls = [...ids].map((id) =>
      askObject(this.#env.CONVERSATION.getByName(id), SOCKET_CALLS.loginExtended, { login_id: loginId, exp }, PATIENCE),
    );
    await Promise.allSettled(calls);
  }

  /** Checks the records that have not been checked for a minute. [PRES-4] */
  async checkIfOld(): Promise<void> {
    if (Date.now() - this.#checkedAt >= CHECK_EVERY) await this.check();
  }

  /**
   * Compares the records with the answers of conversations. It removes the record of a socket that no longer exists
   * (a crash, a deploy, a lost close), and ends a socket whose login has expired.
   */
  async check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
  }

  async #check(): Promise<void> {
    const now = Date.now();
    this.#checkedAt = now;
    const expired = this.#live().filter((row) => this.#platformOf(row.login_id, now) === undefined);
    if (expired.length > 0) await this.ended(expired.map(({ login_id }) => ({ login_id, reason: "expired" })));
    const byConversation = Map.groupBy(this.#live(), (row) => row.conversation_id);
    const calls = [...byConversation].map(async ([conversationId, rows]) => {
      const ids = rows.map((row) => row.socket_id);
      const signs = await askObject(
        this.#env.CONVERSATION.getByName(conversationId),
        SOCKET_CALLS.signs,
        ids,
        PATIENCE,
      );
      for (const sign of signs) this.#signs.set(sign.socket_id, sign);
      const open = new Set(signs.map((sign) => sign.socket_id));
      for (const id of ids) if (!open.has(id)) this.closed(id);
    });
    await Promise.allSettled(calls);
  }

  #live(): HeldSocketRow[] {
    return [...this.#rows.values()].filter((row) => row.ended === null);
  }

  #put(row: HeldSocketRow): void {
    this.#store.putHeldSocket(row);
    this.#rows.set(row.socket_id, row);
  }
}
