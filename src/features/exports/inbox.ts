import { ACCOUNT_CALLS } from "../../core/accounts.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { ExportJob } from "./job.ts";
import { ExportStore } from "./store.ts";

/** The export of what the user can see and of what is kept of them. Without R2 there is none. */
export function exporting(context: InboxContext): InboxFeature {
  const { env, create } = context;
  const store = new ExportStore(context.store);
  if (!env.MEDIA) return {};
  const job = new ExportJob({ ...context, bucket: env.MEDIA }, store);
  return {
    requests: [handleRequest(ACCOUNT_CALLS.export, Cost.WRITES, (asked) => job.begin(asked?.after))],
    calls: [
      handle(ACCOUNT_CALLS.export, (asked) => {
        create();
        return job.begin(asked?.after);
      }),
    ],
    erasing: () => job.drop(),
    alarm: () => job.alarm(),
  };
}
