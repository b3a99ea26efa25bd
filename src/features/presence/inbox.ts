import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { hasEnded } from "../../core/list/entry.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { Request } from "../../protocol/frames.ts";
import { askPresence, presenceChanged, presenceFor } from "./calls.ts";
import { Presence } from "./presence.ts";
import { PresenceStore } from "./store.ts";
import { PresenceViewer } from "./viewer.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.PRESENCE>;

/** Presence: of the user for others, and of others for the user. */
export function presence(context: InboxContext) {
  const { store, heldSockets } = context;
  const viewer = new PresenceViewer(context);
  const own = new Presence({ ...context, store: new PresenceStore(store), self: viewer });
  const frames: Frames = {
    [Request.PRESENCE]: async ({ user_ids }, socket) => ({ items: await viewer.ask(user_ids, socket) }),
  };
  return {
    requests: [handleRequest(askPresence, Cost.OWN, ({ user_ids }) => viewer.ask(user_ids, null))],
    calls: [
      handle(presenceFor, async (call) => {
        await heldSockets.checkIfOld();
        return own.seenBy(call);
      }),
      handle(presenceChanged, ({ item, via }) => viewer.changed(item, via)),
    ],
    frames,
    listChanged: (before, entry, lines) => {
      // Every inbox is told of a dismissal, and asks again as a viewer.
      if (hasEnded(entry) && !entry.dismissed) own.left(entry.conversation_id);
      viewer.listChanged(before, entry, lines);
    },
    socketsChanged: () => own.changed(),
    consentChanged: (about) => own.consentChanged(about),
    alarm: () => own.alarm(),
  } satisfies InboxFeature;
}
