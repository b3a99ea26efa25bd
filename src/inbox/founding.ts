import type { AppendReply, NewMessage } from "../core/calls.ts";
import type { ConversationList } from "../core/list/list.ts";
import type { Version } from "../core/member.ts";
import { mayHaveHappened, reach, settleQuota } from "../core/rates/charges.ts";
import { type Permit, type Rates, tooMany } from "../core/rates/rates.ts";
import { withDeadline } from "../deadline.ts";
import { type GroupRow, insertGroup } from "../directory/groups.ts";
import { unknownUsers } from "../directory/users.ts";
import { ask } from "../durable/rpc.ts";
import { type Env, settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { groupConversationId, parseConversationId, peerOf, singleConversationId } from "../protocol/ids.ts";

export interface FoundingParts {
  readonly env: Env;
  readonly userId: string;
  readonly list: ConversationList;
  readonly rates: Rates;
  /** How far the inbox knows a conversation. */
  readonly markOf: (conversationId: string) => Version;
}

/** What this user brings into being: a single chat by its first message, and groups. */
export class Founding {
  readonly #parts: FoundingParts;
  readonly #underWay = new Set<string>();

  constructor(parts: FoundingParts) {
    this.#parts = parts;
  }

  /** Whether a conversation that is new to the list is this user's doing. */
  isUnderWay(conversationId: string): boolean {
    return this.#underWay.has(conversationId);
  }

  /** Whether there is no single chat with somebody yet. */
  isStranger(userId: string): boolean {
    const { userId: own, list } = this.#parts;
    return userId !== own && !list.get(singleConversationId(own, userId));
  }

  /**
   * Appends to a conversation that may begin by it, and has it taken into the list.
   * @param taken takes the reply, with all that follows from it.
   * @throws NexoError USER_NOT_FOUND, TOO_MANY_REQUESTS
   */
  async append(
    conversationId: string,
    sends: readonly NewMessage[],
    permit: Permit,
    taken: (reply: AppendReply) => Promise<void>,
  ): Promise<void> {
    const { userId, list, rates } = this.#parts;
    const ref = parseConversationId(conversationId);
    if (ref?.type !== 1 || list.get(conversationId)) {
      return await taken(await this.#append(conversationId, sends, permit, false));
    }
    const now = Date.now();
    if (!rates.strangers.take(1, now)) {
      // The peer may have begun it, and this inbox not have heard of it yet.
      const wait = rates.strangers.wait(1, now);
      return await taken(await this.#append(conversationId, sends, { ...permit, wait }, false));
    }
    let unused = 1;
    this.#underWay.add(conversationId);
    try {
      await this.#assertPeer(peerOf(ref, userId), permit);
      unused = 0;
      const reply = await this.#append(conversationId, sends, permit, true);
      if (!reply.founded) unused = 1;
      await taken(reply);
    } finally {
      settleQuota(rates.strangers, 1, unused, now);
      this.#underWay.delete(conversationId);
    }
  }

  #append(id: string, sends: readonly NewMessage[], permit: Permit, founding: boolean): Promise<AppendReply> {
    const { env, userId, markOf } = this.#parts;
    const { sends: allowance, wait: retry_after } = permit;
    const call = { user_id: userId, mark: markOf(id), sends, allowance, retry_after, founding };
    return withDeadline(env.CONVERSATION.getByName(id).append(call));
  }

  /** To nobody costs as much as any other send, or D1 would answer as many as one likes to ask. */
  async #assertPeer(peer: string, permit: Permit): Promise<void> {
    if (permit.sends === 0) throw tooMany("too many requests", permit.wait);
    if ((await unknownUsers(this.#parts.env.DB, [peer])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
  }

  /**
   * Makes a group of which this user is the owner; a repeat of one that is in the list changes nothing.
   * @param made has it taken into the list.
   * @throws NexoError TOO_MANY_REQUESTS, GROUP_FULL
   */
  async createGroup(group: GroupRow, memberIds: readonly string[], made: (id: string) => Promise<unknown>) {
    const { list, userId, env, rates } = this.#parts;
    const id = groupConversationId(group.group_id);
    const members = new Set([userId, ...memberIds]);
    if (members.size > settingsOf(env).MAX_GROUP_MEMBERS) throw new NexoError(Code.GROUP_FULL);
    const isNew = !list.get(id) && !this.#underWay.has(id);
    const reached = isNew ? [...members].filter((member) => this.isStranger(member)).length : 0;
    const now = Date.now();
    if (isNew) {
      rates.assertNewGroup([...this.#underWay].filter((one) => one.startsWith("sg_")).length);
      reach(rates.strangers, reached, now);
    }
    this.#underWay.add(id);
    let unused = 0;
    try {
      // The names go first: a group is there once its Conversation is, so that a failure between shows to nobody.
      const card = await insertGroup(env.DB, group);
      const call = { owner_id: userId, member_ids: memberIds, card };
      await ask(env.CONVERSATION.getByName(id).createGroup(call));
      await made(id);
    } catch (error) {
      if (!mayHaveHappened(error)) unused = reached;
      throw error;
    } finally {
      settleQuota(rates.strangers, reached, unused, now);
      this.#underWay.delete(id);
    }
  }
}
