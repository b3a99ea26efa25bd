import { isAnswer, lastSeq } from "../client/load.ts";
import { frames } from "../client/messages.ts";
import { Wire } from "../client/ws.ts";
import { type Context, type Family, interleave, measuresOf } from "../runner.ts";
import { type Person, Rest, seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";
import { bearer } from "./sends.ts";

/** Of few members, so that it is the sockets that are measured; telling many inboxes is the other one's matter. */
const ROOM = { name: "room_fanout", sockets: 500, members: Number(process.env.BENCH_ROOM_MEMBERS ?? 5), burst: 16 };
const INBOX = { name: "inbox_fanout", members: 200, burst: 20 };
const UNIT = { unit: "deliveries/s", better: "higher" } as const;

/** How many messages arrive at sockets in a second, when each goes to many. */
export const fanout: Family = { names: [ROOM.name, INBOX.name], run: measure };

async function measure(context: Context) {
  return [
    ...(await withPair(context.builds, async ({ ours, floor }) => {
      const { people, groupId } = await makeGroup(ours, ROOM.members);
      const mine: Wire[] = [];
      const bare: Wire[] = [];
      for (let index = 0; index < ROOM.sockets; index++) {
        const person = people[index % people.length];
        if (person) mine.push(await Wire.open(ours.url, `/ws?conversation_id=sg_${groupId}`, bearer(person)));
        bare.push(await Wire.open(floor.url, "/fanout?name=room"));
      }
      const next = frames({ from: people[0]?.id ?? "", to: { group_id: groupId } }, context.random);
      return compare(context, ROOM, [mine, bare], next, 0.8);
    })),
    ...(await withPair(context.builds, async ({ ours, floor }) => {
      const { people, groupId } = await makeGroup(ours, INBOX.members);
      const others = people.slice(1).map((person) => person.id);
      const mine = await Promise.all(people.map((person) => Wire.open(ours.url, "/ws", bearer(person))));
      const bare = await Promise.all(
        people.map((person, index) => {
          const tell = index === 0 ? `&tell=${others.join(",")}` : "";
          return Wire.open(floor.url, `/user?name=${person.id}&room=group${tell}`);
        }),
      );
      const next = frames({ from: people[0]?.id ?? "", to: { group_id: groupId } }, context.random);
      return compare(context, INBOX, [mine, bare], next, 2);
    })),
  ];
}

async function makeGroup(ours: Server, size: number): Promise<{ people: Person[]; groupId: string }> {
  const people = await seedPeople(
    ours,
    Array.from({ length: size }, (_, index) => `u${index}`),
  );
  const owner = new Rest(ours.url, people[0]?.token);
  const body = { name: "Group", member_ids: people.map((person) => person.id) };
  const group = await owner.post<{ id: string }>("/group/create", body);
  owner.close();
  return { people, groupId: group.id };
}

async function compare(
  context: Context,
  { name, burst }: { name: string; burst: number },
  [mine, bare]: readonly [readonly Wire[], readonly Wire[]],
  next: () => string,
  target: number,
) {
  const burstsTo = (wires: readonly Wire[]) => async () => ({ [name]: await bursts(wires, next, burst, context) });
  const sides = await interleave(context, name, burstsTo(mine), burstsTo(bare));
  return measuresOf(sides, { [name]: { ...UNIT, target } });
}

/** The first socket sends bursts, the next one when all others have the last message of the one before. */
async function bursts(
  [sender, ...receivers]: readonly Wire[],
  next: () => string,
  burst: number,
  { milliseconds }: Context,
): Promise<number> {
  if (!sender) throw new Error("there is nobody");
  const started = performance.now();
  let deliveries = 0;
  while (performance.now() - started < milliseconds) {
    await oneBurst(sender, receivers, next, burst);
    deliveries += burst * receivers.length;
  }
  return (deliveries / (performance.now() - started)) * 1_000;
}

function oneBurst(sender: Wire, receivers: readonly Wire[], next: () => string, burst: number): Promise<void> {
  return new Promise((resolve) => {
    const newest = new Map<Wire, number>();
    let last = 0;
    let answers = 0;
    // By the highest seq, since the floor's calls may overtake each other.
    const check = () => {
      if (answers < burst) return;
      for (const receiver of receivers) if ((newest.get(receiver) ?? 0) < last) return;
      resolve();
    };
    for (const receiver of receivers) {
      receiver.onFrame = (frame) => {
        const seq = lastSeq(frame);
        if (seq <= (newest.get(receiver) ?? 0)) return;
        newest.set(receiver, seq);
        if (seq >= last) check();
      };
    }
    sender.onFrame = (frame) => {
      if (!isAnswer(frame)) return;
      answers++;
      last = Math.max(last, lastSeq(frame));
      check();
    };
    for (let count = 0; count < burst; count++) sender.send(next());
  });
}
