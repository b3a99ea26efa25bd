import { Code, type NexoClientError } from "../../src/client/index.ts";
import { fillChat } from "../client/fill.ts";
import { rateOf } from "../client/load.ts";
import { texts } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { type Context, type Family, interleave, measuresOf, pause } from "../runner.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Server, withPair } from "../servers.ts";

const MESSAGES = 100_000;
const CHANGED = 100;
const CHAT = "si_alice:bob";
const ROOM = { sockets: 500, members: 20 };
const REQUESTS = { unit: "requests/s", better: "higher" } as const;

/**
 * Reads of messages that were changed, beside a pull of as many plain ones on the same server, which stands for the floor:
 * the price of a change is what is of interest.
 */
export const changedReads: Family = {
  names: ["pull_amended", "changes"],
  run: (context) =>
    withPair(context.builds, async ({ ours }) => {
      const [me] = await seedPeople(ours, ["alice", "bob"], ["alice"]);
      if (!me) throw new Error("nobody");
      await fillChat(context, ours, me, { recv_id: "bob", messages: MESSAGES });
      const { api, close } = apiOf(ours, me.token);
      // The newest hundred are edited and have a reaction: the hundred before them stay as they were sent.
      for (let seq = MESSAGES - CHANGED + 1; seq <= MESSAGES; seq++) {
        await api.msg.edit({ conversation_id: CHAT, seq, content: { text: "x".repeat(100) } });
        await api.msg.react({ conversation_id: CHAT, seq, emoji: "👍", on: true });
      }
      close();
      // Waits until the peer's inbox is updated and the objects are idle.
      await pause(8_000);
      const pullTo = (end_seq: number) => (client: Api) =>
        client.msg.pull({ conversation_id: CHAT, begin_seq: end_seq - CHANGED + 1, end_seq });
      const plain = pullTo(MESSAGES - CHANGED);
      const changes = (client: Api) => client.msg.changes({ conversation_id: CHAT, since_rev: 0, limit: CHANGED });
      return [
        ...(await against(context, ours, me, { name: "pull_amended", target: 0.9, read: pullTo(MESSAGES), plain })),
        ...(await against(context, ours, me, { name: "changes", read: changes, plain })),
      ];
    }),
};

type Api = ReturnType<typeof apiOf>["api"];

async function against(
  context: Context,
  server: Server,
  me: Person,
  { name, target, read, plain }: { name: string; target?: number; read: Read; plain: Read },
) {
  const clients = Array.from({ length: 8 }, () => apiOf(server, me.token));
  const measure = (act: Read) => async () => ({
    [name]: await rateOf(
      clients.map(
        ({ api }) =>
          () =>
            act(api),
      ),
      context.milliseconds,
    ),
  });
  const sides = await interleave(context, name, measure(read), measure(plain));
  for (const { close } of clients) close();
  return measuresOf(sides, { [name]: { ...REQUESTS, ...(target !== undefined && { target }) } });
}

type Read = (client: Api) => Promise<unknown>;

/**
 * Reactions in a second to one message that 500 sockets show, beside texts in the same group, which stand for the floor.
 * A conversation refuses more than 200 changes a second, and pushes them together.
 */
export const reactions: Family = {
  names: ["reactions"],
  run: (context) =>
    withPair(context.builds, async ({ ours }) => {
      const people = await seedPeople(
        ours,
        Array.from({ length: ROOM.members }, (_, index) => `u${index}`),
      );
      const { api, close } = apiOf(ours, people[0]?.token);
      const group = await api.group.create({ name: "Group", member_ids: people.map(({ id }) => id) });
      const next = texts({ group_id: group.id }, context.random);
      await api.msg.send(next());
      close();
      const conversation_id = `sg_${group.id}`;
      const peers: Peer[] = [];
      for (let index = 0; index < ROOM.sockets; index++) {
        const person = people[index % people.length];
        const path = `/ws?conversation_id=${conversation_id}`;
        if (person) peers.push(await Peer.open(ours.url, path, person.token));
      }
      const members = peers.slice(0, ROOM.members);
      const rate = async (lanes: readonly ((peer: Peer) => Promise<number>)[]) => {
        const started = performance.now();
        let done = 0;
        while (performance.now() - started < context.milliseconds) {
          const counts = await Promise.all(members.flatMap((peer) => lanes.map((lane) => lane(peer))));
          done += counts.reduce((sum, count) => sum + count, 0);
        }
        return { reactions: (done / (performance.now() - started)) * 1_000 };
      };
      // Only what changes something counts: each user gives a reaction, and takes it back.
      const given = new Set<Peer>();
      const react = async (peer: Peer) => {
        const on = !given.has(peer);
        const done = await counted(peer.react({ conversation_id, seq: 1, emoji: "👍", on }));
        if (done > 0 && on) given.add(peer);
        if (done > 0 && !on) given.delete(peer);
        return done;
      };
      const sides = await interleave(
        context,
        "reactions",
        () => rate([react]),
        () => rate([(peer) => counted(peer.send(next()))]),
      );
      return measuresOf(sides, { reactions: { unit: "reactions/s", better: "higher" } });
    }),
};

/** 1 for what was done, 0 for what the rate refused. */
async function counted(answer: Promise<unknown>): Promise<number> {
  return await answer.then(
    () => 1,
    async (error: NexoClientError) => {
      if (error.code !== Code.TOO_MANY_REQUESTS) throw error;
      await pause(50);
      return 0;
    },
  );
}
