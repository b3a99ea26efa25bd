import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { handle } from "../../core/rpc.ts";
import { objectReady } from "./calls.ts";

/** An answer from an inbox shows that objects work. */
export function health({ store }: InboxContext) {
  return {
    calls: [
      handle(objectReady, () => {
        store.owner();
      }),
    ],
  } satisfies InboxFeature;
}
