import { ok } from "../../test/helpers/node/checks.ts";
import { cast } from "../../test/helpers/node/people.ts";
import { Rest } from "../../test/helpers/node/rest.ts";
import {
  type Group,
  groupConversationId,
  type Message,
  outgoing,
  type Sent,
  singleId,
} from "../../test/helpers/node/wire.ts";
import { Random } from "../../test/simulation/random.ts";
import { Client } from "./client.ts";

export const paths = ["REST", "user's socket", "conversation's socket"] as const;
export type Path = (typeof paths)[number];

/** As far as answers say; unknown while a change is in flight, and after it was not answered. */
export type Membership = "never" | "in" | "quit" | "kicked" | "unknown";

/** A single chat, or a group. What is in it is only known for certain up to `history`, checked in the last round. */
export class Chat {
  readonly id: string;
  readonly groupId: string | null;
  /** Of a group; no two have the same. */
  readonly name: string;
  /** Who may see all of it, and never leaves. */
  readonly witness: Client;
  /** The two of a single chat, the first members of a group. */
  readonly first: readonly Client[];
  readonly members: Map<Client, Membership>;
  history: readonly Message[] = [];

  constructor(first: readonly [Client, ...Client[]], group?: { id: string; name: string }) {
    const ids = first.map(({ id }) => id);
    this.id = group ? groupConversationId(group.id) : singleId(ids[0] ?? "", ids[1] ?? "");
    this.groupId = group?.id ?? null;
    this.name = group?.name ?? "";
    this.witness = first[0];
    this.first = first;
    this.members = new Map(first.map((client) => [client, "in"]));
  }

  to(from: Client): { user: string } | { group: string } {
    if (this.groupId !== null) return { group: this.groupId };
    return { user: this.first.find((client) => client !== from)?.id ?? "" };
  }

  membership(client: Client): Membership {
    return this.members.get(client) ?? "never";
  }
}

/** One message that somebody tried to send. */
export type Attempt = {
  chat: Chat;
  from: Client;
  path: Path;
  body: ReturnType<typeof outgoing>;
  /** What the answer said; undefined while, or if, there is none. */
  sent?: Pick<Sent, "seq" | "server_msg_id" | "send_at">;
  refused?: number;
};

/** A group that somebody tried to make. */
export type Making = {
  owner: Client;
  members: readonly Client[];
  body: { name: string; member_ids: string[]; client_group_id: string };
  answered: boolean;
};

/** All users and their chats, over all rounds. */
export class World {
  readonly server: Rest;
  readonly seed: number;
  readonly clients: readonly Client[];
  readonly chats: Chat[] = [];
  /** Pairs that have no chat yet: some get one in each round, so that the kill meets those in the making. */
  readonly strangers: Chat[] = [];
  readonly makings: Making[] = [];

  private constructor(server: Rest, seed: number, clients: readonly Client[]) {
    this.server = server;
    this.seed = seed;
    this.clients = clients;
  }

  /** Choices of one kind in one round, the same for the same seed, whatever others choose meanwhile. */
  random(round: number, ...what: number[]): Random {
    return new Random([round, ...what].reduce((mixed, part) => Math.imul(mixed, 1_000_003) + part + 1, this.seed));
  }

  static async populate(url: string, seed: number): Promise<World> {
    const server = new Rest(url);
    const people = await cast(server, "ann", "ben", "cleo", "dan", "eva", "finn", "gus", "hana");
    const world = new World(
      server,
      seed,
      people.map((person) => new Client(person)),
    );
    const random = world.random(0);
    const pairs = world.clients.flatMap((a, index) => world.clients.slice(index + 1).map((b) => [a, b] as const));
    for (const pair of shuffled(pairs, random)) world.strangers.push(new Chat(pair));
    for (let count = 0; count < 5; count++) await world.#talk();
    for (let count = 0; count < 3; count++) {
      await world.#group(planGroup(world.clients, `Group ${count}`, random.between(4, 6), random));
    }
    await world.#settings(random);
    for (const client of world.clients) {
      client.replica = await client.synced(client.replica, 100);
      client.sawCursor(client.replica);
    }
    return world;
  }

  /** Brings two who have never talked into the play; the chat begins with their first message. */
  introduce(): Chat | undefined {
    const chat = this.strangers.pop();
    if (chat) this.chats.push(chat);
    return chat;
  }

  /** A group is there; it may be known already. */
  made(id: string, { owner, members, body: { name } }: Making): void {
    const chat = new Chat([owner, ...members], { id, name });
    if (!this.chat(chat.id)) this.chats.push(chat);
  }

  chat(id: string): Chat | undefined {
    return this.chats.find((chat) => chat.id === id);
  }

  client(id: string): Client | undefined {
    return this.clients.find((client) => client.id === id);
  }

  async #talk(): Promise<void> {
    const chat = this.introduce();
    if (!chat) throw new Error("there is nobody left who has not talked");
    ok(await chat.witness.person.rest.post("/msg/send", outgoing(chat.to(chat.witness), { text: "hello" })));
  }

  async #group(making: Making): Promise<void> {
    this.made(ok(await making.owner.person.rest.post<Group>("/group/create", making.body)).id, making);
  }

  /** Some pin a chat, some silence or refuse one: settings have to outlive the server too. */
  async #settings(random: Random): Promise<void> {
    for (const chat of this.chats) {
      for (const client of chat.first) {
        const change = random.pick([{}, { is_pinned: true }, { recv_msg_opt: 1 }, { recv_msg_opt: 2 }]);
        ok(await client.person.rest.put("/conversation/update", change, { conversation_id: chat.id }));
        client.settings.set(chat.id, change);
      }
    }
  }
}

/** A group of so many, not made yet. */
export function planGroup(clients: readonly Client[], name: string, size: number, random: Random): Making {
  const [owner, ...members] = shuffled(clients, random).slice(0, size);
  if (!owner) throw new Error("a group needs an owner");
  const body = { name, member_ids: members.map(({ id }) => id), client_group_id: name };
  return { owner, members, body, answered: false };
}

export function shuffled<T>(things: readonly T[], random: Random): T[] {
  return things
    .map((thing) => ({ thing, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ thing }) => thing);
}
