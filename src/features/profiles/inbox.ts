import { ACCOUNT_CALLS } from "../../core/accounts.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Budget } from "../../core/rates/budget.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { singleConversationId } from "../../protocol/ids.ts";
import { ownProfile, peerRenamed } from "./calls.ts";
import { Renames } from "./renames.ts";

/** How often users may hide or show themselves: as a burst, and per second. [HIDE-1] */
const SWITCHES = { perSecond: 1 / 10, burst: 10 };

/** The part of a profile that inboxes handle: whether the user hides, and telling peers about a new name. */
export function profiles(context: InboxContext) {
  const { userId, store, list, inbound, socketsChanged, profileChanging } = context;
  const renames = new Renames(context);
  const switches = new Budget(SWITCHES.perSecond, SWITCHES.burst, Date.now());

  /** @throws NexoError TOO_MANY_REQUESTS when it changes too often */
  function hide(hidden: boolean): void {
    if (store.isHidden() === hidden || !store.migrator.isBorn) return;
    if (switches.take(1, Date.now()) < 1) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, "hidden: was changed too often", 1 / SWITCHES.perSecond);
    }
    store.updateHidden(hidden);
    socketsChanged();
  }

  return {
    requests: [
      handleRequest(
        ownProfile,
        ({ change }) => (change ? Cost.WRITES : Cost.ASKS),
        ({ change }) => {
          if (change?.is_renaming) profileChanging();
          if (change?.hidden !== undefined) hide(change.hidden);
          return { hidden: store.isHidden() };
        },
      ),
    ],
    calls: [
      handle(ACCOUNT_CALLS.renaming, () => profileChanging()),
      handle(peerRenamed, ({ peer_id, card }) => {
        const id = singleConversationId(userId, peer_id);
        inbound.changed(id, list.touch(id), card);
      }),
    ],
    profileChanging: () => renames.changing(),
    exported: () => [{ type: "settings", settings: { hidden: store.isHidden() } }],
    erasing: () => renames.isSettled,
    alarm: () => renames.alarm(),
  } satisfies InboxFeature;
}
