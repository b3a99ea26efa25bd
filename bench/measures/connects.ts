import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Wire } from "../client/ws.ts";
import { type Context, type Family, interleave, type Measure, measuresOf, pause } from "../runner.ts";
import { type Person, seedPeople } from "../seed.ts";
import { type Server, startFloor, startOurs, withPair } from "../servers.ts";
import { bearer } from "./sends.ts";

const USERS = 200;
const AT_ONCE = 32;
const IDLE = 5_000;
/** Objects at rest leave memory after ten seconds. */
const REST = 15_000;

/** How fast sockets open, with the login checked. */
export const connects: Family = {
  names: ["connects"],
  run: (context) =>
    withPair(context.builds, async ({ ours, floor }) => {
      const people = await seedPeople(
        ours,
        Array.from({ length: USERS }, (_, index) => `u${index}`),
      );
      const mine = () => connectsFor(context, people, (person) => Wire.open(ours.url, "/ws", bearer(person)));
      const bare = () => connectsFor(context, people, ({ id }) => Wire.open(floor.url, `/user?name=${id}`));
      const sides = await interleave(context, "connects", mine, bare);
      return measuresOf(sides, { connects: { unit: "connects/s", better: "higher", target: 0.5 } });
    }),
};

async function connectsFor(
  { milliseconds }: Context,
  people: readonly Person[],
  open: (person: Person) => Promise<Wire>,
): Promise<Record<string, number>> {
  const wires: Wire[] = [];
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() - started < milliseconds / 2) {
        const person = people[next++ % people.length];
        if (person) wires.push(await open(person));
      }
    }),
  );
  const rate = (wires.length / (performance.now() - started)) * 1_000;
  await Promise.all(wires.map((wire) => wire.close()));
  return { connects: rate };
}

/** What an idle user's socket takes of memory. Each side starts afresh, so that no free memory hides it. */
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
      if (!person) throw new Error("there is nobody");
      return Wire.open(server.url, "/ws", bearer(person));
    });
    const bare = await startFloor(context.builds, join(folder, "floor"));
    const floor = await idle(context, "floor", bare, (server, index) =>
      Wire.open(server.url, `/user?name=${names[index]}`),
    );
    await rm(folder, { recursive: true, force: true });
    const measure: Measure = { name: "idle_memory", unit: "KB", value: ours, floor, better: "lower", target: 0.65 };
    return [measure];
  },
};

/** @returns KB of resident memory that each of the sockets adds. */
async function idle(
  { progress }: Context,
  label: string,
  server: Server,
  open: (server: Server, index: number) => Promise<Wire>,
): Promise<number> {
  const wires: Wire[] = [];
  try {
    // The first one loads code that all share.
    await (await open(server, 0)).close();
    const before = server.memory();
    for (let start = 0; start < IDLE; start += AT_ONCE) {
      const many = Array.from({ length: Math.min(AT_ONCE, IDLE - start) }, (_, index) => open(server, start + index));
      wires.push(...(await Promise.all(many)));
    }
    const opened = server.memory();
    await pause(REST);
    const after = server.memory();
    const kilobytes = (bytes: number) => (bytes - before) / 1_024 / IDLE;
    progress(
      `idle_memory, ${label}: ${kilobytes(opened).toFixed(1)} KB a socket, at rest ${kilobytes(after).toFixed(1)}`,
    );
    return kilobytes(after);
  } finally {
    await server.stop();
    for (const wire of wires) wire.onClose();
  }
}
