import type { Welcome } from "../../core/consent.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { mayHaveHappened, reach, settleQuota } from "../../core/rates/charges.ts";
import { Cost } from "../../core/rates/costs.ts";
import { askObject, handle, handleRequest } from "../../core/rpc.ts";
import { type GroupRow, insertGroup } from "../../directory/groups.ts";
import type { Env } from "../../env.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { groupConversationId } from "../../protocol/ids.ts";
import { MemberStatus } from "../../protocol/model.ts";
import { changeGroup, changeGroupFree, createGroup, createGroupFree, foundGroup, groupOperation } from "./calls.ts";
import { chargeFor } from "./charge.ts";
import { expireInvitations } from "./invitations.ts";
import { OwnApplications } from "./own-applications.ts";
import { welcomesOf } from "./welcomes.ts";

/** Groups in an Inbox: creating and changing them. */
export function groups(context: InboxContext) {
  const { list, outbound, rates, create } = context;
  const applications = new OwnApplications(context);
  return {
    requests: [
      handleRequest(createGroup, Cost.WRITES, ({ group, member_ids }) => found(context, group, member_ids)),
      handleRequest(
        changeGroup,
        ({ operation }) => (operation.type === "update" ? Cost.WRITES : Cost.ASKS),
        async ({ conversation_id: id, operation }) => {
          const charged = { operation, conversationId: id, isLarge: list.get(id)?.large ?? false };
          const charge = () => chargeFor(charged, rates, (userId) => outbound.founding.isStranger(userId));
          const operate = async () => (await outbound.operate(id, groupOperation, operation, { charge })).results;
          return operation.type === "join" ? await applications.during(id, operate) : await operate();
        },
      ),
    ],
    calls: [
      handle(createGroupFree, ({ group, member_ids }) => {
        create();
        return foundFree(context, group, member_ids);
      }),
      handle(changeGroupFree, async ({ conversation_id: id, operation }) => {
        const { results } = await outbound.operate(id, groupOperation, operation);
        return results;
      }),
    ],
    listChanged: (before, entry) => {
      expireInvitations(context, [entry]);
      const isInside = entry.status === MemberStatus.NORMAL;
      if (isInside && before?.status !== MemberStatus.NORMAL) applications.entered(entry.conversation_id);
    },
    erasing: () => applications.end(),
    alarm: async () => {
      expireInvitations(context, list.all());
      await applications.alarm();
    },
  } satisfies InboxFeature;
}

/** Creates a group with this user as its owner. A repeat for a group in the list changes nothing. [GROUP-2] */
async function found(context: InboxContext, group: GroupRow, memberIds: readonly string[]): Promise<void> {
  const { env, settings, userId, list, rates, outbound } = context;
  const { founding } = outbound;
  const id = groupConversationId(group.group_id);
  const members = new Set([userId, ...memberIds]);
  if (members.size > settings.MAX_GROUP_MEMBERS) throw new NexoError(Code.GROUP_FULL);
  const isNew = !list.get(id) && !founding.isUnderWay(id);
  const reached = isNew ? [...members].filter((member) => founding.isStranger(member)).length : 0;
  const now = Date.now();
  if (isNew) {
    rates.assertNewGroup(founding.groupsUnderWay);
    reach(rates.strangers, reached, now);
  }
  let unused = 0;
  try {
    await founding.during(id, async () => {
      const { joining, asked } = await firstMembers(env, userId, memberIds);
      await foundFree(context, group, joining, asked);
    });
  } catch (error) {
    if (!mayHaveHappened(error)) unused = reached;
    throw error;
  } finally {
    settleQuota(rates.strangers, reached, unused, now);
  }
}

/** Creates a group without asking the limits of its owner, or its first members. */
async function foundFree(
  context: InboxContext,
  group: GroupRow,
  memberIds: readonly string[],
  invitedIds: readonly string[] = [],
): Promise<void> {
  const { env, userId, inbound } = context;
  const id = groupConversationId(group.group_id);
  // The card is written first: a group exists only once its Conversation does, so nobody sees a failure in between.
  const card = await insertGroup(env.DB, group);
  const found = { owner_id: userId, member_ids: memberIds, invited_ids: invitedIds, card };
  await askObject(env.CONVERSATION.getByName(id), foundGroup, found);
  await inbound.refreshed(id);
}

/** Who joins a new group, and who is asked first. @throws NexoError NOT_ACCEPTED if somebody refuses [PRIV-2] */
async function firstMembers(env: Env, founderId: string, memberIds: readonly string[]) {
  const welcomes = await welcomesOf(env, founderId, memberIds);
  const those = (welcome: Welcome | Code) => memberIds.filter((id) => welcomes.get(id) === welcome);
  const refusing = those("refuses");
  if (refusing.length > 0) {
    throw new NexoError(Code.NOT_ACCEPTED, `member_ids: ${refusing.join(", ")} cannot be added by you`);
  }
  if (those(Code.SHUTTING_DOWN).length > 0) throw new NexoError(Code.SHUTTING_DOWN);
  return { joining: those("joins"), asked: those("is_asked") };
}
