import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { followed, ok } from "../../test/helpers/node/checks.ts";
import type { Conversation, Totals } from "../../test/helpers/node/wire.ts";
import { Checks, show } from "./checks.ts";
import type { Client, Listed, Replica } from "./client.ts";
import type { View } from "./conversations.ts";

/** An inbox as three ways of asking show it. */
export type Look = {
  list: Conversation[];
  totals: Totals;
  fresh: Replica;
  /** What the client has after it asked for what it missed. */
  caughtUp: Replica;
  at: number;
};

export type Expected = ReadonlyMap<string, View>;

const pause = 200;

export async function look(client: Client, limit: number): Promise<Look> {
  const { rest: api } = client.person;
  const [list, totals, fresh, caughtUp] = await Promise.all([
    api.get<Conversation[]>("/conversation/list").then(ok),
    api.get<Totals>("/conversation/unread_count").then(ok),
    client.synced({ cursor: 0, conversations: new Map() }, limit),
    client.synced(client.replica, limit),
  ]);
  return { list, totals, fresh, caughtUp, at: performance.now() };
}

/** Checks what an inbox says against what its conversations say. */
function compare(client: Client, seen: Look, expected: Expected): Checks {
  const checks = new Checks();
  const { list, totals, fresh, caughtUp } = seen;
  const what = (more: string) => `${client.id}: ${more}`;
  const listed: Listed = new Map(list.map((conversation) => [conversation.conversation_id, conversation]));
  checks.same("told", [...listed.keys()].sort(), [...expected.keys()].sort(), what("the conversations in the list"));
  for (const [id, view] of expected) {
    const got = listed.get(id);
    const wanted = Object.entries({ ...stateIn(view), ...client.settings.get(id) });
    const wrong = wanted.filter(([field, value]) => !isDeepStrictEqual(got?.[field as keyof Conversation], value));
    checks.that("told", wrong.length === 0, () => {
      const found = wrong.map(([field]) => [field, got?.[field as keyof Conversation]]);
      const [expected, shown] = [wrong, found].map((fields) => show(Object.fromEntries(fields)));
      return what(`${id} in the list\n  expected ${expected}\n  got      ${shown}`);
    });
  }
  const sum = (opt: number) =>
    list.reduce((total, row) => total + (row.recv_msg_opt === opt ? row.unread_count : 0), 0);
  checks.same("list", totals, { unread_count: sum(0), muted_unread_count: sum(1) }, what("the totals"));
  for (const [index, row] of list.entries()) {
    const before = list[index - 1];
    const follows =
      !before || (before.is_pinned === row.is_pinned ? before.updated_at >= row.updated_at : before.is_pinned);
    checks.that("list", follows, () => what(`${before?.conversation_id} is listed before ${row.conversation_id}`));
  }
  for (const [way, replica] of [
    ["from 0", fresh],
    [`since ${client.replica.cursor}`, caughtUp],
  ] as const) {
    checkReplica(checks, replica, listed, client.seenCursor, what(`sync ${way}`));
  }
  return checks;
}

function stateIn({ range, state, last, peerReadSeq }: View): Partial<Conversation> & { peer_read_seq: number } {
  return {
    max_seq: state.max_seq,
    read_seq: state.read_seq,
    unread_count: state.unread_count,
    min_seq: range.first,
    my_status: range.status,
    peer_read_seq: peerReadSeq,
    last_message: last && preview(last),
  };
}

function preview<M extends { msg_type: number; content: Record<string, unknown> }>(message: M): M {
  const { text } = message.content;
  if (message.msg_type !== 1 || typeof text !== "string") return message;
  return { ...message, content: { ...message.content, text: [...text].slice(0, 256).join("") } };
}

function checkReplica(checks: Checks, replica: Replica, listed: Listed, seen: number, what: string): void {
  const ids = [...new Set([...listed.keys(), ...replica.conversations.keys()])];
  for (const id of ids) checks.same("sync", replica.conversations.get(id), listed.get(id), `${what}: ${id}`);
  checks.that("cursor", replica.cursor >= seen, () => `${what}: cursor ${replica.cursor}, though ${seen} was given`);
}

/**
 * Follows the cursor over the frames of a user's socket, as clients do to see that they missed nothing.
 * @param from the cursor it had when the socket was opened, where nothing else can have moved it.
 */
export function checkChain(client: Client, from: number | undefined, checks: Checks): void {
  const first = client.socket?.log.map(({ data }) => (data ?? {}) as { prev?: number }).find(({ prev }) => prev);
  // What is refused moves the cursor without a push.
  if (!client.socket || !first || [...client.settings.values()].some((set) => set.recv_msg_opt === 2)) return;
  if (from !== undefined) checks.same("chain", first.prev, from, `${client.id}: the first prev on the new socket`);
  let broken = "";
  try {
    followed(client.socket.log, client.id);
  } catch (error) {
    broken = String(error);
  }
  checks.that("chain", broken === "", () => broken);
}

export type Agreement = {
  /** How many agreed at the first look. */
  atOnce: number;
  /** Milliseconds from the restart to the last look that was needed. */
  after: number;
  replicas: Map<Client, Replica>;
};

/**
 * Looks at those inboxes that do not agree again and again, until all do or the time is up, and counts the
 * checks of each one's last look.
 * @param expectedOf finds out what an inbox has to say, also of conversations that only a list has shown.
 */
export async function untilAgreed(
  clients: readonly Client[],
  firstLooks: ReadonlyMap<Client, Look>,
  time: { restarted: number; deadline: number; limit: () => number },
  expectedOf: (listed: readonly Conversation[]) => Promise<(client: Client) => Expected>,
  checks: Checks,
): Promise<Agreement> {
  const looks = new Map(firstLooks);
  let atOnce: number | undefined;
  for (;;) {
    const expected = await expectedOf([...looks.values()].flatMap(({ list }) => list));
    const results = clients.map((client) => {
      const seen = looks.get(client);
      if (!seen) throw new Error(`${client.id} was not looked at`);
      return { client, seen, checks: compare(client, seen, expected(client)) };
    });
    const open = results.filter((result) => result.checks.failed > 0).map(({ client }) => client);
    atOnce ??= clients.length - open.length;
    if (open.length === 0 || performance.now() > time.deadline) {
      for (const result of results) checks.add(result.checks);
      const replicas = new Map(results.map(({ client, seen }) => [client, seen.caughtUp]));
      const last = Math.max(...results.map(({ seen }) => seen.at));
      return { atOnce, after: last - time.restarted, replicas };
    }
    await sleep(pause);
    await Promise.all(open.map(async (client) => looks.set(client, await look(client, time.limit()))));
  }
}
