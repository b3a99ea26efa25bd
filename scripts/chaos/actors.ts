import { Code, type Conversation } from "../../src/client/index.ts";
import { upTo } from "../../test/helpers/node/suite.ts";
import type { Random } from "../../test/simulation/random.ts";
import { someFile } from "./files.ts";
import type { Load } from "./load.ts";
import type { Mirror } from "./mirror.ts";
import { OPERATIONS, operate } from "./operating.ts";
import { bodyOf, draft, type Sending } from "./sending.ts";
import type { Device, User } from "./user.ts";
import { type Chat, type Membership, planGroup } from "./world.ts";

/** Gives messages to the SDK, mostly one after another, often several at once. */
export async function writer(load: Load, device: Device, random: Random): Promise<void> {
  while (!load.isOver) {
    const chats = load.world.chatsOf(device.user);
    const focused = chats.find(({ id }) => id === device.focused);
    const chat = focused && random.chance(0.5) ? focused : random.pick(chats);
    await Promise.all(burst(random).map(() => load.hand(device, chat, random)));
    await load.pause(random.between(5, 60));
  }
}

/** Sends files with the SDK, which uploads each before its message. */
export async function uploader(load: Load, device: Device, random: Random): Promise<void> {
  while (!load.isOver) {
    await load.hand(device, random.pick(load.world.chatsOf(device.user)), random, someFile(random));
    await load.pause(random.between(100, 800));
  }
}

/** Ends an app at some moment, and starts it again from its history. */
export async function crasher(load: Load, mirror: Mirror, random: Random): Promise<void> {
  await load.pause(random.between(200, 3_000));
  mirror.restart(random);
}

/** Sends with the route itself. The SDK does not repeat these. */
export async function poster(load: Load, user: User, random: Random): Promise<void> {
  while (!load.isOver) {
    const chat = random.pick(load.world.chatsOf(user));
    await Promise.all(burst(random).map(() => post(load, user.devices[0], chat, random)));
    await load.pause(random.between(5, 60));
  }
}

async function post(load: Load, device: Device, chat: Chat, random: Random): Promise<void> {
  const client_msg_id = crypto.randomUUID();
  const sending: Sending = { ...draft(random), chat, device, by: "REST", client_msg_id };
  load.world.sendings.push(sending);
  const request = () => device.client.api.msg.send(bodyOf(sending));
  // The user may have been kicked between the choice and the request.
  const { data, code } = await load.ask("sends by REST", request, [Code.NOT_A_MEMBER]);
  if (data) sending.message = data;
  if (code !== undefined) sending.refused = code;
}

function burst(random: Random): number[] {
  return upTo(random.chance(0.3) ? random.between(2, 8) : 1);
}

/** Opens one conversation after another, and marks it as read. */
export async function reader(load: Load, device: Device, random: Random): Promise<void> {
  look(load, device, random);
  while (!load.isOver) {
    if (random.chance(0.02)) look(load, device, random);
    const known = device.client.conversations.getSnapshot().conversations.filter(({ max_seq }) => max_seq > 0);
    if (known.length > 0) await mark(load, device, random.pick(known), random);
    await load.pause(random.between(20, 120));
  }
}

/** Moves the mark with the SDK, which repeats it, or with the route. */
async function mark(load: Load, { user, client }: Device, known: Conversation, random: Random): Promise<void> {
  const { conversation_id, max_seq, read_seq } = known;
  const seq = random.between(Math.min(read_seq, max_seq), max_seq);
  if (random.chance(0.6)) return client.markRead(conversation_id, seq);
  const { data } = await load.ask("marks by REST", () => client.api.conversation.markRead(conversation_id, seq));
  // Listed messages are visible, so the mark is not clamped: it is at least the requested one.
  if (data !== undefined) user.sawMark(conversation_id, seq);
}

/** Most have a conversation open, some none. */
function look(load: Load, device: Device, random: Random): void {
  const chat = random.pick(load.world.chatsOf(device.user));
  device.focus(random.chance(0.75) ? chat.id : "");
}

/** Kicks, invites, joins and quits, one after another, so that only the last can be unanswered. */
export async function host(load: Load, chat: Chat, random: Random): Promise<void> {
  const others = load.world.users.filter((user) => user !== chat.witness);
  while (!load.isOver) {
    await load.pause(random.between(100, 500));
    if (!load.isOver) await change(load, chat, random.pick(others), random.chance(0.5));
  }
}

async function change(load: Load, chat: Chat, user: User, byOwner: boolean): Promise<void> {
  const group_id = chat.groupId ?? "";
  const before = chat.membership(user);
  const isOwners = byOwner || before === "kicked";
  const after: Membership = before === "in" ? (isOwners ? "kicked" : "quit") : "in";
  const { kick, invite } = chat.witness.api.group;
  const { quit, join } = user.api.group;
  const one = { group_id, user_ids: [user.id] };
  chat.members.set(user, "unknown");
  const { data } = await load.ask("group changes", () => {
    if (before === "in") return isOwners ? kick(one) : quit(group_id);
    return isOwners ? invite(one) : join({ group_id });
  });
  if (data === undefined) return;
  load.checks.same("served", data?.[0]?.code ?? Code.OK, Code.OK, `a change of ${user.id} in ${chat.id}`);
  chat.members.set(user, after);
}

/** Creates a group now and then. */
export async function founder(load: Load, random: Random): Promise<void> {
  for (let count = 0; !load.isOver; count++) {
    await makeGroup(load, `Made in round ${load.round}, ${count}`, random);
    await load.pause(random.between(1_000, 4_000));
  }
}

async function makeGroup(load: Load, name: string, random: Random): Promise<void> {
  const { world } = load;
  const making = planGroup(world.users, name, random.between(2, 5), random);
  world.makings.push(making);
  const { data } = await load.ask("groups", () => making.owner.api.group.create(making.body));
  making.answered = data !== undefined;
  if (data) world.made(data.id, making);
}

/** Short operations that happen once, started so late that the kill may interrupt them. */
export async function lastMinute(load: Load, random: Random): Promise<void> {
  const chat = load.world.introduce();
  const [a, b] = chat?.first ?? [];
  const firsts = chat && a && b ? [post(load, a.devices[0], chat, random), load.hand(b.devices[0], chat, random)] : [];
  await Promise.all([...firsts, makeGroup(load, `Made at the end of round ${load.round}`, random)]);
}

/** While the server is down, each user sends in one of their chats, and two users who have never talked start one. */
export function offline(load: Load, random: Random): void {
  const first = load.world.introduce();
  for (const device of load.world.devices) {
    const chats = load.world.chatsOf(device.user);
    const chat = first?.membership(device.user) === "in" ? first : random.pick(chats);
    for (const _ of upTo(random.between(1, 3))) void load.hand(device, chat, random);
    if (random.chance(0.3)) void load.hand(device, chat, random, someFile(random));
    for (const _ of upTo(random.between(0, 2))) void load.given(OPERATIONS, operate(load.world, device, random));
  }
  for (const mirror of load.world.mirrors.values()) mirror.restart(random);
}
