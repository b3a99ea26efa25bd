import { type ConversationContext, type ConversationFeature, handleOperation } from "../../core/conversation.ts";
import { assertAllowed } from "../../core/log/outcomes.ts";
import { handle } from "../../core/rpc.ts";
import { updateGroup } from "../../directory/groups.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { GroupStatus } from "../../protocol/group-model.ts";
import { write } from "./book.ts";
import { BookStore } from "./book-store.ts";
import {
  cardOfLink,
  foundGroup,
  groupFacts,
  groupOperation,
  listApplications,
  listBans,
  listLinks,
  listMembers,
  withdrawApplication,
} from "./calls.ts";
import { assertMay, factsOf, pageByTime, pageOfMembers } from "./members.ts";
import type { GroupChanges, GroupOperation } from "./operation.ts";
import { plan, planWithdrawal, updateOf } from "./operations.ts";
import type { GroupPlan } from "./plans.ts";
import { type Welcomes, welcomesOf } from "./welcomes.ts";

/** Groups in a Conversation: creating and changing them, and their members. */
export function groups({ env, conversation, store, card, now, changed }: ConversationContext) {
  const book = new BookStore(store);

  /** D1 keeps when anything of a group was last changed, too. */
  async function updateNames(changes: Readonly<Record<string, string>>): Promise<void> {
    if (conversation.ref.type === 1) return;
    await card.learn(updateGroup(env.DB, conversation.ref.group_id, changes, now()));
  }

  /** Asks the users whom an allowed invitation would bring in. */
  async function askInvited(operation: GroupOperation, callerId: string): Promise<Welcomes | undefined> {
    if (operation.type !== "invite") return undefined;
    const { user_ids, unknown } = operation;
    const strangers = user_ids.filter((id) => !unknown.includes(id) && !conversation.isActiveMember(id));
    return await welcomesOf(env, callerId, strangers);
  }

  /**
   * What is left of an update once D1 has the new name or picture. Members are told of these even if the operator's
   * role changed meanwhile; texts and switches then stay as they are. A dismissed group has no more messages.
   */
  function updateNow(operation: GroupChanges, userId: string): GroupChanges {
    const isNamed = Object.keys(operation.changes).length > 0;
    const isDismissed = conversation.room.row?.status === GroupStatus.DISMISSED;
    if (isDismissed || !isNamed) assertMay(conversation, "update", userId);
    return conversation.access.permit("update", userId) === Code.OK ? operation : { changes: operation.changes };
  }

  function carryOut({ book: changes, ...planned }: GroupPlan, userId: string) {
    if (!changes) return conversation.carryOut(planned, userId);
    const writing = () => conversation.room.switches.putWaiting(write(book, changes, now()));
    return conversation.carryOut({ ...planned, write: writing }, userId);
  }

  return {
    calls: [
      handle(foundGroup, ({ owner_id, member_ids, invited_ids = [], card: named }) => {
        if (!conversation.create(owner_id, member_ids, invited_ids)) return;
        card.put(named);
        changed(invited_ids);
      }),
      handle(groupFacts, (viewer) => factsOf(conversation, store, { book, viewer })),
      handle(cardOfLink, ({ code }) => {
        const isDismissed = conversation.room.row?.status !== GroupStatus.NORMAL;
        if (isDismissed || !book.link(code, now())) throw new NexoError(Code.LINK_INVALID);
        return { member_count: conversation.memberCount };
      }),
      handle(listApplications, ({ user_id, cursor, limit }) => {
        assertMay(conversation, "answer_application", user_id);
        return pageByTime(cursor, limit, "applied_at", (after, most) => book.applications(after, most, now()));
      }),
      handle(listBans, ({ user_id, cursor, limit }) => {
        assertMay(conversation, "ban", user_id);
        return pageByTime(cursor, limit, "banned_at", (before, most) => book.bans(before, most, now()));
      }),
      handle(listLinks, ({ user_id }) => {
        assertMay(conversation, "link", user_id);
        return book.links(now());
      }),
      handle(listMembers, (asked) => pageOfMembers(conversation, store, asked)),
    ],
    operations: [
      handleOperation(
        groupOperation,
        (asked, call, welcomes: Welcomes = new Map()) => {
          const { user_id } = call;
          const operation = asked.type === "invite" ? { ...asked, welcomes } : asked;
          if (operation.type === "update") return carryOut(updateOf(user_id, updateNow(operation, user_id)), user_id);
          const decided = plan(operation, conversation.room.view(), user_id, now(), book);
          if (decided.notice || decided.book) assertAllowed(call);
          return carryOut(decided, user_id);
        },
        async (operation, call) => {
          if (operation.type === "update") {
            assertMay(conversation, "update", call.user_id);
            if (updateOf(call.user_id, operation).notice) {
              assertAllowed(call);
              await updateNames(operation.changes);
            }
          }
          const code = conversation.access.permit(operation.type, call.user_id);
          if (code !== Code.OK && code !== Code.WAITS) return undefined;
          const welcomes = await askInvited(operation, call.user_id);
          await card.load();
          return welcomes;
        },
      ),
      handleOperation(withdrawApplication, (_, { user_id }) => {
        if (!conversation.isBorn) return { results: [], read_seq: 0, departed: [] };
        return carryOut(planWithdrawal(conversation.room.view(), user_id, book, now()), user_id);
      }),
    ],
  } satisfies ConversationFeature;
}
