import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../src/client/index.ts";
import { within } from "../../test/helpers/node/deadline.ts";
import type { Server } from "../../test/helpers/node/server.ts";
import type { Random } from "../../test/simulation/random.ts";
import { offline } from "./actors.ts";
import { type Agreement, look, untilAgreed } from "./agreement.ts";
import { Checks } from "./checks.ts";
import { checkCurrent } from "./current.ts";
import { checkFiles, checkRecords } from "./files.ts";
import { Load } from "./load.ts";
import { type Repeated, repeat } from "./repeats.ts";
import { isOpen, type Sending } from "./sending.ts";
import { checkGiven, readTruth } from "./truth.ts";
import { isOnline } from "./user.ts";
import type { Webhooks } from "./webhooks.ts";
import { shuffled, type World } from "./world.ts";

/** The time in which SDKs must reconnect after a restart and send all their messages. Their longest pause is 60 s. */
const comeback = 75_000;
/**
 * The time after that in which inboxes and SDKs must agree with the conversations. In a single chat that was in use, the
 * alarm that repeats what a crash has interrupted rings after 40 s.
 */
const patience = 45_000;
/** In some rounds no request is sent for this time, and then all must agree: the server's alarms have updated them. */
export const leftAlone = 45_000;

/** The load and its end; times are in milliseconds. */
export type Storm = {
  killedAfter: number;
  restartedAfter: number;
  /** Requests by kind. */
  inFlight: Record<string, number>;
  answered: Record<string, number>;
  sent: number;
  refused: number;
  /**
   * The sends that were not answered when the server was killed. By the end of the round it is known which were stored.
   */
  open: Sending[];
  killedAt: number;
  restartedAt: number;
  /** How many messages were given to SDKs while the server was down. */
  offline: number;
};

/**
 * Milliseconds from the restart until the last woken SDK was online, until the last other SDK was, and until all was
 * sent.
 */
type Comeback = { woken: number; others: number; sent: number; repeated: Repeated };

export type Round = {
  round: number;
  checks: Checks;
  storm?: Storm;
  comeback?: Comeback;
  agreement?: Agreement & { wasLeftAlone: boolean };
};

/** What is killed and checked in every round. */
export interface Stage {
  readonly server: Server;
  /** The folder of the server's state. */
  readonly state: string;
  readonly world: World;
  readonly webhooks: Webhooks;
}

/** Load, kill, restart, and all checks after it. An exception ends the round and counts as a failure. */
export async function playRound(
  { server, state, world, webhooks }: Stage,
  round: number,
  seconds: number,
): Promise<Round> {
  const checks = new Checks();
  const result: Round = { round, checks };
  const random = (what: number) => world.random(round, what);
  try {
    const load = new Load(world, round, checks);
    result.storm = await stormAndKill(server, state, load, seconds, random(7));
    result.comeback = await comeBack(load, random(8));
    const { truths, ...agreement } = await agree(world, random(9), checks);
    result.agreement = agreement;
    await webhooks.check(truths, result.storm.restartedAt, checks);
  } catch (error) {
    const why = error instanceof Error ? error.stack : String(error);
    checks.that("served", false, () => `the round ended by ${why}`);
  }
  checks.that("alarms", !server.logs().includes('"alarm_failed"'), () => "the server's log contains alarm_failed");
  return result;
}

async function stormAndKill(
  server: Server,
  state: string,
  load: Load,
  seconds: number,
  random: Random,
): Promise<Storm> {
  const { world, inFlight, answered } = load;
  const before = world.sendings.length;
  const begun = performance.now();
  load.start();
  const last = random.between(2, 300);
  await sleep(Math.max(0, seconds * 1_000 * (0.2 + 0.8 * random.next()) - last));
  await load.lastMinute(last);
  const killedAfter = performance.now() - begun;
  await load.endBy(() => server.kill9());
  const killedAt = Date.now();
  const sendings = world.sendings.slice(before);
  const storm = {
    killedAfter,
    inFlight,
    answered,
    sent: sendings.filter(({ message }) => message).length,
    refused: sendings.filter(({ refused }) => refused !== undefined).length,
    open: sendings.filter(isOpen),
    killedAt,
  };
  checkRecords(state, load.checks);
  offline(load, random);
  const down = performance.now();
  const restartedAt = Date.now();
  await server.restart();
  const restartedAfter = performance.now() - down;
  const offlineCount = world.sendings.length - before - sendings.length;
  return { ...storm, offline: offlineCount, restartedAfter, restartedAt };
}

/**
 * Half of the SDKs are notified that the network is back, as by an event of the system. The others find out by
 * themselves.
 */
async function comeBack(load: Load, random: Random): Promise<Comeback> {
  const { world, checks } = load;
  const restarted = performance.now();
  const after = async (what: string, done: Promise<unknown>) => {
    await within(done, () => what, comeback).catch((late) => checks.that("settled", false, () => String(late)));
    return performance.now() - restarted;
  };
  const online = (devices: readonly { readonly client: Client }[]) =>
    after("SDKs to be online", Promise.all(devices.map(({ client }) => isOnline(client))));
  const devices: { readonly client: Client }[] = shuffled([...world.devices, ...world.mirrors.values()], random);
  const woken = devices.splice(0, devices.length / 2);
  for (const { client } of woken) client.wake();
  const [repeated, ...times] = await Promise.all([
    repeat(world, random, checks),
    online(woken),
    online(devices),
    after("all messages given to SDKs to be sent", load.handedAll()),
  ]);
  return { repeated, woken: times[0], others: times[1], sent: times[2] };
}

/** Inboxes and SDKs are checked before any conversation is read. */
async function agree(world: World, random: Random, checks: Checks) {
  const wasLeftAlone = random.chance(0.3);
  if (wasLeftAlone) await sleep(leftAlone);
  const looks = await Promise.all(world.users.map((user) => look(user, world.mirrors.get(user), random)));
  const read = world.chats.map(async (chat) => [chat, await readTruth(world, chat, checks)] as const);
  const truths = new Map(await Promise.all(read));
  checkGiven(world, truths, checks);
  await checkFiles(world, truths, checks);
  const deadline = wasLeftAlone ? 0 : performance.now() + patience;
  const agreement = await untilAgreed(looks, truths, deadline, random, checks);
  await checkCurrent(world, truths, checks);
  for (const [chat, { history }] of truths) chat.history = history;
  return { ...agreement, wasLeftAlone, truths: truths.values() };
}
