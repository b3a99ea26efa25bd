import { upTo } from "../../test/helpers/node/suite.ts";
import type { Group, Message } from "../../test/helpers/node/wire.ts";
import type { Random } from "../../test/simulation/random.ts";
import { send } from "./actors.ts";
import type { Checks } from "./checks.ts";
import { keyOf, pullFrom, type Truth } from "./conversations.ts";
import { type Attempt, type Chat, type Making, type Path, paths, shuffled, type World } from "./world.ts";

export type Retried = { stored: number; made: number; refused: number; again: number; groups: number };

/** Answered sends that are sent again, of this round and of each before. */
const samples = 10;
const answeredEarlier = new WeakMap<World, Attempt[]>();

/**
 * Sends again what was not answered, and some of what was, each over two paths at once; then pulls what is
 * new: exactly one message for each that had not been stored.
 */
export async function retry(
  world: World,
  attempts: readonly Attempt[],
  truths: ReadonlyMap<Chat, Truth>,
  random: Random,
  checks: Checks,
): Promise<Retried> {
  const retried: Retried = { stored: 0, made: 0, refused: 0, again: 0, groups: 0 };
  await Promise.all(world.clients.map((client) => client.open(false)));
  for (const making of world.makings.filter(({ answered }) => !answered)) {
    await makeAgain(world, making, checks);
    retried.groups++;
  }

  const open = attempts.filter(({ sent, refused }) => !sent && refused === undefined);
  const answered = attempts.filter(({ sent }) => sent);
  const earlier = answeredEarlier.get(world) ?? [];
  const sampled = [...shuffled(answered, random).slice(0, samples), ...shuffled(earlier, random).slice(0, samples)];
  answeredEarlier.set(world, [...earlier, ...sampled.slice(0, 1)]);
  await openRooms(open);

  const stored = new Map<Chat, Map<string, Message>>();
  for (const [chat, { history }] of truths) {
    stored.set(chat, new Map(history.map((message) => [keyOf(message.sender_id, message.client_msg_id), message])));
  }
  const made = new Map<Chat, Attempt[]>();
  await Promise.all(
    [...open, ...sampled].map(async (attempt) => {
      const ways = shuffled(pathsOf(attempt), random).slice(0, 2);
      const before = stored.get(attempt.chat)?.get(keyOf(attempt.from.id, attempt.body.client_msg_id));
      const outcome = await sendAgain(attempt, ways, before, checks);
      if (attempt.sent) retried.again++;
      else if (before) retried.stored++;
      else if (outcome === null) retried.refused++;
      else {
        retried.made++;
        made.set(attempt.chat, [...(made.get(attempt.chat) ?? []), { ...attempt, sent: outcome }]);
      }
    }),
  );
  await Promise.all([...truths].map(([chat, truth]) => checkNew(chat, truth, made.get(chat) ?? [], checks)));
  return retried;
}

/** @returns what all answers say, or null where all are refusals */
async function sendAgain(
  attempt: Attempt,
  ways: readonly Path[],
  before: Message | undefined,
  checks: Checks,
): Promise<NonNullable<Attempt["sent"]> | null> {
  const { chat, from, body } = attempt;
  const answers = await Promise.all(ways.map((path) => send(from, chat, path, body)));
  const outcomes = answers.map((answer) => {
    const code = "code" in answer ? answer.code : answer.err_code;
    if (code !== 0) return code;
    const { seq, server_msg_id, send_at } = answer.data;
    return { seq, server_msg_id, send_at };
  });
  const what = `${chat.id}: ${from.id} sends ${body.client_msg_id} again by ${ways.join(" and ")}`;
  const [first] = outcomes;
  const expected = before && { seq: before.seq, server_msg_id: before.server_msg_id, send_at: before.send_at };
  for (const outcome of outcomes) checks.same("once", outcome, expected ?? first, what);
  for (const answer of answers) {
    if (before && "code" in answer) checks.same("once", answer.data, before, `${what}: the whole message`);
  }
  // Only who is no member any more may be refused, and then nothing of it is there.
  if (typeof first === "object") return first;
  checks.same("once", [first, chat.membership(from) !== "in"], [3003, true], `${what}: the refusal`);
  return null;
}

/** Seqs go on without a hole, and there is nothing new but one message for each send that was not stored. */
async function checkNew(chat: Chat, truth: Truth, made: readonly Attempt[], checks: Checks): Promise<void> {
  const max = truth.history.length;
  const fresh = await pullFrom(chat.witness, chat, max + 1);
  const got = fresh.map(({ seq, sender_id, client_msg_id, content }) => ({ seq, sender_id, client_msg_id, content }));
  const expected = made
    .map(({ sent, from, body }) => ({
      seq: sent?.seq ?? 0,
      sender_id: from.id,
      client_msg_id: body.client_msg_id,
      content: body.content,
    }))
    .sort((a, b) => a.seq - b.seq);
  checks.same("once", got, expected, `${chat.id}: what is new after the retries`);
  const seqs = fresh.map(({ seq }) => seq);
  const next = upTo(fresh.length).map((count) => max + count);
  checks.same("whole", seqs, next, `${chat.id}: seqs after the retries`);
  chat.history = [...truth.history, ...fresh];
}

/** Twice at once: the same group both times, also when the first try had been stored. */
async function makeAgain(world: World, making: Making, checks: Checks): Promise<void> {
  const { owner, body } = making;
  const answers = await Promise.all([1, 2].map(() => owner.person.rest.post<Group>("/group/create", body)));
  const known = world.chats.find(({ name }) => name === body.name);
  for (const { raw, code, data } of answers) {
    checks.that("groups", code === 0, () => `${owner.id} makes "${body.name}" again: ${raw}`);
    checks.same("groups", data?.id, known?.groupId ?? answers[0]?.data?.id, `the id of "${body.name}"`);
    if (code === 0) world.made(data.id, making);
  }
  making.answered = true;
}

async function openRooms(attempts: readonly Attempt[]): Promise<void> {
  for (const { from, chat } of attempts) if (chat.membership(from) === "in") await from.room(chat.id);
}

function pathsOf({ from, chat }: Attempt): Path[] {
  return paths.filter((path) => path !== "conversation's socket" || from.rooms.has(chat.id));
}
