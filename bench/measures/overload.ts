import { NexoClientError } from "../../src/client/index.ts";
import { Code } from "../../src/protocol/codes.ts";
import { inFlight, percentile, rateOf, timesOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, type Measure, pause, readable } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";

const SOCKETS = 200;
const TIMES_CAPACITY = 5;
const SECONDS = { quick: 5, full: 30 };
/** How long after the overload the server has to be as before. */
const RECOVERY = 5_000;
/** How often each socket sends what is due, in milliseconds. */
const TICK = 50;

/** How the sends of an overload ended. */
interface Ends {
  offered: number;
  answered: number;
  refused: number;
  /** Neither, within the SDK's deadline or because the socket was closed. The SDK would repeat these. */
  unanswered: number;
}

/**
 * 200 users, each on a socket, who together send five times as much as the server can take, and do not wait for answers.
 * Here the floor is the same server at rest: before the overload, or for answers its full speed.
 */
export const overload: Family = {
  names: ["overload_answers", "overload_latency_after", "overload_memory"],
  run: (context) =>
    withPair(context.builds, async ({ ours }) => {
      const names = Array.from({ length: SOCKETS }, (_, index) => `user-${index}`);
      const people = await seedPeople(ours, names);
      const senders = await Promise.all(people.map((me, index) => sender(ours, me, people[index ^ 1], context)));
      // With 8 in flight on each, five times the result was no overload: the server does more when bursts are larger.
      const lanes = senders.flatMap(({ peer, next }) => inFlight(64, peer, next));
      await rateOf(lanes, context.milliseconds);
      const capacity = await rateOf(lanes, context.milliseconds);
      const before = await lone(senders);
      const memory = ours.memory();

      const seconds = context.rounds > 2 ? SECONDS.full : SECONDS.quick;
      const { ends, peak } = await offer(senders, {
        rate: capacity * TIMES_CAPACITY,
        seconds,
        memory: () => ours.memory(),
      });
      await pause(RECOVERY);
      const after = await lone(
        await Promise.all(people.slice(0, 2).map((me, index) => sender(ours, me, people[index ^ 1], context))),
      );
      context.progress(
        `overload: ${readable(ends.offered / seconds)} sends/s offered for ${seconds} s, ${readable(ends.answered)} ` +
          `answered, ${readable(ends.refused)} refused (1006), ${readable(ends.unanswered)} without an answer`,
      );
      await Promise.all(senders.map(({ peer }) => peer.close()));
      const answers = ends.answered / seconds;
      return [
        { name: "overload_answers", unit: "sends/s", value: answers, floor: capacity, better: "higher", target: 0.5 },
        { name: "overload_latency_after", unit: "ms", value: after, floor: before, better: "lower", target: 0.5 },
        { name: "overload_memory", unit: "MB", value: peak / 1e6, floor: memory / 1e6, better: "lower" },
      ] satisfies Measure[];
    }),
};

interface Sender {
  readonly peer: Peer;
  readonly next: ReturnType<typeof texts>;
}

async function sender(server: Server, me: Person, to: Person | undefined, { random }: Context): Promise<Sender> {
  const next = texts({ recv_id: to?.id ?? "" }, random);
  const { api, close } = apiOf(server, me.token);
  await api.msg.send(next());
  close();
  return { peer: await Peer.open(server.url, "/ws", me.token), next };
}

/** The median latency of a lone send, in milliseconds. */
async function lone([first]: readonly Sender[]): Promise<number> {
  if (!first) throw new Error("there are no senders");
  return percentile(await timesOf(() => first.peer.send(first.next()), 100), 0.5);
}

/** Sends at a rate, whatever is answered. */
async function offer(
  senders: readonly Sender[],
  { rate, seconds, memory }: { rate: number; seconds: number; memory: () => number },
): Promise<{ ends: Ends; peak: number }> {
  const ends: Ends = { offered: 0, answered: 0, refused: 0, unanswered: 0 };
  const started = performance.now();
  const waiting = new Set<Promise<void>>();
  let peak = 0;
  for (let now = started; now - started < seconds * 1_000; now = performance.now()) {
    const due = Math.floor(((now - started) / 1_000) * rate) - ends.offered;
    for (let index = 0; index < due; index++) {
      const one = senders[ends.offered++ % senders.length];
      if (one) track(waiting, send(one, ends));
    }
    peak = Math.max(peak, memory());
    await pause(TICK);
  }
  await Promise.all(waiting);
  return { ends, peak };
}

function track(waiting: Set<Promise<void>>, work: Promise<void>): void {
  waiting.add(work);
  void work.finally(() => waiting.delete(work));
}

async function send({ peer, next }: Sender, ends: Ends): Promise<void> {
  try {
    await peer.send(next());
    ends.answered++;
  } catch (error) {
    if (error instanceof NexoClientError && error.code === Code.TOO_MANY_REQUESTS) ends.refused++;
    else ends.unanswered++;
  }
}
