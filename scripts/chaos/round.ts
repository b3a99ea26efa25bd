import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../../test/helpers/node/server.ts";
import type { Conversation } from "../../test/helpers/node/wire.ts";
import type { Random } from "../../test/simulation/random.ts";
import { Checks } from "./checks.ts";
import type { Client } from "./client.ts";
import { checkPromises, readTruth, type Truth, type View } from "./conversations.ts";
import { type Agreement, checkChain, type Look, look, untilAgreed } from "./inboxes.ts";
import { Load } from "./load.ts";
import { type Retried, retry } from "./retries.ts";
import type { Chat, World } from "./world.ts";

/** By when inboxes have to agree with their conversations after a restart. */
const patience = 10_000;
/** In some rounds nothing is asked for so long, so that nothing but the server's own alarms can have helped. */
const untouched = 7_000;

export type Round = {
  round: number;
  killedAfter: number;
  inFlight: Record<string, number>;
  answered: Record<string, number>;
  sends?: { answered: number; unanswered: number; refused: number };
  restartedAfter: number;
  wasUntouched: boolean;
  agreement?: Agreement;
  retried?: Retried;
  checks: Checks;
};

/** Load, kill, restart, and everything that has to hold then. What throws ends the round, and is a failure too. */
export async function playRound(server: Server, world: World, round: number, seconds: number): Promise<Round> {
  const checks = new Checks();
  const result: Round = {
    round,
    killedAfter: 0,
    inFlight: {},
    answered: {},
    restartedAfter: 0,
    wasUntouched: false,
    checks,
  };
  try {
    const random = world.random(round, 0);
    const load = new Load(world, round, checks);
    await load.start();
    await stormAndKill(server, load, seconds * 1_000 * (0.2 + 0.8 * random.next()), random.between(2, 300), result);
    await settle(load, result, random);
  } catch (error) {
    const why = error instanceof Error ? error.stack : String(error);
    checks.that("served", false, () => `the round ended by ${why}`);
  }
  checks.that("alarms", !server.logs().includes('"alarm_failed"'), () => "alarm_failed stands in the server's log");
  return result;
}

async function stormAndKill(server: Server, load: Load, time: number, last: number, result: Round): Promise<void> {
  const begun = performance.now();
  await sleep(Math.max(0, time - last));
  await load.lastMinute(last);
  result.killedAfter = performance.now() - begun;
  result.inFlight = await load.endBy(() => server.kill9());
  result.answered = load.answered;
  const sent = load.attempts.filter((attempt) => attempt.sent).length;
  const refused = load.attempts.filter((attempt) => attempt.refused !== undefined).length;
  result.sends = { answered: sent, unanswered: load.attempts.length - sent - refused, refused };
  const down = performance.now();
  await server.restart();
  result.restartedAfter = performance.now() - down;
}

async function settle(load: Load, result: Round, random: Random): Promise<void> {
  const restarted = performance.now();
  result.wasUntouched = random.chance(0.3);
  const { world } = load;
  const { checks } = result;
  const limit = () => random.between(2, 20);
  if (result.wasUntouched) await sleep(untouched);
  // Inboxes come first: whoever reads a conversation wakes it, which must not be what its members waited for.
  const looks = await lookAtAll(world.clients, limit);
  notePromises(load);
  const truths = new Map<Chat, Truth>();
  const readNew = async () => {
    const unread = world.chats.filter((chat) => !truths.has(chat));
    await Promise.all(unread.map(async (chat) => truths.set(chat, await readTruth(world, chat, checks))));
  };
  await readNew();
  checkPromises(load, truths, checks);
  const time = { restarted, deadline: restarted + patience, limit };
  const expectedNow = async (listed: readonly Conversation[]) => {
    for (const conversation of listed) adopt(world, conversation);
    await readNew();
    return (client: Client) => expectedOf(client, truths);
  };
  const agreement = await untilAgreed(world.clients, looks, time, expectedNow, checks);
  result.agreement = agreement;
  for (const client of world.clients) client.replica = agreement.replicas.get(client) ?? client.replica;
  result.retried = await retry(world, load.attempts, truths, random, checks);
  await checkHeartbeats(world.clients, checks);
}

async function lookAtAll(clients: readonly Client[], limit: () => number): Promise<Map<Client, Look>> {
  const looks = clients.map(async (client) => [client, await look(client, limit())] as const);
  return new Map(await Promise.all(looks));
}

/** A mark that was pushed was promised, to its owner and to whoever saw it. */
function notePromises({ world, readPushed }: Load): void {
  for (const { chat, user, seq } of readPushed) world.client(user)?.sawMark(chat, seq);
}

/** A group that a list shows, though its making was not answered. */
function adopt(world: World, { group_id, title }: Conversation): void {
  const making = world.makings.find(({ answered, body }) => !answered && body.name === title);
  if (making) world.made(group_id, making);
}

function expectedOf(client: Client, truths: ReadonlyMap<Chat, Truth>): Map<string, View> {
  const expected = new Map<string, View>();
  for (const [chat, { views }] of truths) {
    const view = views.get(client);
    if (view) expected.set(chat.id, view);
  }
  return expected;
}

/** Without a change meanwhile, ping is answered with the cursor that sync gives. [SYNC-4] */
async function checkHeartbeats(clients: readonly Client[], checks: Checks): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      const { socket } = client;
      if (!socket) return;
      let cursor = -1;
      let pong = "";
      // What the retries brought may be on its way.
      for (let tries = 0; tries < 20 && pong !== `pong:${cursor}`; tries++) {
        if (tries > 0) await sleep(50);
        pong = await socket.ping();
        cursor = (await client.synced(client.replica, 100)).cursor;
      }
      checks.same("cursor", pong, `pong:${cursor}`, `${client.id}: the heartbeat`);
      checkChain(client, client.replica.cursor, checks);
      const sockets = [socket, ...client.rooms.values()];
      await Promise.all(sockets.map((each) => each.close()));
      await client.bury();
    }),
  );
}
