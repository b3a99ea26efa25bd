import type { Answer } from "../../test/helpers/node/rest.ts";
import type { Frame } from "../../test/helpers/node/tap.ts";
import { type Group, type Message, outgoing, type PerUser, type Sent } from "../../test/helpers/node/wire.ts";
import type { Random } from "../../test/simulation/random.ts";
import type { Client } from "./client.ts";
import type { Load, Outcome } from "./load.ts";
import { type Attempt, type Chat, type Membership, type Path, paths, planGroup } from "./world.ts";

/** NOT_A_MEMBER: between the choice and the request somebody may have been kicked. */
const notIn = [3003];

/** Sends, mostly one after the other, often some at once. */
export async function sender(load: Load, client: Client, random: Random): Promise<void> {
  while (!load.isOver) {
    const wanted = random.pick(paths);
    const rooms = load.world.chats.filter(({ id }) => client.rooms.has(id));
    const chat = random.pick(wanted === "conversation's socket" && rooms.length > 0 ? rooms : load.world.chats);
    const path = pathOf(client, chat, wanted);
    const burst = random.chance(0.3) ? random.between(2, 8) : 1;
    const bodies = Array.from({ length: burst }, () => writing(chat, client, random));
    if (chat.membership(client) === "in") {
      await Promise.all(bodies.map((body) => attempt(load, { chat, from: client, path, body })));
    }
    await load.pause(random.between(5, 60));
  }
}

async function attempt(load: Load, made: Attempt): Promise<void> {
  load.attempts.push(made);
  const { chat, from, path, body } = made;
  const { data, code } = await load.ask<Message | Sent>(`sends by ${path}`, () => send(from, chat, path, body), notIn);
  if (code !== undefined) made.refused = code;
  if (!data) return;
  made.sent = data;
  from.sawCursor(data);
  from.sawMark(chat.id, data.seq);
}

/** Sends a message over any path; REST answers with all of it. */
export function send(
  from: Client,
  chat: Chat,
  path: Path,
  body: Attempt["body"],
): Promise<Answer<Message> | Frame<Sent>> {
  if (path === "REST") return from.person.rest.post<Message>("/msg/send", body);
  const socket = path === "user's socket" ? from.socket : from.rooms.get(chat.id);
  if (!socket) throw new Error(`${from.id} has no ${path} for ${chat.id}`);
  return socket.request<Sent>(1003, body);
}

/** Not everyone has a socket on every conversation. */
function pathOf(client: Client, chat: Chat, path: Path): Path {
  return path === "conversation's socket" && !client.rooms.has(chat.id) ? "user's socket" : path;
}

function writing(chat: Chat, from: Client, random: Random): Attempt["body"] {
  const text = `${random.pick(["hello", "Grüße", "👋🏽", "שלום", ' "quoted" \\ '])} ${random.below(1_000_000)}`;
  if (random.chance(0.2)) {
    const custom_data = { deep: [{ n: random.next() }, null], text };
    return outgoing(chat.to(from), { custom_type: "chaos", custom_data, unknown: [[]] }, { msg_type: 100 });
  }
  return outgoing(chat.to(from), random.chance(0.1) ? { text: text.repeat(40), more: true } : { text });
}

/** Reads what it has, marks it read by all three paths, and syncs as clients do. */
export async function reader(load: Load, client: Client, random: Random): Promise<void> {
  while (!load.isOver) {
    const path = random.pick(paths);
    if (random.chance(0.4)) await catchUp(load, client, path, random.between(1, 20));
    else await markRead(load, client, path, random);
    await load.pause(random.between(20, 120));
  }
}

async function catchUp(load: Load, client: Client, path: Path, limit: number): Promise<void> {
  // All pages together count as one request: only the last makes them worth anything.
  const { data } = await load.ask("syncs", async () => {
    const replica = await client.synced(client.replica, limit, path === "REST" ? undefined : client.socket);
    return { code: 0, raw: "", data: replica };
  });
  if (!data) return;
  client.replica = data;
  client.sawCursor(data);
}

async function markRead(load: Load, client: Client, wanted: Path, random: Random): Promise<void> {
  const known = [...client.replica.conversations.values()].filter(({ max_seq }) => max_seq > 0);
  if (known.length === 0) return;
  const { conversation_id, max_seq, read_seq } = random.pick(known);
  const chat = load.world.chat(conversation_id);
  if (!chat) return;
  const path = pathOf(client, chat, wanted);
  const body = { conversation_id, read_seq: random.between(Math.min(read_seq, max_seq), max_seq) };
  const { data } = await mark(load, client, chat, path, body);
  if (data === undefined) return;
  // What is listed is visible, so nothing is clamped: by every path the mark is at least what was asked for.
  client.sawMark(conversation_id, data?.read_seq ?? body.read_seq);
  client.sawCursor(data);
}

function mark(
  load: Load,
  client: Client,
  chat: Chat,
  path: Path,
  body: { conversation_id: string; read_seq: number },
): Promise<Outcome<{ read_seq: number } | null>> {
  const socket = path === "user's socket" ? client.socket : client.rooms.get(chat.id);
  return load.ask<{ read_seq: number } | null>("marks", () =>
    path === "REST" || !socket ? client.person.rest.post("/conversation/mark_read", body) : socket.request(1007, body),
  );
}

/** Kicks, invites, lets join and quit, one after the other, so that only the last can be unanswered. */
export async function host(load: Load, chat: Chat, random: Random): Promise<void> {
  while (!load.isOver) {
    await load.pause(random.between(100, 500));
    if (load.isOver) return;
    const others = load.world.clients.filter((client) => client !== chat.witness);
    await change(load, chat, random.pick(others), random.chance(0.5));
  }
}

async function change(load: Load, chat: Chat, client: Client, byOwner: boolean): Promise<void> {
  const before = chat.membership(client);
  const owner = byOwner || before === "kicked";
  const after: Membership = before === "in" ? (owner ? "kicked" : "quit") : "in";
  const route = before === "in" ? (owner ? "kick" : "quit") : owner ? "invite" : "join";
  const body = { group_id: chat.groupId, ...(owner ? { user_ids: [client.id] } : {}) };
  chat.members.set(client, "unknown");
  const { rest: api } = (owner ? chat.witness : client).person;
  const { data } = await load.ask<PerUser | null>("group changes", () => api.post(`/group/${route}`, body));
  if (data === undefined) return;
  load.expect(data?.[0]?.code ?? 0, 0, `the answer to ${route} of ${client.id} in ${chat.id}`);
  chat.members.set(client, after);
}

/** Makes a group now and then. */
export async function founder(load: Load, random: Random): Promise<void> {
  for (let count = 0; !load.isOver; count++) {
    await makeGroup(load, `Made in round ${load.round}, ${count}`, random);
    await load.pause(random.between(1_000, 4_000));
  }
}

async function makeGroup(load: Load, name: string, random: Random): Promise<void> {
  const { world } = load;
  const making = planGroup(world.clients, name, random.between(2, 5), random);
  world.makings.push(making);
  const { data } = await load.ask("groups", () => making.owner.person.rest.post<Group>("/group/create", making.body));
  making.answered = data !== undefined;
  if (data) world.made(data.id, making);
}

/** What happens only once and is soon over, begun so late that the kill has a chance to meet it. */
export async function lastMinute(load: Load, random: Random): Promise<void> {
  const chat = load.world.introduce();
  const [a, b] = chat?.first ?? [];
  const first = (from: Client | undefined, path: Path) =>
    chat && from && attempt(load, { chat, from, path, body: writing(chat, from, random) });
  const name = `Made at the end of round ${load.round}`;
  await Promise.all([first(a, "REST"), first(b, "user's socket"), makeGroup(load, name, random)]);
}
