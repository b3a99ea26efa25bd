import type { Api } from "../../src/client/index.ts";
import { Connection } from "../client/connection.ts";
import { fillChat } from "../client/fill.ts";
import { rateOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { type Context, type Family, interleave, measuresOf, pause } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Pair, type Server, withPair } from "../servers.ts";

const MESSAGES = 100_000;
const CONVERSATIONS = 2_000;
const CONNECTIONS = 8;
const CHAT = "si_alice:peer-0";
const UNIT = { unit: "requests/s", better: "higher" } as const;

/** Pulls at both ends of a long history, a page of a long list, and a short sync. All by REST. */
export const reads: Family = {
  names: ["pull_head", "pull_tail", "list", "sync"],
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const peers = Array.from({ length: CONVERSATIONS }, (_, index) => `peer-${index}`);
      const [me] = await seedPeople(pair.ours, ["alice", ...peers], ["alice"]);
      if (!me) throw new Error("there are no peers");
      await fillFloor(pair, peers);
      await fillList(context, pair, me, peers);
      // The list has made the chat with the first message.
      await fillChat(context, pair.ours, me, { recv_id: "peer-0", messages: MESSAGES - 1 });
      // Waits until the peers' inboxes are updated and the objects are idle.
      await pause(8_000);
      return [
        ...(await one(context, pair, me, { name: "pull_head", target: 0.6, ...both(pullFrom(1)) })),
        ...(await one(context, pair, me, { name: "pull_tail", target: 0.6, ...both(pullFrom(MESSAGES - 99)) })),
        ...(await one(context, pair, me, { name: "list", target: 0.5, ...both(list) })),
        ...(await one(context, pair, me, { name: "sync", target: 0.5, ...(await tenChanges(context, pair, me)) })),
      ];
    }),
};

type Read = (api: Api) => Promise<unknown>;

const both = (read: Read) => ({ mine: read, bare: read });
const list: Read = (api) => api.conversation.list({ limit: 20 });
const pullFrom =
  (from: number): Read =>
  (api) =>
    api.msg.pull({ conversation_id: CHAT, begin_seq: from, end_seq: from + 99, limit: 100 });

async function fillFloor({ floor }: Pair, peers: readonly string[]): Promise<void> {
  const content = JSON.stringify({ text: "x".repeat(100) });
  const query = "CREATE TABLE users (user_id TEXT PRIMARY KEY, nickname TEXT, avatar TEXT)";
  const insert = "INSERT INTO users SELECT value, 'Nickname ' || value, '' FROM json_each(?)";
  await floor.sql([
    { query, params: [] },
    { query: insert, params: [JSON.stringify(peers)] },
  ]);
  const connection = new Connection(floor.url);
  const fill = (path: string, body: string) =>
    connection.fetch(floor.url.origin + path, { method: "POST", headers: {}, body });
  await fill(`/fill-messages?count=${MESSAGES}`, content);
  const preview = JSON.stringify({ server_msg_id: 5_000_000_000_000, seq: 1, content: JSON.parse(content) });
  await fill("/fill-list", JSON.stringify({ ids: peers, preview }));
  connection.close();
}

async function fillList(context: Context, { ours }: Pair, me: Person, peers: readonly string[]): Promise<void> {
  const queue = [...peers];
  let made = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const { api, close } = apiOf(ours, me.token);
      for (let peer = queue.pop(); peer !== undefined; peer = queue.pop()) {
        await api.msg.send(texts({ recv_id: peer }, context.random)());
        if (++made % 500 === 0) context.progress(`reads: ${made} conversations`);
      }
      close();
    }),
  );
}

/** Asks for the last ten changes, on both sides. */
async function tenChanges(context: Context, { ours }: Pair, me: Person): Promise<{ mine: Read; bare: Read }> {
  const { api, close } = apiOf(ours, me.token);
  for (let peer = 1; peer <= 10; peer++) await api.msg.send(texts({ recv_id: `peer-${peer}` }, context.random)());
  const { cursor } = await api.sync({ since: 0, limit: 1 });
  const since = cursor - 10;
  const { conversations } = await api.sync({ since, limit: 10 });
  close();
  if (conversations.length !== 10) throw new Error(`${conversations.length} conversations changed`);
  return {
    mine: (client) => client.sync({ since, limit: 10 }),
    bare: (client) => client.sync({ since: CONVERSATIONS - 10 + 999, limit: 10 }),
  };
}

async function one(
  context: Context,
  { ours, floor }: Pair,
  me: Person,
  { name, target, mine, bare }: { name: string; target: number; mine: Read; bare: Read },
) {
  const reader = (server: Server, read: Read, token?: string) => {
    const clients = Array.from({ length: CONNECTIONS }, () => apiOf(server, token));
    const lanes = clients.map(
      ({ api }) =>
        () =>
          read(api),
    );
    const measure = async () => ({ [name]: await rateOf(lanes, context.milliseconds) });
    return { measure, close: () => clients.map(({ close }) => close()) };
  };
  const [a, b] = [reader(ours, mine, me.token), reader(floor, bare)];
  const sides = await interleave(context, name, a.measure, b.measure);
  a.close();
  b.close();
  return measuresOf(sides, { [name]: { ...UNIT, target } });
}
