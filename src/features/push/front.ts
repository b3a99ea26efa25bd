import type { InboxContext } from "../../core/inbox.ts";

/**
 * The platforms on which the user is looking (a platform has one login): those with an open socket that is not in the
 * background. The sockets of conversations cannot say so; they count if the login has no socket of its own. [NOTIFY-2]
 */
export function platformsInFront({ sockets, connections }: Pick<InboxContext, "sockets" | "connections">): Set<number> {
  const own = new Map([...sockets.all()].map(([, state]) => [state.socket_id, state]));
  const open = connections();
  const inFront = new Set<number>();
  const inBackground = new Set<number>();
  for (const { socket_id, platform_id } of open) {
    const state = own.get(socket_id);
    if (state) (state.background ? inBackground : inFront).add(platform_id);
  }
  for (const { socket_id, platform_id } of open) {
    if (!own.has(socket_id) && !inBackground.has(platform_id)) inFront.add(platform_id);
  }
  return inFront;
}
