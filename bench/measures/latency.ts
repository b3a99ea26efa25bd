import { percentile, timesOf } from "../client/load.ts";
import { lastSeq, texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, type Measure, measuresOf } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Pair, type Server, withPair } from "../servers.ts";

const PATHS = ["latency_conversation_socket", "latency_user_socket", "latency_rest"];
const UNIT = { unit: "ms", better: "lower" } as const;

/** The latency of a single message: to its answer on each path, and to the push at its receiver. */
export const latency: Family = {
  names: [...PATHS.flatMap((path) => [path, `${path}_p99`]), "push_latency", "push_latency_p99"],
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const [me, peer] = await seedPeople(pair.ours, ["alice", "bob"]);
      if (!me || !peer) throw new Error("there are no peers");
      const { api, close } = apiOf(pair.ours, me.token);
      await api.msg.send(texts({ recv_id: peer.id }, context.random)());
      close();
      return [
        ...(await sockets(context, pair, me, peer)),
        ...(await overRest(context, pair, me, peer)),
        ...(await pushes(context, pair, me, peer)),
      ];
    }),
};

async function sockets(context: Context, { ours, floor }: Pair, me: Person, peer: Person) {
  const ways = [
    {
      name: "latency_conversation_socket",
      mine: await Peer.open(ours.url, "/ws?conversation_id=si_alice:bob", me.token),
      bare: await Peer.open(floor.url, "/rows?name=one"),
    },
    {
      name: "latency_user_socket",
      mine: await Peer.open(ours.url, "/ws", me.token),
      bare: await Peer.open(floor.url, "/user?name=alice&room=hop"),
    },
  ];
  const next = texts({ recv_id: peer.id }, context.random);
  const measures: Measure[] = [];
  for (const { name, mine, bare } of ways) {
    measures.push(
      ...(await compare(context, { name, target: 0.65, mine: () => mine.send(next()), bare: () => bare.send(next()) })),
    );
  }
  await Promise.all(ways.flatMap(({ mine, bare }) => [mine.close(), bare.close()]));
  return measures;
}

async function overRest(context: Context, { ours, floor }: Pair, me: Person, peer: Person) {
  const next = texts({ recv_id: peer.id }, context.random);
  const sender = (server: Server, token?: string) => {
    const { api } = apiOf(server, token);
    return () => api.msg.send(next());
  };
  const mine = sender(ours, me.token);
  return compare(context, { name: "latency_rest", target: 0.65, mine, bare: sender(floor) });
}

async function pushes(context: Context, { ours, floor }: Pair, me: Person, peer: Person) {
  const next = texts({ recv_id: peer.id }, context.random);
  const mine = [await Peer.open(ours.url, "/ws", me.token), await Peer.open(ours.url, "/ws", peer.token)] as const;
  const bare = [
    await Peer.open(floor.url, "/user?name=alice&room=push&tell=bob"),
    await Peer.open(floor.url, "/user?name=bob"),
  ] as const;
  const untilPushed =
    ([from, to]: readonly [Peer, Peer]) =>
    () =>
      new Promise<void>((resolve, reject) => {
        to.pushed = ({ data }) => {
          if (lastSeq(data) > 0) resolve();
        };
        from.send(next()).catch(reject);
      });
  const sides = { name: "push_latency", target: 0.5, mine: untilPushed(mine), bare: untilPushed(bare) };
  const measures = await compare(context, sides);
  await Promise.all([...mine, ...bare].map((end) => end.close()));
  return measures;
}

/** The median of single operations on both sides, and their 99th percentile for information. */
async function compare(
  context: Context,
  { name, target, mine, bare }: { name: string; target: number; mine: Act; bare: Act },
): Promise<Measure[]> {
  const count = Math.round(context.milliseconds / 10);
  const percentiles = (act: Act) => async () => {
    const sorted = await timesOf(act, count);
    return { [name]: percentile(sorted, 0.5), [`${name}_p99`]: percentile(sorted, 0.99) };
  };
  const sides = await interleave(context, name, percentiles(mine), percentiles(bare));
  return measuresOf(sides, { [name]: { ...UNIT, target }, [`${name}_p99`]: UNIT });
}

type Act = () => Promise<unknown>;
