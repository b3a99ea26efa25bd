import type { InboxContext } from "../../core/inbox.ts";
import { isShared, type ListEntry } from "../../core/list/entry.ts";
import { activeGroups } from "../../core/list/queries.ts";
import { Budget } from "../../core/rates/budget.ts";
import { askObject } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import type { Presence as PresenceItem } from "../../protocol/account-model.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { Push } from "../../protocol/frames.ts";
import { singleConversationId } from "../../protocol/ids.ts";
import type { Millis } from "../../protocol/model.ts";
import { everMembersAmong, membersAmong, presenceFor } from "./calls.ts";
import { arrivals, type PresenceCall, presenceOf } from "./rules.ts";

export type PresenceViewerParts = Pick<InboxContext, "env" | "userId" | "list" | "sockets" | "connections">;

/** The most groups that are searched for one that two users share. [MEM-1] */
const MAX_GROUPS = 1_000;
/** For how long the inboxes of new members may not know of their group yet, and for how many groups this is kept. */
const FRESH = { for: 60_000, most: 10 };
/**
 * How many other objects this inbox may be made to ask, per second and as a burst. They are users, and groups that are
 * asked for their members, on request and when a change makes the inbox ask again. [PRES-3]
 */
const ASKS = { perSecond: 100, burst: 1_000 };

/**
 * The user as a viewer: the users that their sockets watch, and the conversations that allow it. [PRES-1 PRES-2]
 *
 * Both sides decide whom a viewer may see. Inboxes learn of a conversation at different times, so the inbox that learns
 * first vouches for it: the id of a single chat names its members, and for a group the Conversation is asked.
 */
export class PresenceViewer {
  readonly #parts: PresenceViewerParts;
  /** Groups that this user or others joined recently, and when. */
  readonly #fresh = new Map<string, Millis>();
  readonly #budget = new Budget(ASKS.perSecond, ASKS.burst, Date.now());

  constructor(parts: PresenceViewerParts) {
    this.#parts = parts;
  }

  /**
   * The presence of some users for this user.
   * @param socket from now on watches these users and no others.
   * @throws NexoError TOO_MANY_REQUESTS
   */
  async ask(userIds: readonly string[], socket: WebSocket | null): Promise<PresenceItem[]> {
    const { sockets } = this.#parts;
    const unique = [...new Set(userIds)];
    const calls = unique.length + this.#freshGroups().length;
    const now = Date.now();
    if (!this.#budget.takeAll(calls, now)) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, this.#budget.wait(calls, now));
    }
    const state = socket && sockets.state(socket);
    if (socket && state) sockets.update(socket, { ...state, watching: userIds });
    return await this.#ask(unique, Boolean(state));
  }

  /**
   * Takes a change in the presence of a watched user.
   * @param via the conversation through which the user is seen; null when that has ended.
   * @returns whether the user is still watched through it. If it has ended, the user's inbox is asked for another.
   */
  changed(item: PresenceItem, via: string | null): boolean {
    if (!this.#watched().has(item.user_id)) return false;
    const isSeen = via !== null && isShared(this.#parts.list.get(via));
    if (isSeen) this.#push([item]);
    else void this.#askAgain([item.user_id]);
    return isSeen;
  }

  /** Whether a socket watches its own user, to learn about the user's other sockets. */
  get watchesSelf(): boolean {
    return this.#watched().has(this.#parts.userId);
  }

  /** The user's sockets have changed. */
  selfChanged(): void {
    if (this.watchesSelf) this.#push([this.#self()]);
  }

  /** Users see the real state of their own sockets, even while they hide from others. [WIRE-9] */
  #self(): PresenceItem {
    return presenceOf(this.#parts.userId, this.#parts.connections());
  }

  /** Takes a change of a conversation in the list. @param lines its new messages. */
  listChanged(before: ListEntry | undefined, entry: ListEntry, lines: readonly string[]): void {
    if (!isShared(entry)) {
      // Until these users are asked again, they may still send changes. Those are not shown.
      if (isShared(before)) void this.#parted(entry.conversation_id);
      return;
    }
    const newcomers = isShared(before) ? arrivals(lines) : null;
    if (newcomers?.length !== 0) void this.#met(entry.conversation_id, newcomers);
  }

  /** The newcomers, or all members if null, now share a conversation with the user. The watched ones become visible. */
  async #met(conversationId: string, newcomers: readonly string[] | null): Promise<void> {
    const groups = conversationId.startsWith("sg_") ? [conversationId] : [];
    for (const id of groups) this.#remember(id);
    const watched = [...this.#watched()].filter((id) => newcomers?.includes(id) ?? true);
    const vouched = await this.#vouched(watched, groups);
    const among = watched.filter((id) => vouched.get(id) === conversationId);
    const met = among.slice(0, this.#budget.take(among.length, Date.now()));
    const items = await Promise.all(met.map((id) => this.#look(id, conversationId, true)));
    this.#push(items.filter(({ status }) => status === 1));
  }

  /** A group has ended for the user. Watched users who are or were its members may no longer be visible through it. */
  async #parted(groupId: string): Promise<void> {
    const watched = this.#watchedByGroups();
    if (watched.length === 0) return;
    const group = this.#parts.env.CONVERSATION.getByName(groupId);
    await this.#askAgain(await askObject(group, everMembersAmong, watched).catch(() => watched));
  }

  #remember(groupId: string): void {
    this.#fresh.delete(groupId);
    this.#fresh.set(groupId, Date.now());
    const [oldest] = this.#fresh.keys();
    if (this.#fresh.size > FRESH.most && oldest !== undefined) this.#fresh.delete(oldest);
  }

  /** Users beyond the budget are shown offline until somebody asks for them. [PRES-3] */
  async #askAgain(userIds: readonly string[]): Promise<void> {
    const groups = this.#freshGroups().length;
    const taken = Math.max(0, this.#budget.take(userIds.length + groups, Date.now()) - groups);
    this.#push(userIds.slice(taken).map((id) => presenceOf(id, [])));
    this.#push(await this.#ask(userIds.slice(0, taken), true));
  }

  #freshGroups(): string[] {
    const latest = Date.now() - FRESH.for;
    return [...this.#fresh].filter(([, since]) => since > latest).map(([id]) => id);
  }

  async #ask(userIds: readonly string[], watch: boolean): Promise<PresenceItem[]> {
    const vouched = await this.#vouched(userIds, this.#freshGroups());
    return await Promise.all(userIds.map((id) => this.#look(id, vouched.get(id), watch)));
  }

  /** The users for whom this inbox can vouch, each with the conversation that they share. */
  async #vouched(userIds: readonly string[], groupIds: readonly string[]): Promise<Map<string, string>> {
    const { env, userId } = this.#parts;
    const vouched = new Map<string, string>();
    for (const id of userIds) {
      const single = this.#singleWith(id);
      if (single) vouched.set(id, single.conversation_id);
    }
    const others = userIds.filter((id) => !vouched.has(id) && id !== userId);
    if (others.length === 0) return vouched;
    const among = groupIds.map(async (groupId) => {
      const asked = { user_id: userId, user_ids: others };
      const members = askObject(env.CONVERSATION.getByName(groupId), membersAmong, asked).catch(() => []);
      for (const id of await members) vouched.set(id, groupId);
    });
    await Promise.all(among);
    return vouched;
  }

  async #look(userId: string, vouched: string | undefined, watch: boolean): Promise<PresenceItem> {
    const { env, list, userId: viewer_id } = this.#parts;
    if (userId === viewer_id) return this.#self();
    const known = vouched === undefined ? [] : [vouched];
    const conversation_ids = this.#singleWith(userId) ? known : [...known, ...activeGroups(list, MAX_GROUPS)];
    const call: PresenceCall = { viewer_id, conversation_ids, vouched, watch };
    if (conversation_ids.length === 0) return presenceOf(userId, []);
    try {
      return await askObject(env.INBOX.getByName(userId), presenceFor, call);
    } catch {
      return presenceOf(userId, []);
    }
  }

  #singleWith(userId: string): ListEntry | undefined {
    return this.#parts.list.get(singleConversationId(this.#parts.userId, userId));
  }

  #watched(): Set<string> {
    return new Set([...this.#parts.sockets.hearing()].flatMap(([, { watching = [] }]) => watching));
  }

  /** The watched users except peers of single chats, because single chats never end. */
  #watchedByGroups(): string[] {
    return [...this.#watched()].filter((id) => !this.#singleWith(id));
  }

  #push(items: readonly PresenceItem[]): void {
    for (const [socket, { watching = [] }] of this.#parts.sockets.hearing()) {
      const watched = items.filter(({ user_id }) => watching.includes(user_id));
      if (watched.length === 0) continue;
      this.#parts.sockets.push(socket, new PushFrame(Push.PRESENCE, JSON.stringify({ items: watched })));
    }
  }
}
