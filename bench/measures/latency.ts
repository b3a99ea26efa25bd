import { Connection } from "../client/http.ts";
import { lastSeq, percentile, sendLone } from "../client/load.ts";
import { bodies, frames } from "../client/messages.ts";
import { Wire } from "../client/ws.ts";
import { type Context, type Family, interleave, type Measure, measuresOf, pause } from "../runner.ts";
import { jsonHeaders, type Person, Rest, seedPeople } from "../seed.ts";
import { type Pair, withPair } from "../servers.ts";
import { bearer } from "./sends.ts";

const PATHS = ["latency_conversation_socket", "latency_user_socket", "latency_rest"];
const UNIT = { unit: "ms", better: "lower" } as const;

/** How long a lone message takes: to its answer on each path, and to the push at its receiver. */
export const latency: Family = {
  names: [...PATHS.flatMap((path) => [path, `${path}_p99`]), "push_latency", "push_latency_p99"],
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const [me, peer] = await seedPeople(pair.ours, ["alice", "bob"]);
      if (!me || !peer) throw new Error("there is nobody");
      const rest = new Rest(pair.ours.url, me.token);
      await rest.post("/msg/send", JSON.parse(bodies({ from: me.id, to: { recv_id: peer.id } }, context.random)()));
      rest.close();
      const count = Math.round(context.milliseconds / 10);
      return [
        ...(await sockets(context, pair, { me, peer, count })),
        ...(await overRest(context, pair, { me, peer, count })),
        ...(await pushes(context, pair, { me, peer, count })),
      ];
    }),
};

interface Who {
  readonly me: Person;
  readonly peer: Person;
  readonly count: number;
}

function summary(name: string, sorted: readonly number[]): Record<string, number> {
  return { [name]: percentile(sorted, 0.5), [`${name}_p99`]: percentile(sorted, 0.99) };
}

function rows(name: string, target: number) {
  return { [name]: { ...UNIT, target }, [`${name}_p99`]: UNIT };
}

async function sockets(context: Context, { ours, floor }: Pair, { me, peer, count }: Who) {
  const next = frames({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const ways = [
    {
      name: "latency_conversation_socket",
      wire: await Wire.open(ours.url, "/ws?conversation_id=si_alice:bob", bearer(me)),
      bare: await Wire.open(floor.url, "/rows?name=one"),
    },
    {
      name: "latency_user_socket",
      wire: await Wire.open(ours.url, "/ws", bearer(me)),
      bare: await Wire.open(floor.url, "/user?name=alice&room=hop"),
    },
  ];
  const measures: Measure[] = [];
  for (const { name, wire, bare } of ways) {
    const send = (to: Wire) => async () => summary(name, await sendLone(to, next, count));
    measures.push(...measuresOf(await interleave(context, name, send(wire), send(bare)), rows(name, 0.65)));
  }
  await Promise.all(ways.flatMap(({ wire, bare }) => [wire.close(), bare.close()]));
  return measures;
}

async function overRest(context: Context, { ours, floor }: Pair, { me, peer, count }: Who) {
  const next = bodies({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const name = "latency_rest";
  const send = (url: URL, path: string, token?: string) => {
    const connection = new Connection(url);
    const headers = jsonHeaders(token);
    return async () => {
      const times: number[] = [];
      for (let index = 0; index < count; index++) {
        const started = performance.now();
        const { status } = await connection.request("POST", path, headers, next());
        if (status !== 200) throw new Error(`answered ${status}`);
        times.push(performance.now() - started);
        await pause(2);
      }
      return summary(
        name,
        times.sort((a, b) => a - b),
      );
    };
  };
  const mine = send(ours.url, "/msg/send", me.token);
  const sides = await interleave(context, name, mine, send(floor.url, "/send?name=rest&room=rest"));
  return measuresOf(sides, rows(name, 0.65));
}

async function pushes(context: Context, { ours, floor }: Pair, { me, peer, count }: Who) {
  const next = frames({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const name = "push_latency";
  const mine = {
    from: await Wire.open(ours.url, "/ws", bearer(me)),
    to: await Wire.open(ours.url, "/ws", bearer(peer)),
  };
  const bare = {
    from: await Wire.open(floor.url, "/user?name=alice&room=push&tell=bob"),
    to: await Wire.open(floor.url, "/user?name=bob"),
  };
  const send = (way: typeof mine) => async () => {
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      const started = performance.now();
      await new Promise<void>((resolve) => {
        way.to.onFrame = (frame) => lastSeq(frame) > 0 && resolve();
        way.from.send(next());
      });
      times.push(performance.now() - started);
      await pause(2);
    }
    return summary(
      name,
      times.sort((a, b) => a - b),
    );
  };
  const sides = await interleave(context, name, send(mine), send(bare));
  await Promise.all([mine, bare].flatMap(({ from, to }) => [from.close(), to.close()]));
  return measuresOf(sides, rows(name, 0.5));
}
