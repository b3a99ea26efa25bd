import type { D1Migration } from "@cloudflare/vitest-pool-workers";
import type { Conversation } from "../../../src/conversation/conversation.ts";
import type { Env as WorkerEnv } from "../../../src/env.ts";
import type { Inbox } from "../../../src/inbox/inbox.ts";

declare global {
  namespace Cloudflare {
    interface Env extends Omit<WorkerEnv, "CONVERSATION" | "INBOX"> {
      readonly CONVERSATION: DurableObjectNamespace<Conversation>;
      readonly INBOX: DurableObjectNamespace<Inbox>;
      readonly TEST_MIGRATIONS: D1Migration[];
    }
    interface GlobalProps {
      mainModule: typeof import("../../../src/index.ts");
      durableNamespaces: "Conversation" | "Inbox";
    }
  }
}
