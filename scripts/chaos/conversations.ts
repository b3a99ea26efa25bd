import { ok } from "../../test/helpers/node/checks.ts";
import type { Member, Message, ReadState } from "../../test/helpers/node/wire.ts";
import type { Checks } from "./checks.ts";
import type { Client } from "./client.ts";
import type { Load } from "./load.ts";
import type { Chat, World } from "./world.ts";

const firstNotice = 1001;
/** A member's status after the notices of joining, being invited, quitting, being kicked. */
const statusAfter = { 1001: 1, 1002: 1, 1003: 2, 1004: 3 } as const;

/** What somebody may see, as the notices in the stream say; status as in a list: 1 in, 2 quit, 3 kicked. */
type Range = { first: number; last: number; status: 1 | 2 | 3 };

/** A conversation as one of its users sees it, from the conversation itself. */
export type View = {
  range: Range;
  state: ReadState;
  last: Message | null;
  /** The other's mark, in a single chat. */
  peerReadSeq: number;
};

/** A conversation as it is after the crash. */
export type Truth = { history: readonly Message[]; views: Map<Client, View> };

/** Every message from a seq on, page by page. */
export async function pullFrom(client: Client, chat: Chat, from: number): Promise<Message[]> {
  const messages: Message[] = [];
  for (let begin = from; ; begin = (messages.at(-1)?.seq ?? 0) + 1) {
    const page = await client.person.pull(chat.id, { begin_seq: begin });
    messages.push(...page.messages);
    if (page.messages.length === 0 || begin + page.messages.length > page.max_seq) return messages;
  }
}

/** Reads a conversation with all its users' eyes, and checks that they see one and the same. Changes nothing. */
export async function readTruth(world: World, chat: Chat, checks: Checks): Promise<Truth> {
  const history = await pullFrom(chat.witness, chat, 1);
  const what = (more: string) => `${chat.id}: ${more}`;
  checks.same("stored", history.slice(0, chat.history.length), chat.history, what("what was there a round ago"));
  checkStream(history, chat, checks);
  const ranges = rangesOf(chat, history);
  const views = new Map<Client, View>();
  // A single chat without a message is none yet.
  if (chat.groupId === null && history.length === 0) return { history, views };
  await Promise.all(
    [...ranges].map(async ([userId, range]) => {
      const client = world.client(userId);
      if (client) views.set(client, await viewOf(client, chat, history, range, checks));
    }),
  );
  if (chat.groupId === null) {
    const [a, b] = chat.first.map((client) => views.get(client));
    if (a && b) [a.peerReadSeq, b.peerReadSeq] = [b.state.read_seq, a.state.read_seq];
  } else await checkMembers(world, chat, ranges, checks);
  return { history, views };
}

function checkStream(history: readonly Message[], chat: Chat, checks: Checks): void {
  const known = new Set<string>();
  for (const [index, message] of history.entries()) {
    const before = history[index - 1];
    const where = () => `${chat.id}, after ${JSON.stringify(before)} comes ${JSON.stringify(message)}`;
    checks.that("whole", message.seq === index + 1, where);
    if (before) {
      const rises = message.server_msg_id > before.server_msg_id && message.send_at >= before.send_at;
      checks.that("rising", rises, where);
    }
    if (message.msg_type >= firstNotice) continue;
    const key = keyOf(message.sender_id, message.client_msg_id);
    checks.that("once", !known.has(key), () => `${chat.id}: a second message of ${key}: ${JSON.stringify(message)}`);
    known.add(key);
  }
}

export function keyOf(senderId: string, clientMsgId: string): string {
  return `${senderId} ${clientMsgId}`;
}

/** Who came in by which notice, and went by which. */
function rangesOf(chat: Chat, history: readonly Message[]): Map<string, Range> {
  const last = history.length;
  const ranges = new Map<string, Range>(chat.first.map(({ id }) => [id, { first: 1, last, status: 1 }]));
  for (const { msg_type, seq, content } of history) {
    if (!(msg_type in statusAfter)) continue;
    const status = statusAfter[msg_type as keyof typeof statusAfter];
    for (const userId of content.user_ids as string[]) {
      const first = ranges.get(userId)?.first ?? seq;
      ranges.set(userId, status === 1 ? { first: seq, last, status } : { first, last: seq, status });
    }
  }
  return ranges;
}

async function viewOf(
  client: Client,
  chat: Chat,
  history: readonly Message[],
  range: Range,
  checks: Checks,
): Promise<View> {
  const { rest: api } = client.person;
  const query = { conversation_id: chat.id };
  const what = (more: string) => `${chat.id} as ${client.id} sees it: ${more}`;
  const visible = history.slice(range.first - 1, range.last);
  // What is older was seen in the rounds before.
  const begin = Math.max(range.first, chat.history.length + 1);
  const [state, max, oldest, pulled] = await Promise.all([
    api.get<ReadState>("/conversation/max_read_seq", query).then(ok),
    api.get<{ max_seq: number }>("/msg/max_seq", query).then(ok),
    client.person.pull(chat.id, { limit: 1 }),
    client === chat.witness ? history.slice(begin - 1) : pullFrom(client, chat, begin),
  ]);
  checks.same("visible", oldest.messages, visible.slice(0, 1), what("the first message"));
  checks.same("visible", pulled, history.slice(begin - 1, range.last), what(`messages from ${begin} on`));
  checks.same("visible", [state.max_seq, max.max_seq], [range.last, range.last], what("max_seq"));
  const countable = visible.filter(({ seq, msg_type }) => seq > state.read_seq && msg_type < firstNotice);
  checks.same("unread", state.unread_count, countable.length, what(`unread after ${state.read_seq}`));
  const mark = client.marks.get(chat.id) ?? 0;
  checks.that("marks", state.read_seq >= mark, () => what(`read_seq ${state.read_seq}, though ${mark} was answered`));
  client.sawMark(chat.id, state.read_seq);
  return { range, state, last: visible.at(-1) ?? null, peerReadSeq: 0 };
}

/** Answered changes are there; of the one that was not answered, nobody knew. */
async function checkMembers(world: World, chat: Chat, ranges: Map<string, Range>, checks: Checks): Promise<void> {
  const query = { group_id: chat.groupId ?? "" };
  const members = ok(await chat.witness.person.rest.get<Member[]>("/group/members", query));
  const active = [...ranges].filter(([, { status }]) => status === 1).map(([id]) => id);
  checks.same("visible", members.map(({ user_id }) => user_id).sort(), active.sort(), `${chat.id}: members`);
  for (const client of world.clients) {
    const status = ranges.get(client.id)?.status;
    const found = status === undefined ? "never" : ({ 1: "in", 2: "quit", 3: "kicked" } as const)[status];
    const expected = chat.membership(client);
    if (expected === "unknown") chat.members.set(client, found);
    else checks.same("visible", found, expected, `${chat.id}: membership of ${client.id}`);
  }
}

/** What was answered or pushed before the kill is there. */
export function checkPromises(load: Load, truths: ReadonlyMap<Chat, Truth>, checks: Checks): void {
  for (const { chat, from, body, sent } of load.attempts) {
    if (!sent) continue;
    const stored = truths.get(chat)?.history[sent.seq - 1];
    const { server_msg_id, seq } = sent;
    const expected = { sender: from.id, client_msg_id: body.client_msg_id, content: body.content, server_msg_id, seq };
    const got = stored && {
      sender: stored.sender_id,
      client_msg_id: stored.client_msg_id,
      content: stored.content,
      server_msg_id: stored.server_msg_id,
      seq: stored.seq,
    };
    checks.same("stored", got, expected, `${chat.id}: a message answered to ${from.id}`);
  }
  for (const message of load.pushed) {
    const chat = load.world.chat(message.conversation_id);
    const stored = chat && truths.get(chat)?.history[message.seq - 1];
    checks.same("stored", stored, message, `${message.conversation_id}: a message that was pushed`);
  }
}
