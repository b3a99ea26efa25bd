import { Connection } from "../client/http.ts";
import { requestFor, sendFor } from "../client/load.ts";
import { bodies, frames } from "../client/messages.ts";
import { Wire } from "../client/ws.ts";
import { type Context, type Family, interleave, measuresOf } from "../runner.ts";
import { jsonHeaders, type Person, Rest, seedPeople } from "../seed.ts";
import { type Pair, withPair } from "../servers.ts";

const IN_FLIGHT = 64;
const PAIRS = 25;
/** Of each of the fifty; all together 400. */
const IN_FLIGHT_EACH = 8;
const NAMES = ["conversation_socket_sends", "user_socket_sends", "many_users_sends", "rest_sends"];
const UNIT = { unit: "sends/s", better: "higher" } as const;

/** How many sends are answered in a second, by each of the ways a message can take. */
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

/** The chats come into being before anything is measured. */
async function acquaint({ ours }: Pair, people: readonly Person[], random: () => number): Promise<void> {
  for (const { me, peer } of couples(people)) {
    const client = new Rest(ours.url, me.token);
    await client.post("/msg/send", JSON.parse(bodies({ from: me.id, to: { recv_id: peer.id } }, random)()));
    client.close();
  }
}

/** Neighbours by twos, each of them once as "me". */
function couples(people: readonly Person[]): { me: Person; peer: Person; chat: number }[] {
  return people.flatMap((me, index) => {
    const peer = people[index ^ 1];
    return peer ? [{ me, peer, chat: index >> 1 }] : [];
  });
}

function first(people: readonly Person[]): { me: Person; peer: Person } {
  const [me, peer] = people;
  if (!me || !peer) throw new Error("there is nobody");
  return { me, peer };
}

async function conversationSocket(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const next = frames({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const wire = await Wire.open(ours.url, `/ws?conversation_id=si_${me.id}:${peer.id}`, bearer(me));
  const bare = await Wire.open(floor.url, "/rows?name=one");
  const name = "conversation_socket_sends";
  const send = (to: Wire) => async () => ({
    [name]: await sendFor([{ wire: to, next }], IN_FLIGHT, context.milliseconds),
  });
  const sides = await interleave(context, name, send(wire), send(bare));
  await Promise.all([wire.close(), bare.close()]);
  return measuresOf(sides, { [name]: { ...UNIT, target: 1.5 } });
}

async function userSocket(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const next = frames({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const wire = await Wire.open(ours.url, "/ws", bearer(me));
  const bare = await Wire.open(floor.url, "/user?name=one&room=hop");
  const name = "user_socket_sends";
  const send = (to: Wire) => async () => ({
    [name]: await sendFor([{ wire: to, next }], IN_FLIGHT, context.milliseconds),
  });
  const sides = await interleave(context, name, send(wire), send(bare));
  await Promise.all([wire.close(), bare.close()]);
  return measuresOf(sides, { [name]: { ...UNIT, target: 1.5 } });
}

async function manyUsers(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const all = couples(people);
  const next = (me: Person, peer: Person) => frames({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const wires = await Promise.all(
    all.map(async ({ me, peer }) => ({ wire: await Wire.open(ours.url, "/ws", bearer(me)), next: next(me, peer) })),
  );
  const bare = await Promise.all(
    all.map(async ({ me, peer, chat }) => ({
      wire: await Wire.open(floor.url, `/user?name=${me.id}&room=chat-${chat}`),
      next: next(me, peer),
    })),
  );
  const name = "many_users_sends";
  const send = (to: typeof wires) => async () => ({ [name]: await sendFor(to, IN_FLIGHT_EACH, context.milliseconds) });
  const sides = await interleave(context, name, send(wires), send(bare));
  await Promise.all([...wires, ...bare].map(({ wire }) => wire.close()));
  return measuresOf(sides, { [name]: { ...UNIT, target: 0.8 } });
}

async function rest(context: Context, { ours, floor }: Pair, people: readonly Person[]) {
  const { me, peer } = first(people);
  const next = bodies({ from: me.id, to: { recv_id: peer.id } }, context.random);
  const name = "rest_sends";
  const send = (url: URL, path: string, token?: string) => {
    const connections = Array.from({ length: IN_FLIGHT }, () => new Connection(url));
    const headers = jsonHeaders(token);
    const request = async (connection: Connection) => {
      const { status, body } = await connection.request("POST", path, headers, next());
      if (status !== 200) throw new Error(`${status}: ${body.toString()}`);
    };
    const measure = async () => ({ [name]: await requestFor(connections, request, context.milliseconds) });
    return { measure, close: () => connections.map((connection) => connection.close()) };
  };
  const mine = send(ours.url, "/msg/send", me.token);
  const bare = send(floor.url, "/send?name=rest&room=rest");
  const sides = await interleave(context, name, mine.measure, bare.measure);
  mine.close();
  bare.close();
  return measuresOf(sides, { [name]: { ...UNIT, target: 0.6 } });
}

export function bearer(person: Person): Record<string, string> {
  return { Authorization: `Bearer ${person.token}` };
}
