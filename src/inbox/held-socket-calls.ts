import { HELD_SOCKET_CALLS } from "../core/calls.ts";
import type { InboxContext } from "../core/inbox.ts";
import { type Handler, handle } from "../core/rpc.ts";
import type { HeldSocketRegister } from "./held-sockets.ts";

/** The calls of Conversations about the sockets that they open for this user. */
export function heldSocketCalls(context: InboxContext, register: HeldSocketRegister): readonly Handler[] {
  const { logins, rates, sockets, outbound, socketsChanged } = context;
  return [
    handle(HELD_SOCKET_CALLS.open, async ({ login, conversation_id, socket_id }) => {
      logins.assertLive(login);
      await register.ensureCapacity(sockets);
      // Check again: the login may have ended meanwhile, and its end misses a socket that is recorded later. [LOGIN-5]
      logins.assertLive(login);
      register.takePlace(sockets);
      register.open(login, conversation_id, socket_id);
      socketsChanged();
      return rates.grant(socket_id);
    }),
    handle(HELD_SOCKET_CALLS.renew, ({ login_id, conversation_id, socket_id, unused }) => {
      const { exp } = logins.assertLiveId(login_id, Date.now());
      register.renew(login_id, conversation_id, socket_id);
      return { ...rates.grant(socket_id, unused), exp };
    }),
    handle(HELD_SOCKET_CALLS.closed, ({ socket_id }) => {
      register.closed(socket_id);
      rates.released(socket_id);
      socketsChanged();
    }),
    handle(HELD_SOCKET_CALLS.sendFirst, ({ login_id, conversation_id, send }) => {
      logins.assertLiveId(login_id, Date.now());
      return outbound.send(conversation_id, send);
    }),
  ];
}
