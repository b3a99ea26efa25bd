import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import { GroupStatus } from "../../protocol/group-model.ts";
import { everMembersAmong, membersAmong } from "./calls.ts";

/** A Conversation vouches for its members. */
export function vouching({ conversation, store }: ConversationContext) {
  return {
    calls: [
      handle(membersAmong, ({ user_id, user_ids }) => {
        const sees = conversation.room.row?.status === GroupStatus.NORMAL && conversation.isActiveMember(user_id);
        return sees ? user_ids.filter((id) => conversation.isActiveMember(id)) : [];
      }),
      handle(everMembersAmong, (userIds) => (conversation.isBorn ? store.members.among(userIds) : [])),
    ],
  } satisfies ConversationFeature;
}
