import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { inFlight, percentile, rateOf, timesOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, measuresOf } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Pair, type Server, startFloor, startOurs, withPair } from "../servers.ts";
import { bursts, oneBurst } from "./fanout.ts";

const GROUP = { members: 2_000, attending: 500, burst: 20 };
const FANOUT = "large_group_fanout";
const SEND = "large_group_send";
const LAST = { name: "large_group_last_arrival", texts: 20 };
const ATTEND = { name: "attend", groups: 20, users: 40, atOnce: 8 };
const WAKE = { name: "wake_large_group", members: 10_000, messages: 100_000, batch: 100 };

/** A text in a group of 2,000 to the 500 who are connected: deliveries, the last arrival, and answered sends. */
export const largeGroup: Family = {
  names: [FANOUT, LAST.name, SEND],
  run: (context) =>
    withPair(context.builds, async (pair) => {
      const { mine, bare, next } = await connected(pair, GROUP, context);
      const burstsTo = (peers: readonly Peer[]) => async () => ({
        [FANOUT]: await bursts(peers, next, GROUP.burst, context),
      });
      const fanout = await interleave(context, FANOUT, burstsTo(mine), burstsTo(bare));
      const lastOf = (peers: readonly Peer[]) => async () => ({
        [LAST.name]: percentile(await loneTexts(peers, next, LAST.texts), 0.5),
      });
      const last = await interleave(context, LAST.name, lastOf(mine), lastOf(bare));
      const sendsOf =
        ([peer]: readonly Peer[]) =>
        async () => ({ [SEND]: peer ? await rateOf(inFlight(16, peer, next), context.milliseconds) : 0 });
      const sends = await interleave(context, SEND, sendsOf(mine), sendsOf(bare));
      return [
        ...measuresOf(fanout, { [FANOUT]: { unit: "deliveries/s", better: "higher", target: 1 } }),
        ...measuresOf(last, { [LAST.name]: { unit: "ms", better: "lower", target: 1 } }),
        ...measuresOf(sends, { [SEND]: { unit: "sends/s", better: "higher", target: 1 } }),
      ];
    }),
};

/** A group of which some members have a user's socket, on our server and on the floor. */
async function connected(
  { ours, floor }: Pair,
  { members, attending }: { members: number; attending: number },
  { random }: Context,
) {
  const names = Array.from({ length: members }, (_, index) => `u${index}`);
  const people = await seedPeople(ours, names, names.slice(0, attending));
  const groupId = await makeGroup(ours, people[0], names);
  const mine = await Promise.all(people.map((person) => Peer.open(ours.url, "/ws?since=0", person.token)));
  const others = people.slice(1).map((person) => person.id);
  const bare = await Promise.all(
    people.map(({ id }, index) => {
      const tell = index === 0 ? `&relay=1&tell=${others.join(",")}` : "";
      return Peer.open(floor.url, `/user?name=${id}&room=group${tell}`);
    }),
  );
  return { mine, bare, next: texts({ group_id: groupId }, random) };
}

/** Sends texts one after the other. @returns the times until the answer and until the last of the others has each */
async function loneTexts([sender, ...receivers]: readonly Peer[], next: ReturnType<typeof texts>, count: number) {
  if (!sender) throw new Error("there are no peers");
  return await timesOf(() => oneBurst(sender, receivers, next, 1), count);
}

/** How fast users with 20 large groups connect and have their list. */
export const attend: Family = {
  names: [ATTEND.name],
  run: (context) =>
    withPair(context.builds, async ({ ours, floor }) => {
      const names = Array.from({ length: ATTEND.users }, (_, index) => `u${index}`);
      const people = await seedPeople(ours, names);
      for (let made = 0; made < ATTEND.groups; made++) await makeGroup(ours, people[0], names);
      const mine = async ({ token }: Person) => {
        const peer = await Peer.open(ours.url, "/ws", token);
        await peer.sync();
        void peer.close();
      };
      const bare = ({ id }: Person) => pushed(floor, `/user?name=${id}&ask=${ATTEND.groups}`);
      const rate = (open: (person: Person) => Promise<void>) => async () => {
        let at = 0;
        const lane = async () => {
          const person = people[at++ % people.length];
          if (person) await open(person);
        };
        const lanes = Array.from({ length: ATTEND.atOnce }, () => lane);
        return { [ATTEND.name]: await rateOf(lanes, context.milliseconds) };
      };
      const sides = await interleave(context, ATTEND.name, rate(mine), rate(bare));
      return measuresOf(sides, { [ATTEND.name]: { unit: "connects/s", better: "higher", target: 0.2 } });
    }),
};

/** From a pull to its answer, in a conversation of 10,000 members and 100,000 messages that nobody used since a start. */
export const wakeUp: Family = {
  names: [WAKE.name],
  run: async (context) => {
    const folder = await mkdtemp(join(context.builds.folder, "wake-"));
    const names = Array.from({ length: WAKE.members }, (_, index) => `u${index}`);
    let server = await startOurs(context.builds, join(folder, "ours"));
    const people = await seedPeople(server, names, names.slice(0, 1));
    const groupId = await makeGroup(server, people[0], names.slice(0, 40));
    await fill(server, people, groupId, names, context);
    await server.stop();
    const floor = await startFloor(context.builds, join(folder, "floor"));
    let bareRooms = 0;
    const mine = async () => {
      server = await startOurs(context.builds, join(folder, "ours"));
      const { api, close } = apiOf(server, people[0]?.token);
      // The Worker and the user's inbox start before.
      await api.conversation.list({});
      const took = await millisecondsOf(() =>
        api.msg.pull({ conversation_id: `sg_${groupId}`, begin_seq: 1, limit: 1 }),
      );
      close();
      await server.stop();
      return { [WAKE.name]: took };
    };
    const bare = async () => {
      const path = `/rows?name=cold-${bareRooms++}`;
      const took = await millisecondsOf(async () => {
        void (await Peer.open(floor.url, path)).close();
      });
      return { [WAKE.name]: took };
    };
    const sides = await interleave(context, WAKE.name, mine, bare);
    await floor.stop();
    return measuresOf(sides, { [WAKE.name]: { unit: "ms", better: "lower" } });
  },
};

async function makeGroup(ours: Server, owner: Person | undefined, memberIds: readonly string[]): Promise<string> {
  const { api, close } = apiOf(ours, owner?.token);
  const group = await api.group.create({ name: "Group", member_ids: [...memberIds] });
  close();
  return group.id;
}

/** Invites the members and sends the messages. */
async function fill(
  ours: Server,
  [owner]: readonly Person[],
  groupId: string,
  names: readonly string[],
  { random, progress }: Context,
): Promise<void> {
  const { api, close } = apiOf(ours, owner?.token);
  for (let at = 40; at < names.length; at += WAKE.batch) {
    await api.group.invite({ group_id: groupId, user_ids: names.slice(at, at + WAKE.batch) });
  }
  close();
  progress(`${WAKE.name}: ${names.length} members`);
  const peer = await Peer.open(ours.url, `/ws?conversation_id=sg_${groupId}`, owner?.token);
  const next = texts({ group_id: groupId }, random);
  for (let sent = 0; sent < WAKE.messages; sent += WAKE.batch) {
    await Promise.all(Array.from({ length: WAKE.batch }, () => peer.send(next())));
  }
  await peer.close();
  progress(`${WAKE.name}: ${WAKE.messages} messages`);
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Opens a socket and closes it once the first push has come. How long it takes to end is not measured. */
async function pushed(server: Server, path: string): Promise<void> {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const peer = await Peer.open(server.url, path, undefined, () => resolve());
  await arrived;
  void peer.close();
}
