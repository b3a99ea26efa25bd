import { createApp } from "./app.ts";
import type { Env } from "./env.ts";
import { deliverEvents } from "./features/hooks/consumer.ts";
import { runJobs } from "./features/messages/broadcast.ts";

export { Conversation } from "./conversation/conversation.ts";
export { Inbox } from "./inbox/inbox.ts";

const app = createApp();

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) => app.fetch(request, env, context),
  queue: (batch: MessageBatch<unknown>, env: Env) =>
    batch.queue.endsWith("-jobs") ? runJobs(batch, env) : deliverEvents(batch, env),
};
