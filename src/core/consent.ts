import type { Migrator } from "../durable/migrator.ts";
import { first, type Sql } from "../durable/sql.ts";
import type { Privacy } from "../protocol/account-model.ts";
import { singleConversationId } from "../protocol/ids.ts";
import type { Millis } from "../protocol/model.ts";
import { declareCall } from "./call.ts";
import type { ConversationList } from "./list/list.ts";
import type { InboxStore } from "./list/store.ts";
import { Refusal } from "./member.ts";

/** The part of a user's privacy that their inbox keeps. D1 keeps `findable`, since it is searched there. */
export type Reach = Omit<Privacy, "findable">;

/** What an invitation to a group does to the user: it adds them, asks them, or is refused. */
export type Welcome = "joins" | "is_asked" | "refuses";

/** Calls of other objects to a user's inbox, before they begin something with the user. */
export const CONSENT_CALLS = {
  /** Whether the user takes messages from another one, as far as no single chat of the two says so. */
  takesMessages: declareCall<{ readonly from: string }, boolean>("consent.takes_messages"),
  /** What an invitation by another user does. */
  welcomes: declareCall<{ readonly from: string }, Welcome>("consent.welcomes"),
};

const EVERYONE: Reach = { messages_from: "all", invites_from: "all", last_seen: "all" };

const STEPS = [
  `
  CREATE TABLE blocks (
    user_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE privacy (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    messages_from TEXT NOT NULL,
    invites_from TEXT NOT NULL,
    last_seen TEXT NOT NULL
  ) STRICT;

  -- Single chats that were told to refuse what their peer sends, and why (Refusal in member.ts).
  CREATE TABLE refusals (
    conversation_id TEXT PRIMARY KEY,
    refusal INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Whom the user lets reach them: blocks and privacy. Features that reach users ask here. Everything is read once, when
 * it is first needed; a user who never blocked anybody and changed nothing has no tables. [BLOCK-1] [PRIV-1]
 */
export class Consent {
  readonly #userId: string;
  readonly #sql: Sql;
  readonly #tables: Migrator;
  readonly #list: ConversationList;
  #state: { readonly blocks: Map<string, Millis>; readonly told: Map<string, Refusal>; reach: Reach } | undefined;

  constructor(userId: string, { sql, migrator }: InboxStore, list: ConversationList) {
    this.#userId = userId;
    this.#sql = sql;
    this.#tables = migrator.part("consent", { steps: STEPS });
    this.#list = list;
  }

  /** The blocked users and since when. */
  get blocks(): ReadonlyMap<string, Millis> {
    return this.#read().blocks;
  }

  get reach(): Reach {
    return this.#read().reach;
  }

  /** What single chats were told last; those that are missing were told nothing. */
  get told(): ReadonlyMap<string, Refusal> {
    return this.#read().told;
  }

  block(userId: string, at: Millis): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR REPLACE INTO blocks (user_id, at) VALUES (?, ?)", userId, at);
    this.#read().blocks.set(userId, at);
  }

  unblock(userId: string): void {
    if (!this.#read().blocks.delete(userId)) return;
    this.#sql.exec("DELETE FROM blocks WHERE user_id = ?", userId);
  }

  setReach(reach: Reach): void {
    this.#tables.migrate();
    this.#sql.exec(
      "INSERT OR REPLACE INTO privacy (id, messages_from, invites_from, last_seen) VALUES (1, ?, ?, ?)",
      reach.messages_from,
      reach.invites_from,
      reach.last_seen,
    );
    this.#read().reach = reach;
  }

  /** Records what a single chat was told. */
  putTold(conversationId: string, refusal: Refusal): void {
    const { told } = this.#read();
    if (refusal === Refusal.NONE) {
      if (told.delete(conversationId)) this.#sql.exec("DELETE FROM refusals WHERE conversation_id = ?", conversationId);
      return;
    }
    this.#tables.migrate();
    const query = "INSERT OR REPLACE INTO refusals (conversation_id, refusal) VALUES (?, ?)";
    this.#sql.exec(query, conversationId, refusal);
    told.set(conversationId, refusal);
  }

  isBlocked(userId: string): boolean {
    return this.#read().blocks.has(userId);
  }

  /** Whether the user has written to another one, or has begun a chat with them. */
  isKnown(userId: string): boolean {
    const entry = this.#list.get(singleConversationId(this.#userId, userId));
    return entry !== undefined && (entry.sent_bytes > 0 || entry.founded_at > 0);
  }

  /** Whether the user refuses messages of another one, and why. */
  refusalOf(userId: string): Refusal {
    if (this.isBlocked(userId)) return Refusal.BLOCKED;
    const { messages_from } = this.reach;
    if (messages_from === "nobody") return Refusal.EVERYONE;
    return messages_from === "known" && !this.isKnown(userId) ? Refusal.UNKNOWN : Refusal.NONE;
  }

  /** What an invitation by another user does. */
  welcome(inviterId: string): Welcome {
    if (this.isBlocked(inviterId)) return "refuses";
    const { invites_from } = this.reach;
    if (invites_from === "ask") return "is_asked";
    return this.#isAmong(invites_from, inviterId) ? "joins" : "refuses";
  }

  /** Whether another user may see that this one is online. */
  showsPresenceTo(viewerId: string): boolean {
    return !this.isBlocked(viewerId) && this.#isAmong(this.reach.last_seen, viewerId);
  }

  #isAmong(audience: "all" | "known" | "nobody", userId: string): boolean {
    return audience === "all" || (audience === "known" && this.isKnown(userId));
  }

  #read() {
    this.#state ??= this.#tables.isBorn
      ? {
          blocks: new Map(
            this.#sql
              .exec<{ user_id: string; at: Millis }>("SELECT user_id, at FROM blocks")
              .toArray()
              .map(({ user_id, at }) => [user_id, at]),
          ),
          told: new Map(
            this.#sql
              .exec<{ conversation_id: string; refusal: Refusal }>("SELECT conversation_id, refusal FROM refusals")
              .toArray()
              .map(({ conversation_id, refusal }) => [conversation_id, refusal]),
          ),
          reach:
            first<Reach & Record<string, string>>(
              this.#sql,
              "SELECT messages_from, invites_from, last_seen FROM privacy",
            ) ?? EVERYONE,
        }
      : { blocks: new Map(), told: new Map(), reach: EVERYONE };
    return this.#state;
  }
}
