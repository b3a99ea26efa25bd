import { Connection } from "../client/http.ts";
import { isAnswer, requestFor } from "../client/load.ts";
import { bodies, frames } from "../client/messages.ts";
import { Wire } from "../client/ws.ts";
import { type Context, type Family, interleave, measuresOf, pause } from "../runner.ts";
import { jsonHeaders, type Person, Rest, seedPeople } from "../seed.ts";
import { type Pair, withPair } from "../servers.ts";
import { bearer } from "./sends.ts";

const MESSAGES = 100_000;
const CONVERSATIONS = 2_000;
const CONNECTIONS = 8;
const UNIT = { unit: "requests/s", better: "higher" } as const;

/** Pulls at both ends of a long history, a page of a long list, a short sync. All by REST. */
export const reads: Family = {
  names: ["pull_head", "pull_tail", "list", "sync"],
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const peers = Array.from({ length: CONVERSATIONS }, (_, index) => `peer-${index}`);
      const [me] = await seedPeople(pair.ours, ["alice", ...peers], ["alice"]);
      if (!me) throw new Error("there is nobody");
      await fillFloor(pair, peers);
      await fillList(context, pair, me, peers);
      await fillHistory(context, pair, me);
      // The inboxes of the peers are told and the objects come to rest.
      await pause(8_000);
      return [
        ...(await one(context, pair, me, "pull_head", pullFrom(1), "/pull?from=1", 0.6)),
        ...(await one(context, pair, me, "pull_tail", pullFrom(MESSAGES - 99), `/pull?from=${MESSAGES - 99}`, 0.6)),
        ...(await one(context, pair, me, "list", "/conversation/list?limit=20", "/list?limit=20", 0.5)),
        ...(await syncs(context, pair, me)),
      ];
    }),
};

const pullFrom = (from: number) =>
  `/msg/pull?conversation_id=si_alice:peer-0&begin_seq=${from}&end_seq=${from + 99}&limit=100`;

async function fillFloor({ floor }: Pair, peers: readonly string[]): Promise<void> {
  const content = JSON.stringify({ text: "x".repeat(100) });
  const query = "CREATE TABLE users (user_id TEXT PRIMARY KEY, nickname TEXT, avatar TEXT)";
  const insert = "INSERT INTO users SELECT value, 'Nickname ' || value, '' FROM json_each(?)";
  await floor.sql([
    { query, params: [] },
    { query: insert, params: [JSON.stringify(peers)] },
  ]);
  const connection = new Connection(floor.url);
  await connection.request("POST", `/fill-messages?count=${MESSAGES}`, "", content);
  const preview = JSON.stringify({ server_msg_id: 5_000_000_000_000, seq: 1, content: JSON.parse(content) });
  await connection.request("POST", "/fill-list", "", JSON.stringify({ ids: peers, preview }));
  connection.close();
}

async function fillList(context: Context, { ours }: Pair, me: Person, peers: readonly string[]): Promise<void> {
  const queue = [...peers];
  let made = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new Rest(ours.url, me.token);
      for (let peer = queue.pop(); peer !== undefined; peer = queue.pop()) {
        const body = bodies({ from: me.id, to: { recv_id: peer } }, context.random)();
        await client.post("/msg/send", JSON.parse(body));
        if (++made % 500 === 0) context.progress(`reads: ${made} conversations`);
      }
      client.close();
    }),
  );
}

/** Sends until the history is long enough. */
async function fillHistory(context: Context, { ours }: Pair, me: Person): Promise<void> {
  const next = frames({ from: me.id, to: { recv_id: "peer-0" } }, context.random);
  const wire = await Wire.open(ours.url, "/ws?conversation_id=si_alice:peer-0", bearer(me));
  let sent = 1;
  let answers = 1;
  const send = () => {
    sent++;
    wire.send(next());
  };
  await new Promise<void>((resolve) => {
    wire.onFrame = (frame) => {
      if (!isAnswer(frame)) return;
      if (++answers % 20_000 === 0) context.progress(`reads: ${answers} messages`);
      if (sent < MESSAGES) send();
      if (answers === MESSAGES) resolve();
    };
    for (let count = 0; count < 512; count++) send();
  });
  await wire.close();
}

async function one(
  context: Context,
  { ours, floor }: Pair,
  me: Person,
  name: string,
  path: string,
  floorPath: string,
  target: number,
) {
  const get = (url: URL, from: string, token?: string) => {
    const connections = Array.from({ length: CONNECTIONS }, () => new Connection(url));
    const headers = jsonHeaders(token);
    return async () => ({
      [name]: await requestFor(connections, (connection) => assertGet(connection, from, headers), context.milliseconds),
    });
  };
  const sides = await interleave(context, name, get(ours.url, path, me.token), get(floor.url, floorPath));
  return measuresOf(sides, { [name]: { ...UNIT, target } });
}

async function assertGet(connection: Connection, path: string, headers: string): Promise<void> {
  const { status, body } = await connection.request("GET", path, headers);
  if (status !== 200) throw new Error(`${path}: ${status} ${body.toString()}`);
}

async function syncs(context: Context, pair: Pair, me: Person) {
  const client = new Rest(pair.ours.url, me.token);
  for (let peer = 1; peer <= 10; peer++) {
    const body = bodies({ from: me.id, to: { recv_id: `peer-${peer}` } }, context.random)();
    await client.post("/msg/send", JSON.parse(body));
  }
  const { cursor } = await client.get<{ cursor: number }>("/sync?since=0&limit=1");
  const { conversations } = await client.get<{ conversations: unknown[] }>(`/sync?since=${cursor - 10}&limit=10`);
  client.close();
  const since = CONVERSATIONS - 10 + 999;
  if (conversations.length !== 10) throw new Error(`${conversations.length} conversations changed`);
  return one(context, pair, me, "sync", `/sync?since=${cursor - 10}&limit=10`, `/sync?since=${since}&limit=10`, 0.5);
}
