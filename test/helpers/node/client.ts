/** The raw client: routes, sockets and refused upgrades. No SDK, since it has to be able to send wrong things. */
export { type Answer, Rest, rest, upgrade } from "./rest.ts";
export { type Frame, Socket, type SocketOptions } from "./socket.ts";
