import type { AppendReply, NewMessage } from "../core/calls.ts";
import { CONSENT_CALLS } from "../core/consent.ts";
import type { Founding } from "../core/inbox.ts";
import type { ConversationList } from "../core/list/list.ts";
import { refused } from "../core/log/outcomes.ts";
import { settleQuota } from "../core/rates/charges.ts";
import type { Permit, Rates } from "../core/rates/rates.ts";
import { askObject } from "../core/rpc.ts";
import type { Version } from "../core/version.ts";
import { withDeadline } from "../deadline.ts";
import { unknownUsers } from "../directory/users.ts";
import type { Env } from "../env.ts";
import { Code } from "../protocol/codes.ts";
import { parseConversationId, peerOf, singleConversationId } from "../protocol/ids.ts";

type Refused = ReturnType<typeof refused>;

export interface FoundingParts {
  readonly env: Env;
  readonly userId: string;
  readonly list: ConversationList;
  readonly rates: Rates;
  /** The version of a conversation that the inbox has. */
  readonly markOf: (conversationId: string) => Version;
}

/** Creates the conversations of this user: single chats by their first message, and those that features create. */
export class FirstMessages implements Founding {
  readonly #parts: FoundingParts;
  readonly #underWay = new Set<string>();

  constructor(parts: FoundingParts) {
    this.#parts = parts;
  }

  isUnderWay(conversationId: string): boolean {
    return this.#underWay.has(conversationId);
  }

  isStranger(userId: string): boolean {
    const { userId: own, list } = this.#parts;
    return userId !== own && !list.get(singleConversationId(own, userId));
  }

  get groupsUnderWay(): number {
    return [...this.#underWay].filter((id) => id.startsWith("sg_")).length;
  }

  async during<T>(conversationId: string, work: () => Promise<T>): Promise<T> {
    this.#underWay.add(conversationId);
    try {
      return await work();
    } finally {
      this.#underWay.delete(conversationId);
    }
  }

  /**
   * Appends to a conversation, which this may create, and adds the conversation to the list.
   * @param taken handles the reply and all its consequences
   */
  async append(
    conversationId: string,
    sends: readonly NewMessage[],
    permit: Permit,
    taken: (reply: AppendReply) => void,
  ): Promise<void> {
    const { userId, list, rates } = this.#parts;
    const ref = parseConversationId(conversationId);
    if (ref?.type !== 1 || list.get(conversationId)) {
      return taken(await this.#append(conversationId, sends, permit, false));
    }
    const now = Date.now();
    if (!rates.strangers.take(1, now)) {
      // The peer may have created it, and this inbox may not know of it yet.
      const wait = rates.strangers.wait(1, now);
      return taken(await this.#append(conversationId, sends, { ...permit, wait }, false));
    }
    let unused = 1;
    try {
      await this.during(conversationId, async () => {
        const refusal = await this.#refusalOf(peerOf(ref, userId), permit);
        if (refusal) return taken(await this.#answerKnown(conversationId, sends, permit, refusal));
        unused = 0;
        const reply = await this.#append(conversationId, sends, permit, true);
        if (!reply.founded) unused = 1;
        taken(reply);
      });
    } finally {
      settleQuota(rates.strangers, 1, unused, now);
    }
  }

  #append(id: string, sends: readonly NewMessage[], permit: Permit, founding: boolean): Promise<AppendReply> {
    const { env, userId, markOf } = this.#parts;
    const { sends: allowance, wait: retry_after } = permit;
    const call = { user_id: userId, mark: markOf(id), sends, allowance, retry_after, founding };
    return withDeadline(env.CONVERSATION.getByName(id).append(call));
  }

  /**
   * What the chat has already is answered, and the rest refused: the answer to the first message may have been lost, and
   * the peer may refuse the user since. [SEND-3] What is refused costs as much as what is sent; otherwise the number of
   * questions to D1 and to other inboxes would be unlimited. [RATE-1]
   */
  async #answerKnown(id: string, sends: readonly NewMessage[], permit: Permit, refusal: Refused): Promise<AppendReply> {
    const reply = await this.#append(id, sends, { ...permit, sends: 0 }, false);
    const outcomes = reply.outcomes.map((outcome) => (outcome.ok ? outcome : refusal));
    const spent = Math.min(permit.sends, outcomes.filter(({ ok }) => !ok).length);
    return { ...reply, outcomes, spent };
  }

  /** Why a first message to the peer is refused; null if it is not. Later messages are decided by the chat itself. */
  async #refusalOf(peer: string, permit: Permit): Promise<Refused | null> {
    if (permit.sends === 0) return refused(Code.TOO_MANY_REQUESTS, undefined, permit.wait);
    const { env, userId } = this.#parts;
    if ((await unknownUsers(env.DB, [peer])).length > 0) return refused(Code.USER_NOT_FOUND);
    const takes = await askObject(env.INBOX.getByName(peer), CONSENT_CALLS.takesMessages, { from: userId });
    return takes ? null : refused(Code.NOT_ACCEPTED);
  }
}
