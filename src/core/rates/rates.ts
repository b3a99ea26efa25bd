import type { Settings } from "../../env.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";
import type { Grant, Unused } from "../calls.ts";
import { type ConversationList, DAY, dayOf } from "../list/list.ts";
import { foundings } from "../list/queries.ts";
import { Budget, SMALL_GRANT } from "./budget.ts";
import { GROUP_CHANGES_PER_HOUR, MOVES_PER_HOUR } from "./costs.ts";
import { Quota, type QuotaStore } from "./quota.ts";

const HOUR = 3_600_000;
/** How long a grant to a conversation's socket is valid, in milliseconds. */
const GRANT_LASTS = 10_000;

/** What sends to one conversation may use until the conversation has answered. */
export interface Permit {
  /** How many sends may be tried; the others are refused without being checked. */
  readonly tries: number;
  /** How many of them may be new. */
  readonly sends: number;
  /** Seconds until one more may be new. */
  readonly wait: number;
}

/** All rate limits of a user, over all paths together. */
export class Rates {
  readonly #settings: Settings;
  readonly #store: QuotaStore;
  readonly #list: ConversationList;
  readonly #sends: Budget;
  /** The budget of sends that turn out to be retries: a retry is answered even if other limits are reached. [SEND-3] */
  readonly #retries: Budget;
  readonly #requests: Budget;
  /** The budget of changes of messages that exist. [OPS-9] */
  readonly #operations: Budget;
  #strangers: Quota | undefined;

  constructor(settings: Settings, store: QuotaStore, list: ConversationList) {
    const now = Date.now();
    this.#settings = settings;
    this.#store = store;
    this.#list = list;
    this.#sends = new Budget(settings.SEND_RATE_PER_SECOND, settings.SEND_BURST, now);
    // New sends also take from this budget until they are known to be new.
    const burst = Math.max(settings.REQUEST_BURST, settings.SEND_BURST);
    this.#retries = new Budget(settings.REQUEST_RATE_PER_SECOND, burst, now);
    this.#requests = new Budget(settings.REQUEST_RATE_PER_SECOND, settings.REQUEST_BURST, now, SMALL_GRANT);
    this.#operations = new Budget(settings.OPERATION_RATE_PER_SECOND, settings.OPERATION_BURST, now);
  }

  /** Takes what a request costs. @throws NexoError TOO_MANY_REQUESTS [RATE-3] */
  spend(cost: number): void {
    const now = Date.now();
    if (!this.#requests.takeAll(cost, now)) throw tooMany("too many requests", this.#requests.wait(cost, now));
  }

  /** Takes from the budgets for sends. Return what the conversation reports as unused. [RATE-1] [SEND-3] */
  takeSends(wanted: number): Permit {
    const now = Date.now();
    const tries = this.#retries.take(wanted, now);
    const day = this.#dayIsSpent(now);
    const sends = day ? 0 : this.#sends.take(tries, now);
    const wait = day ? untilTomorrow(now) : this.#sends.wait(1, now);
    return { tries, sends, wait };
  }

  /** @param spent how many were new. */
  returnSends({ sends }: Permit, spent: number): void {
    this.#sends.giveBack(sends - spent);
    this.#retries.giveBack(spent);
  }

  /** Takes one send for a notice. It must be returned if no notice was made. */
  takeNotice(): { readonly notices: number; readonly wait: number } {
    const now = Date.now();
    const notices = this.#sends.take(1, now);
    return { notices, wait: this.#sends.wait(1, now) };
  }

  returnNotice(unused: number): void {
    this.#sends.giveBack(unused);
  }

  /** Takes what an operation on messages costs, all or nothing. What is not used must be returned. */
  takeOperation(weight: number): { readonly taken: number; readonly wait: number } {
    const now = Date.now();
    const taken = this.#operations.takeAll(weight, now) ? weight : 0;
    return { taken, wait: this.#operations.wait(weight, now) };
  }

  returnOperation(unused: number): void {
    this.#operations.giveBack(unused);
  }

  /** The error for sends that may not be tried. */
  triesRefused(): NexoError {
    return tooMany("too many requests", this.#retries.wait(1, Date.now()));
  }

  /** Grants a conversation's socket a part of the budgets. @param unused what it has left of its previous grant */
  grant(socketId: string, unused: Unused = {}): Grant {
    const now = Date.now();
    const until = now + GRANT_LASTS;
    const { sends = 0, retries = 0, requests = 0, operations = 0 } = unused;
    return {
      sends: this.#dayIsSpent(now) ? 0 : this.#sends.grant(socketId, until, now, sends),
      retries: this.#retries.grant(socketId, until, now, retries),
      requests: this.#requests.grant(socketId, until, now, requests),
      operations: this.#operations.grant(socketId, until, now, operations),
      until,
    };
  }

  /** A conversation's socket is closed. */
  released(socketId: string): void {
    const now = Date.now();
    for (const budget of [this.#sends, this.#retries, this.#requests, this.#operations]) budget.released(socketId, now);
  }

  /**
   * The quota of strangers that this user reaches: by a first message, as first members, or by an invitation. [RATE-2]
   * A stranger is a user with whom no single chat exists. Shared groups do not count: only a Conversation knows them.
   */
  get strangers(): Quota {
    this.#strangers ??= new Quota(this.#store, "strangers", {
      most: this.#settings.STRANGERS_PER_HOUR,
      window: HOUR,
    });
    return this.#strangers;
  }

  /** The quota of joins and leaves of one group. [RATE-4] */
  moves(conversationId: string): Quota {
    return new Quota(this.#store, `moves ${conversationId}`, { most: MOVES_PER_HOUR, window: HOUR });
  }

  /** The quota of changes that write a row for each member of a large group. [RATE-7] */
  groupChanges(conversationId: string): Quota {
    return new Quota(this.#store, `changes ${conversationId}`, { most: GROUP_CHANGES_PER_HOUR, window: HOUR });
  }

  /** @throws NexoError TOO_MANY_REQUESTS if one more group today exceeds the limit. */
  assertNewGroup(founding: number): void {
    const now = Date.now();
    const most = this.#settings.NEW_GROUPS_PER_DAY;
    const founded = foundings(this.#list, "sg_", now - DAY);
    if (founded.length + founding < most) return;
    const first = founded[founded.length + founding - most] ?? now;
    throw tooMany(`at most ${most} new groups a day`, Math.ceil((first + DAY - now) / 1_000));
  }

  #dayIsSpent(now: Millis): boolean {
    return this.#list.sentOn(dayOf(now)) >= this.#settings.SEND_BYTES_PER_DAY;
  }
}

function untilTomorrow(now: Millis): number {
  return Math.ceil(((dayOf(now) + 1) * DAY - now) / 1_000);
}

/** @param wait seconds. */
export function tooMany(message: string, wait: number): NexoError {
  return new NexoError(Code.TOO_MANY_REQUESTS, message, wait);
}
