import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Quota } from "../../core/rates/quota.ts";
import { tooMany } from "../../core/rates/rates.ts";
import { handleRequest } from "../../core/rpc.ts";
import { admitReport } from "./calls.ts";

/** Each report is up to 100 KB in D1, and work for a person. */
const REPORTS = { most: 30, window: 86_400_000 };

/** Bounds the reports of a user. D1 keeps them. */
export function reports({ store }: InboxContext) {
  return {
    requests: [
      handleRequest(admitReport, Cost.WRITES, () => {
        const quota = new Quota(store, "reports", REPORTS);
        const now = Date.now();
        if (!quota.take(1, now)) throw tooMany("too many reports today", quota.wait(1, now));
        quota.keep();
      }),
    ],
  } satisfies InboxFeature;
}
