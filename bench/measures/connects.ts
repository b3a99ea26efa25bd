import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { rateOf } from "../client/load.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, type Measure, measuresOf, pause } from "../runner.ts";
import { type Person, seedPeople } from "../seed.ts";
import { type Server, startFloor, startOurs, withPair } from "../servers.ts";

const USERS = 200;
const AT_ONCE = 32;
const IDLE = 5_000;
/** Idle objects leave memory after ten seconds. */
const REST = 15_000;
/** Objects that are awake together: each has four open files for its SQLite, and many machines allow 20,000. */
const WAVE = 1_500;

/** How fast sockets open, with the login checked. */
export const connects: Family = {
  names: ["connects"],
  run: (context) =>
    withPair(context.builds, async ({ ours, floor }) => {
      const people = await seedPeople(
        ours,
        Array.from({ length: USERS }, (_, index) => `u${index}`),
      );
      const mine = () => connectsFor(context, people, (person) => Peer.open(ours.url, "/ws", person.token));
      const bare = () => connectsFor(context, people, ({ id }) => Peer.open(floor.url, `/user?name=${id}`));
      const sides = await interleave(context, "connects", mine, bare);
      return measuresOf(sides, { connects: { unit: "connects/s", better: "higher", target: 0.5 } });
    }),
};

async function connectsFor(
  { milliseconds }: Context,
  people: readonly Person[],
  open: (person: Person) => Promise<Peer>,
): Promise<Record<string, number>> {
  const peers: Peer[] = [];
  let next = 0;
  const lane = async () => {
    const person = people[next++ % people.length];
    if (person) peers.push(await open(person));
  };
  const connects = await rateOf(
    Array.from({ length: AT_ONCE }, () => lane),
    milliseconds / 2,
  );
  await Promise.all(peers.map((peer) => peer.close()));
  return { connects };
}

/** The memory of an idle user's socket. Each side starts with a new process, so that no free memory hides it. */
export const memory: Family = {
  names: ["idle_memory"],
  run: async (context) => {
    const names = Array.from({ length: IDLE }, (_, index) => `u${index}`);
    const folder = await mkdtemp(join(context.builds.folder, "memory-"));
    context.progress(`idle_memory: ${IDLE} logins`);
    const seeding = await startOurs(context.builds, folder);
    const people = await seedPeople(seeding, names);
    await seeding.stop();
    const ours = await idle(context, "ours", await startOurs(context.builds, folder), (server, index) => {
      const person = people[index];
      if (!person) throw new Error("there are no peers");
      return Peer.open(server.url, "/ws", person.token);
    });
    const bare = await startFloor(context.builds, join(folder, "floor"));
    const floor = await idle(context, "floor", bare, (server, index) =>
      Peer.open(server.url, `/user?name=${names[index]}`),
    );
    await rm(folder, { recursive: true, force: true });
    const measure: Measure = { name: "idle_memory", unit: "KB", value: ours, floor, better: "lower", target: 0.65 };
    return [measure];
  },
};

/** @returns the KB of resident memory that each socket adds. */
async function idle(
  { progress }: Context,
  label: string,
  server: Server,
  open: (server: Server, index: number) => Promise<Peer>,
): Promise<number> {
  const peers: Peer[] = [];
  try {
    // The first socket loads code that all share.
    await (await open(server, 0)).close();
    const before = server.memory();
    for (let start = 0; start < IDLE; start += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, IDLE - start) }, (_, index) => start + index);
      for (let from = 0; from < wave.length; from += AT_ONCE) {
        peers.push(...(await Promise.all(wave.slice(from, from + AT_ONCE).map((index) => open(server, index)))));
      }
      progress(`idle_memory, ${label}: ${peers.length} sockets`);
      await pause(REST);
    }
    const after = server.memory();
    return (after - before) / 1_024 / IDLE;
  } finally {
    await server.stop();
    await Promise.all(peers.map((peer) => peer.close()));
  }
}
