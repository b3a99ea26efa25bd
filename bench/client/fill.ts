import { singleConversationId } from "../../src/client/index.ts";
import type { Context } from "../runner.ts";
import { apiOf, type Person } from "../seed.ts";
import type { Server } from "../servers.ts";
import { texts } from "./messages.ts";
import { Peer } from "./peer.ts";

const AT_ONCE = 512;

/** Sends this many messages to a user over one conversation's socket. @param text of each, by its number */
export async function fillChat(
  { random, progress }: Pick<Context, "random" | "progress">,
  server: Server,
  me: Person,
  { recv_id, messages, text }: { recv_id: string; messages: number; text?: (number: number) => string },
): Promise<void> {
  const { api, close } = apiOf(server, me.token);
  const next = texts({ recv_id }, random);
  await api.msg.send(next());
  close();
  const chat = singleConversationId(me.id, recv_id);
  const peer = await Peer.open(server.url, `/ws?conversation_id=${chat}`, me.token);
  let left = messages - 1;
  const lane = async () => {
    while (left-- > 0) {
      const usual = next();
      const { seq } = await peer.send(text ? { ...usual, content: { text: text(left) } } : usual);
      if (seq % 20_000 === 0) progress(`${seq} messages`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await peer.close();
}
