import type { SendRequest } from "../../src/client/index.ts";
import { lastSeq, texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, measuresOf } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";

/** Few members, so that the sockets are measured. The other measure covers updates to many inboxes. */
const ROOM = { name: "room_fanout", sockets: 500, members: Number(process.env.BENCH_ROOM_MEMBERS ?? 5), burst: 16 };
const INBOX = { name: "inbox_fanout", members: 200, burst: 20 };
const UNIT = { unit: "deliveries/s", better: "higher" } as const;

/** How many messages arrive at sockets in a second, when each message goes to many. */
export const fanout: Family = { names: [ROOM.name, INBOX.name], run: measure };

async function measure(context: Context) {
  return [
    ...(await withPair(context.builds, async ({ ours, floor }) => {
      const { people, groupId } = await makeGroup(ours, ROOM.members);
      const mine: Peer[] = [];
      const bare: Peer[] = [];
      for (let index = 0; index < ROOM.sockets; index++) {
        const person = people[index % people.length];
        if (person) mine.push(await Peer.open(ours.url, `/ws?conversation_id=sg_${groupId}`, person.token));
        bare.push(await Peer.open(floor.url, "/fanout?name=room"));
      }
      const next = texts({ group_id: groupId }, context.random);
      return compare(context, ROOM, [mine, bare], next, 0.8);
    })),
    ...(await withPair(context.builds, async ({ ours, floor }) => {
      const { people, groupId } = await makeGroup(ours, INBOX.members);
      const others = people.slice(1).map((person) => person.id);
      const mine = await Promise.all(people.map((person) => Peer.open(ours.url, "/ws", person.token)));
      const bare = await Promise.all(
        people.map((person, index) => {
          const tell = index === 0 ? `&tell=${others.join(",")}` : "";
          return Peer.open(floor.url, `/user?name=${person.id}&room=group${tell}`);
        }),
      );
      const next = texts({ group_id: groupId }, context.random);
      return compare(context, INBOX, [mine, bare], next, 2);
    })),
  ];
}

async function makeGroup(ours: Server, size: number): Promise<{ people: Person[]; groupId: string }> {
  const people = await seedPeople(
    ours,
    Array.from({ length: size }, (_, index) => `u${index}`),
  );
  const { api, close } = apiOf(ours, people[0]?.token);
  const group = await api.group.create({ name: "Group", member_ids: people.map((person) => person.id) });
  close();
  return { people, groupId: group.id };
}

async function compare(
  context: Context,
  { name, burst }: { name: string; burst: number },
  [mine, bare]: readonly [readonly Peer[], readonly Peer[]],
  next: () => SendRequest,
  target: number,
) {
  const burstsTo = (wires: readonly Peer[]) => async () => ({ [name]: await bursts(wires, next, burst, context) });
  const sides = await interleave(context, name, burstsTo(mine), burstsTo(bare));
  return measuresOf(sides, { [name]: { ...UNIT, target } });
}

/** The first socket sends bursts. It sends the next burst when all others have the last message of the one before. */
export async function bursts(
  [sender, ...receivers]: readonly Peer[],
  next: () => SendRequest,
  burst: number,
  { milliseconds }: Context,
): Promise<number> {
  if (!sender) throw new Error("there are no peers");
  const started = performance.now();
  let deliveries = 0;
  while (performance.now() - started < milliseconds) {
    await oneBurst(sender, receivers, next, burst);
    deliveries += burst * receivers.length;
  }
  return (deliveries / (performance.now() - started)) * 1_000;
}

/** Resolves once all texts of a burst are answered, and all others have the last one. */
export async function oneBurst(
  sender: Peer,
  receivers: readonly Peer[],
  next: () => SendRequest,
  burst: number,
): Promise<void> {
  // Compares the highest seq, since the floor's calls may overtake each other.
  let last = Number.POSITIVE_INFINITY;
  const newest = new Map<Peer, number>();
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const check = () => {
    for (const receiver of receivers) if ((newest.get(receiver) ?? 0) < last) return;
    resolve();
  };
  for (const receiver of receivers) {
    receiver.pushed = ({ data }) => {
      const seq = lastSeq(data);
      if (seq <= (newest.get(receiver) ?? 0)) return;
      newest.set(receiver, seq);
      if (seq >= last) check();
    };
  }
  const answers = await Promise.all(Array.from({ length: burst }, () => sender.send(next())));
  last = Math.max(...answers.map(({ seq }) => seq));
  check();
  await arrived;
}
