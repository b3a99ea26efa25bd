import {
  type ConversationUpdateRequest,
  groupConversationId,
  type Message,
  Platform,
  RecvMsgOpt,
  singleConversationId,
} from "../../src/client/index.ts";
import { cast } from "../../test/helpers/node/people.ts";
import { Rest } from "../../test/helpers/node/rest.ts";
import { Random } from "../../test/simulation/random.ts";
import { codeOf, draft, type Sending } from "./sending.ts";
import { type Device, User } from "./user.ts";

/** As far as answers say; unknown while a change is in flight, and after it was not answered. */
export type Membership = "never" | "in" | "quit" | "kicked" | "unknown";

/** A single chat, or a group. What is in it is only known for certain up to `history`, checked in the last round. */
export class Chat {
  readonly id: string;
  readonly groupId: string | null;
  /** Who may see all of it, and never leaves. */
  readonly witness: User;
  /** The two of a single chat, the first members of a group. */
  readonly first: readonly User[];
  readonly members: Map<User, Membership>;
  history: readonly Message[] = [];

  constructor(first: readonly [User, ...User[]], groupId: string | null = null) {
    const [a, b] = first.map(({ id }) => id);
    this.id = groupId === null ? singleConversationId(a ?? "", b ?? "") : groupConversationId(groupId);
    this.groupId = groupId;
    this.witness = first[0];
    this.first = first;
    this.members = new Map(first.map((user) => [user, "in"]));
  }

  membership(user: User): Membership {
    return this.members.get(user) ?? "never";
  }
}

/** A group that somebody tried to make. */
export type Making = {
  readonly owner: User;
  readonly members: readonly User[];
  readonly body: { name: string; member_ids: string[]; client_group_id: string };
  answered: boolean;
};

/** All users and their chats, over all rounds. */
export class World {
  readonly seed: number;
  readonly users: readonly User[];
  readonly chats: Chat[] = [];
  /** Pairs that have no chat yet: some get one in each round, so that the kill meets those in the making. */
  readonly strangers: Chat[];
  /** In the order in which they were handed over. */
  readonly sendings: Sending[] = [];
  readonly makings: Making[] = [];

  private constructor(seed: number, users: readonly User[]) {
    this.seed = seed;
    this.users = users;
    const pairs = users.flatMap((a, index) => users.slice(index + 1).map((b) => [a, b] as const));
    this.strangers = shuffled(pairs, this.random(0, 0)).map((pair) => new Chat(pair));
  }

  /** Every other user has two devices. They are there before anything else is: they are to hear all of it. */
  static async populate(url: string, seed: number): Promise<World> {
    const people = await cast(new Rest(url), "ann", "ben", "cleo", "dan", "eva", "finn", "gus", "hana");
    const users = people.map(async (person, index) =>
      index % 2 === 0 ? new User(person, await person.on(Platform.IOS)) : new User(person),
    );
    const world = new World(seed, await Promise.all(users));
    await Promise.all(world.devices.map(({ client }) => client.ready()));
    const random = world.random(0, 1);
    // Everybody gets a chat, which nobody can leave.
    while (world.users.some((user) => world.chatsOf(user).length === 0)) {
      const chat = world.introduce();
      if (chat) await world.hand(chat.witness.devices[0], chat, random);
    }
    for (let count = 0; count < 3; count++) {
      const making = planGroup(world.users, `Group ${count}`, random.between(4, 6), random);
      world.made((await making.owner.api.group.create(making.body)).id, making);
    }
    await world.#settings(random);
    for (const user of world.users) user.replica = await user.synced(user.replica, 100);
    return world;
  }

  get devices(): Device[] {
    return this.users.flatMap(({ devices }) => devices);
  }

  /** Where a user may send, as far as answers say. */
  chatsOf(user: User): Chat[] {
    return this.chats.filter((chat) => chat.membership(user) === "in");
  }

  /** Choices of one kind in one round, the same for the same seed, whatever others choose meanwhile. */
  random(round: number, ...what: number[]): Random {
    return new Random([round, ...what].reduce((mixed, part) => Math.imul(mixed, 1_000_003) + part + 1, this.seed));
  }

  /** Brings two who have never talked into the play; the chat begins with their first message. */
  introduce(): Chat | undefined {
    const chat = this.strangers.pop();
    if (chat) this.chats.push(chat);
    return chat;
  }

  /** A group is there; it may be known already. */
  made(groupId: string, { owner, members }: Making): void {
    if (!this.chats.some((known) => known.groupId === groupId)) this.chats.push(new Chat([owner, ...members], groupId));
  }

  /** Hands a message to an SDK. @returns once it is sent, or refused and taken off the screen */
  async hand(device: Device, chat: Chat, random: Random): Promise<void> {
    const what = draft(random);
    const { client_msg_id, sent } = device.client.send(chat.id, what);
    const sending: Sending = { ...what, chat, device, by: "SDK", client_msg_id };
    this.sendings.push(sending);
    try {
      sending.message = await sent;
    } catch (error) {
      sending.refused = codeOf(error);
      device.client.discard(client_msg_id);
    }
  }

  /** Some pin a chat, some silence or refuse one: settings have to outlive the server too. */
  async #settings(random: Random): Promise<void> {
    const quiet: ConversationUpdateRequest[] = [{}, { is_pinned: true }, { recv_msg_opt: RecvMsgOpt.NO_ALERT }];
    for (const chat of this.chats) {
      for (const user of chat.first) {
        // What is refused moves the cursor without a frame, so that nobody can follow it: those with one device do it.
        const refusal = user.devices.length === 1 ? [{ recv_msg_opt: RecvMsgOpt.REFUSE }] : [];
        const change = random.pick([...quiet, ...refusal]);
        await user.api.conversation.update(chat.id, change);
        user.settings.set(chat.id, change);
      }
    }
  }
}

/** A group of so many, not made yet. */
export function planGroup(users: readonly User[], name: string, size: number, random: Random): Making {
  const [owner, ...members] = shuffled(users, random).slice(0, size);
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
