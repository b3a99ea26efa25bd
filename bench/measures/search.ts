import { fillChat } from "../client/fill.ts";
import { percentile, timesOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Family, interleave, measuresOf } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";

const CHAT = "si_alice:bob";
const MESSAGES = 100_000;
const SENDS = { usual: 600, quick: 200 };
const TEXTS = [
  "今天下午三点在会议室讨论发布计划，请大家提前看一下文档",
  "The build is green again, we can ship the release this evening",
  "明日の打ち合わせは十時からです。資料を送ります",
  "لنلتقي غدا في المكتب الساعة العاشرة صباحا",
  "Lunch at noon? 🍜 The usual place, or the new one by the river",
];
/** Found nowhere, so that every request reads as many messages as it may. */
const WANTED = "不存在的词";

/**
 * Single sends while somebody searches 100,000 messages of the same conversation without end, beside the same sends
 * without a search on the same server, which stand for the floor. [SEARCH-1]
 */
export const searching: Family = {
  names: ["send_while_searched", "send_while_searched_p99"],
  run: (context) =>
    withPair(context.builds, async ({ ours }) => {
      const [me, peer] = await seedPeople(ours, ["alice", "bob"]);
      if (!me || !peer) throw new Error("there are no peers");
      const text = (number: number) => TEXTS[number % TEXTS.length] ?? "";
      await fillChat(context, ours, me, { recv_id: peer.id, messages: MESSAGES, text });
      const socket = await Peer.open(ours.url, `/ws?conversation_id=${CHAT}`, me.token);
      const next = texts({ recv_id: peer.id }, context.random);
      const count = context.rounds > 2 ? SENDS.usual : SENDS.quick;
      const sends = async () => {
        const times = await timesOf(() => socket.send(next()), count);
        return { send_while_searched: percentile(times, 0.5), send_while_searched_p99: percentile(times, 0.99) };
      };
      const searched = async () => {
        const stop = search(ours, peer);
        try {
          return await sends();
        } finally {
          await stop();
        }
      };
      const sides = await interleave(context, "send_while_searched", searched, sends);
      await socket.close();
      return measuresOf(sides, {
        send_while_searched: { unit: "ms", better: "lower" },
        send_while_searched_p99: { unit: "ms", better: "lower", target: 0.5 },
      });
    }),
};

/** Searches page after page. @returns what ends it */
function search(server: Server, { token }: Person): () => Promise<void> {
  let isOver = false;
  const { api, close } = apiOf(server, token);
  const run = async () => {
    let cursor = "";
    while (!isOver) {
      const found = await api.msg.search({ conversation_id: CHAT, q: WANTED, ...(cursor !== "" && { cursor }) });
      cursor = found.next;
    }
    close();
  };
  const running = run();
  return async () => {
    isOver = true;
    await running;
  };
}
