import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { beginUpload, endUpload, mayUpload } from "./calls.ts";
import { Collector } from "./collector.ts";
import { Copies } from "./copies.ts";
import { Uploads } from "./uploads.ts";
import { UploadStore } from "./uploads-store.ts";

/** The uploads of an Inbox's user. */
export function media(context: InboxContext): InboxFeature {
  const { env, userId, outbound } = context;
  const rows = new UploadStore(context.store);
  if (!env.MEDIA) return {};
  const uploads = new Uploads(context, rows);
  const collector = new Collector({ ...context, bucket: env.MEDIA }, rows);
  const copies = new Copies({ ...context, bucket: env.MEDIA, uploads });
  return {
    requests: [
      handleRequest(beginUpload, Cost.WRITES, async ({ conversation_id, size }) => {
        if (conversation_id !== "") await outbound.ask(conversation_id, mayUpload, { user_id: userId });
        return uploads.begin(conversation_id, size);
      }),
    ],
    calls: [handle(endUpload, ({ media_id, received }) => uploads.end(media_id, received))],
    forwarding: (conversationId, message) => copies.contentFor(conversationId, message),
    profileChanging: () => collector.profileChanging(),
    erasing: () => collector.collectAll(),
    alarm: () => collector.alarm(),
  };
}
