import { type ConversationContext, type ConversationFeature, handleOperation } from "../../core/conversation.ts";
import { assertAllowed } from "../../core/log/outcomes.ts";
import { handle } from "../../core/rpc.ts";
import { updateGroup } from "../../directory/groups.ts";
import { Code } from "../../protocol/codes.ts";
import { GroupStatus } from "../../protocol/model.ts";
import { foundGroup, groupFacts, groupOperation, listMembers } from "./calls.ts";
import { assertMay, factsOf, pageOfMembers } from "./members.ts";
import { type GroupOperation, plan, updateOf } from "./operations.ts";
import { type Welcomes, welcomesOf } from "./welcomes.ts";

/** Groups in a Conversation: creating and changing them, and their members. */
export function groups({ env, conversation, store, card, now, changed }: ConversationContext) {
  async function updateNames(changes: Readonly<Record<string, string>>): Promise<void> {
    if (conversation.ref.type === 1 || Object.keys(changes).length === 0) return;
    await card.learn(updateGroup(env.DB, conversation.ref.group_id, changes, now()));
  }

  /** Asks the users whom an allowed invitation would bring in. */
  async function askInvited(operation: GroupOperation, callerId: string): Promise<Welcomes | undefined> {
    if (operation.type !== "invite") return undefined;
    const { user_ids, unknown } = operation;
    const strangers = user_ids.filter((id) => !unknown.includes(id) && !conversation.isActiveMember(id));
    return await welcomesOf(env, callerId, strangers);
  }

  return {
    calls: [
      handle(foundGroup, ({ owner_id, member_ids, invited_ids = [], card: named }) => {
        if (!conversation.create(owner_id, member_ids, invited_ids)) return;
        card.put(named);
        changed(invited_ids);
      }),
      handle(groupFacts, () => factsOf(conversation, store)),
      handle(listMembers, (asked) => pageOfMembers(conversation, store, asked)),
    ],
    operations: [
      handleOperation(
        groupOperation,
        (asked, call, welcomes: Welcomes = new Map()) => {
          const { user_id } = call;
          const operation = asked.type === "invite" ? { ...asked, welcomes } : asked;
          if (operation.type === "update") {
            // D1 already has the new name or picture. Members are told even if the operator's role changed meanwhile,
            // but a dismissed group has no more messages.
            if (conversation.room.row?.status === GroupStatus.DISMISSED) assertMay(conversation, "update", user_id);
            return conversation.carryOut(updateOf(user_id, operation.changes), user_id);
          }
          const decided = plan(operation, conversation.room.view(), user_id, now());
          if (decided.notice) assertAllowed(call);
          return conversation.carryOut(decided, user_id);
        },
        async (operation, call) => {
          if (operation.type === "update") {
            assertMay(conversation, "update", call.user_id);
            if (Object.keys(operation.changes).length > 0) assertAllowed(call);
            await updateNames(operation.changes);
          }
          if (conversation.access.permit(operation.type, call.user_id) !== Code.OK) return undefined;
          const welcomes = await askInvited(operation, call.user_id);
          await card.load();
          return welcomes;
        },
      ),
    ],
  } satisfies ConversationFeature;
}
