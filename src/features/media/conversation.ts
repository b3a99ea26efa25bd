import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { isActive } from "../../core/member.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { adoptAvatar, keptMedia, knownSend, mayUpload } from "./calls.ts";
import { MediaReferences } from "./references.ts";
import { ReferenceStore } from "./references-store.ts";

/** The files of a Conversation's messages. */
export function media(context: ConversationContext): ConversationFeature {
  const { env, conversation, store, flush } = context;
  const rows = new ReferenceStore(store);
  // Without the bucket, addresses of files are like any other address.
  if (!env.MEDIA) return {};
  const references = new MediaReferences({ ...context, bucket: env.MEDIA }, rows);

  function assertMember(userId: string): void {
    const { ref, isBorn } = conversation;
    if (!isBorn && ref.type === 1 && ref.users.includes(userId)) return;
    if (!isActive(conversation.member(userId))) throw new NexoError(Code.NO_PERMISSION);
  }

  return {
    messages: {
      refusal: (senderId, send) => references.refusal(senderId, send),
      stored: (message) => references.stored(message),
    },
    replaced: (replaced) => references.replaced(store.message(replaced.seq)?.sender_id ?? "", replaced),
    calls: [
      handle(knownSend, ({ user_id, client_msg_id }) => {
        flush();
        return conversation.isBorn && store.messageByClientId(user_id, client_msg_id) !== undefined;
      }),
      handle(mayUpload, ({ user_id }) => assertMember(user_id)),
      handle(keptMedia, (ids) => {
        flush();
        return references.kept(ids);
      }),
      handle(adoptAvatar, ({ media_id }) => references.adopt(media_id)),
    ],
    // Also in messages that stay without a name: their senders may be seen in the files.
    erased: ({ user_id }) => {
      references.removeAllOf(user_id);
      return true;
    },
    alarm: () => references.alarm(),
  };
}
