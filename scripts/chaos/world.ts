import {
  type ConversationUpdateRequest,
  groupConversationId,
  type Message,
  MessageType,
  Platform,
  RecvMsgOpt,
  singleConversationId,
} from "../../src/client/index.ts";
import { cast } from "../../test/helpers/node/people.ts";
import { Rest } from "../../test/helpers/node/rest.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Amending } from "./amending.ts";
import type { SentFile } from "./files.ts";
import { Mirror } from "./mirror.ts";
import type { Operating } from "./operating.ts";
import { codeOf, draft, type Sending } from "./sending.ts";
import { type Device, User } from "./user.ts";

/** Known from answers; unknown while a change is in flight, and after one was not answered. */
export type Membership = "never" | "in" | "quit" | "kicked" | "unknown";

/** A single chat, or a group. Its messages are known up to `history`, which was checked in the last round. */
export class Chat {
  readonly id: string;
  readonly groupId: string | null;
  /** A user who sees all of it and never leaves. */
  readonly witness: User;
  /** The two users of a single chat, or the first members of a group. */
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

/** A group that a user tried to create. */
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
  /** Some users have a device that lives from its history. */
  readonly mirrors = new Map<User, Mirror>();
  readonly chats: Chat[] = [];
  /** Pairs without a chat. Some get one in each round, so that the kill can interrupt its creation. */
  readonly strangers: Chat[];
  /** In the order in which SDKs got them. */
  readonly sendings: Sending[] = [];
  /** Edits and recalls, in the order in which SDKs got them. */
  readonly amendings: Amending[] = [];
  /** Deletions, pins and reactions, in the order in which SDKs got them. */
  readonly operatings: Operating[] = [];
  readonly makings: Making[] = [];

  private constructor(seed: number, users: readonly User[]) {
    this.seed = seed;
    this.users = users;
    const pairs = users.flatMap((a, index) => users.slice(index + 1).map((b) => [a, b] as const));
    this.strangers = shuffled(pairs, this.random(0, 0)).map((pair) => new Chat(pair));
  }

  /** Every other user has two devices. They are created first, because they must receive everything. */
  static async populate(url: string, seed: number): Promise<World> {
    const people = await cast(new Rest(url), "ann", "ben", "cleo", "dan", "eva", "finn", "gus", "hana");
    const users = people.map(async (person, index) =>
      index % 2 === 0 ? new User(person, await person.on(Platform.IOS)) : new User(person),
    );
    const world = new World(seed, await Promise.all(users));
    await Promise.all(world.devices.map(({ client }) => client.ready()));
    // They refuse no chat (see #settings).
    for (const user of world.users.filter(({ devices }) => devices.length > 1).slice(0, 3)) {
      world.mirrors.set(user, new Mirror(await user.person.on(Platform.ANDROID)));
    }
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

  /** The chats in which a user may send, as known from answers. */
  chatsOf(user: User): Chat[] {
    return this.chats.filter((chat) => chat.membership(user) === "in");
  }

  /** Random choices of one kind in one round. They are the same for the same seed, whatever the other kinds choose. */
  random(round: number, ...what: number[]): Random {
    return new Random([round, ...what].reduce((mixed, part) => Math.imul(mixed, 1_000_003) + part + 1, this.seed));
  }

  /** Picks two users who have never talked. Their chat begins with the first message. */
  introduce(): Chat | undefined {
    const chat = this.strangers.pop();
    if (chat) this.chats.push(chat);
    return chat;
  }

  /** Adds a group, unless it is known already. */
  made(groupId: string, { owner, members }: Making): void {
    if (!this.chats.some((known) => known.groupId === groupId)) this.chats.push(new Chat([owner, ...members], groupId));
  }

  /** Gives a message to an SDK, or a file. @returns once it is sent, or refused and discarded */
  async hand(device: Device, chat: Chat, random: Random, file?: SentFile): Promise<void> {
    const what = file ? { msg_type: MessageType.FILE, content: {} } : draft(random);
    const { client_msg_id, sent } = file
      ? device.client.sendFile(chat.id, new Blob([Buffer.alloc(file.size, file.byte)]), { name: "chaos.bin" })
      : device.client.send(chat.id, what);
    const sending: Sending = { ...what, file, chat, device, by: "SDK", client_msg_id };
    this.sendings.push(sending);
    try {
      sending.message = await sent;
    } catch (error) {
      sending.refused = codeOf(error);
      device.client.discard(client_msg_id);
    }
  }

  /** Some users pin, silence or refuse a chat: settings must outlive the server too. */
  async #settings(random: Random): Promise<void> {
    const quiet: ConversationUpdateRequest[] = [{}, { is_pinned: true }, { recv_msg_opt: RecvMsgOpt.NO_ALERT }];
    for (const chat of this.chats) {
      for (const user of chat.first) {
        // A refused chat moves the cursor without a frame, so frames do not show it. Only users with one device refuse
        // one.
        const refusal = user.devices.length === 1 ? [{ recv_msg_opt: RecvMsgOpt.REFUSE }] : [];
        const change = random.pick([...quiet, ...refusal]);
        await user.api.conversation.update(chat.id, change);
        user.settings.set(chat.id, change);
      }
    }
  }
}

/** A group of this many members, not created yet. */
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
