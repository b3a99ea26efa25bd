export { type Answer, Rest, rest } from "./rest.ts";
export { Socket, type SocketOptions } from "./socket.ts";
export type { Frame } from "./tap.ts";
export { upgrade } from "./upgrade.ts";
