import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { ErasureJob } from "./job.ts";

/** The erasure of the account, once the feature `logins` has begun it. */
export function erasure(context: InboxContext) {
  const job = new ErasureJob(context);
  return {
    listChanged: (_, entry) => job.listChanged(entry),
    alarm: () => job.alarm(),
  } satisfies InboxFeature;
}
