import { inFlight, rateOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, measuresOf } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Pair, type Server, withPair } from "../servers.ts";

const IN_FLIGHT = 64;
const PAIRS = 25;
/** For each of the fifty users; 400 in all. */
const IN_FLIGHT_EACH = 8;
const NAMES = ["conversation_socket_sends", "user_socket_sends", "many_users_sends", "rest_sends"];
const UNIT = { unit: "sends/s", better: "higher" } as const;

/** How many sends are answered in a second, on each path. */
export const sends: Family = {
  names: NAMES,
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const names = Array.from({ length: 2 * PAIRS }, (_, index) => `user-${index}`);
      const people = await seedPeople(pair.ours, names);
      await acquaint(pair, people, context.random);
      return [
        ...(await conversationSocket(context, pair, people)),
        ...(await userSocket(context, pair, people)),
        ...(await manyUsers(context, pair, people)),
        ...(await rest(context, pair, people)),
      ];
    }),
};

/** Creates the chats before anything is measured. */
async function acquaint({ ours }: Pair, people: readonly Person[], random: () => number): Promise<void> {
  for (const { me, peer } of couples(people)) {
    const { api, close } = apiOf(ours, me.token);
    await api.msg.send(texts({ recv_id: peer.id }, random)());
    close();
  }
}

/** Pairs of neighbours, with each user once as "me". */
function couples(people: readonly Person[]): { me: Person; peer: Person; chat: number }[] {
  return people.flatMap((me, index) => {
    const peer = people[index ^ 1];
    return peer ? [{ me, peer, chat: index >> 1 }] : [];
  });
}

function first(people: readonly Person[]): { me: Person; peer: Person } {
  const [me, peer] = people;
  if (!me || !peer) throw new Error("there are no peers");
  return { me, peer };
}

async function conversationSocket(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const mine = await Peer.open(ours.url, `/ws?conversation_id=si_${me.id}:${peer.id}`, me.token);
  const bare = await Peer.open(floor.url, "/rows?name=one");
  return oneSocket(context, { name: "conversation_socket_sends", mine, bare, to: peer });
}

async function userSocket(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const mine = await Peer.open(ours.url, "/ws", me.token);
  const bare = await Peer.open(floor.url, "/user?name=one&room=hop");
  return oneSocket(context, { name: "user_socket_sends", mine, bare, to: peer });
}

async function oneSocket(
  context: Context,
  { name, mine, bare, to }: { name: string; mine: Peer; bare: Peer; to: Person },
) {
  const next = texts({ recv_id: to.id }, context.random);
  const send = (peer: Peer) => async () => ({
    [name]: await rateOf(inFlight(IN_FLIGHT, peer, next), context.milliseconds),
  });
  const sides = await interleave(context, name, send(mine), send(bare));
  await Promise.all([mine.close(), bare.close()]);
  return measuresOf(sides, { [name]: { ...UNIT, target: 1.5 } });
}

async function manyUsers(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const all = couples(people).map((couple) => ({
    ...couple,
    next: texts({ recv_id: couple.peer.id }, context.random),
  }));
  const mine = await Promise.all(
    all.map(async ({ me, next }) => ({ peer: await Peer.open(ours.url, "/ws", me.token), next })),
  );
  const bare = await Promise.all(
    all.map(async ({ me, chat, next }) => ({
      peer: await Peer.open(floor.url, `/user?name=${me.id}&room=chat-${chat}`),
      next,
    })),
  );
  const name = "many_users_sends";
  const send = (side: typeof mine) => async () => {
    const lanes = side.flatMap(({ peer, next }) => inFlight(IN_FLIGHT_EACH, peer, next));
    return { [name]: await rateOf(lanes, context.milliseconds) };
  };
  const sides = await interleave(context, name, send(mine), send(bare));
  await Promise.all([...mine, ...bare].map(({ peer }) => peer.close()));
  return measuresOf(sides, { [name]: { ...UNIT, target: 0.8 } });
}

async function rest(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const next = texts({ recv_id: peer.id }, context.random);
  const name = "rest_sends";
  const send = (server: Server, token?: string) => {
    const clients = Array.from({ length: IN_FLIGHT }, () => apiOf(server, token));
    const lanes = clients.map(
      ({ api }) =>
        () =>
          api.msg.send(next()),
    );
    const measure = async () => ({ [name]: await rateOf(lanes, context.milliseconds) });
    return { measure, close: () => clients.map(({ close }) => close()) };
  };
  const mine = send(ours, me.token);
  const bare = send(floor);
  const sides = await interleave(context, name, mine.measure, bare.measure);
  mine.close();
  bare.close();
  return measuresOf(sides, { [name]: { ...UNIT, target: 0.6 } });
}
