import { percentile, rateOf } from "../client/load.ts";
import { pause } from "../runner.ts";
import { type Chat, type End, PEOPLE, type System } from "./system.ts";

const PAIRS = 25;
const IN_FLIGHT_EACH = 8;
const IN_FLIGHT = 64;
const BURST = 20;

/** Something that is measured in the same way on every system. */
export interface Contest {
  readonly label: string;
  /** The units of what one turn finds, by name. */
  readonly measures: Readonly<Record<string, string>>;
  /** Makes the chats and opens the sockets. */
  prepare(system: System): Promise<{ readonly ends: readonly End[]; turn(text: string, ms: number): Promise<Sample> }>;
}

type Sample = Record<string, number>;

/** A lone text in a single chat: until its sender has the answer, and until its receiver has it. */
const lone: Contest = {
  label: "lone text",
  measures: { lone_answer: "ms", lone_arrival: "ms" },
  prepare: async (system) => {
    const [sender, ...receivers] = await enterAll(system, PEOPLE.slice(0, 2));
    return {
      ends: [sender, ...receivers],
      turn: async (text, ms) => {
        const times = await loneTexts(sender, receivers, text, ms);
        return { lone_answer: times.answered, lone_arrival: times.arrived };
      },
    };
  },
};

/** Everybody writes to the neighbour, 25 single chats at once; all are online. */
const pairs: Contest = {
  label: "25 pairs",
  measures: { pairs_sends: "sends/s" },
  prepare: async (system) => {
    const ends: End[] = [];
    for (let index = 0; index < 2 * PAIRS; index += 2)
      ends.push(...(await enterAll(system, PEOPLE.slice(index, index + 2))));
    return {
      ends,
      turn: async (text, ms) => ({ pairs_sends: await sends(ends, ends, IN_FLIGHT_EACH, text, ms) }),
    };
  },
};

/** One user writes to another as fast as it goes; both are online. */
const busy: Contest = {
  label: "one busy chat",
  measures: { busy_chat_sends: "sends/s" },
  prepare: async (system) => {
    const [sender, ...receivers] = await enterAll(system, PEOPLE.slice(0, 2));
    return {
      ends: [sender, ...receivers],
      turn: async (text, ms) => ({ busy_chat_sends: await sends([sender], receivers, IN_FLIGHT, text, ms) }),
    };
  },
};

/** A group of 50, all online: a lone text until the last has it, then bursts of 20 of them, one after the other. */
const group: Contest = {
  label: "group of 50",
  measures: { group_last_arrival: "ms", group_deliveries: "deliveries/s" },
  prepare: async (system) => {
    const [sender, ...receivers] = await enterAll(system, PEOPLE);
    return {
      ends: [sender, ...receivers],
      turn: async (text, ms) => ({
        group_last_arrival: (await loneTexts(sender, receivers, text, ms / 2)).arrived,
        group_deliveries: await bursts(sender, receivers, text, ms),
      }),
    };
  },
};

export const CONTESTS: readonly Contest[] = [lone, pairs, busy, group];

/** Makes a chat and opens a socket for each of its members. */
async function enterAll(system: System, members: readonly string[]): Promise<[End, ...End[]]> {
  const chat: Chat = await system.chat(members);
  const [first = "", ...others] = members;
  const ends: [End, ...End[]] = [await chat.enter(first)];
  for (const member of others) ends.push(await chat.enter(member));
  return ends;
}

/** Medians of lone texts: milliseconds to the answer, and until the last receiver has it. */
async function loneTexts(sender: End, receivers: readonly End[], text: string, ms: number) {
  const answered: number[] = [];
  const arrived: number[] = [];
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    const all = arrivals(receivers, 1);
    const started = performance.now();
    await Promise.all([
      sender.send(text).then(() => answered.push(performance.now() - started)),
      all.then(() => arrived.push(performance.now() - started)),
    ]);
    // Whatever follows is not to delay the next.
    await pause(2);
  }
  return { answered: median(answered), arrived: median(arrived) };
}

/**
 * Each sender keeps some texts in flight. The turn lasts until every text has arrived, so that nothing of it is left to
 * do while the next system is measured.
 * @returns answered sends a second.
 */
async function sends(
  senders: readonly End[],
  receivers: readonly End[],
  inFlight: number,
  text: string,
  ms: number,
): Promise<number> {
  let missing = 0;
  let isOver = false;
  const { promise: allArrived, resolve } = Promise.withResolvers<void>();
  const check = () => {
    if (isOver && missing <= 0) resolve();
  };
  for (const receiver of receivers) {
    receiver.received = (count) => {
      missing -= count;
      check();
    };
  }
  const lanes = senders.flatMap((end) =>
    Array.from({ length: inFlight }, () => () => {
      missing++;
      return end.send(text);
    }),
  );
  const rate = await rateOf(lanes, ms);
  isOver = true;
  check();
  await allArrived;
  return rate;
}

/** Each burst follows when all receivers have the one before. @returns deliveries a second. */
async function bursts(sender: End, receivers: readonly End[], text: string, ms: number): Promise<number> {
  const lane = async () => {
    const all = arrivals(receivers, BURST);
    await Promise.all([...Array.from({ length: BURST }, () => sender.send(text)), all]);
  };
  return (await rateOf([lane], ms)) * BURST * receivers.length;
}

/** Settles when each of them has received so many messages from now on. */
function arrivals(receivers: readonly End[], count: number): Promise<unknown> {
  return Promise.all(
    receivers.map(
      (receiver) =>
        new Promise<void>((resolve) => {
          let missing = count;
          receiver.received = (some) => {
            missing -= some;
            if (missing <= 0) resolve();
          };
        }),
    ),
  );
}

function median(values: number[]): number {
  return percentile(
    values.sort((a, b) => a - b),
    0.5,
  );
}
