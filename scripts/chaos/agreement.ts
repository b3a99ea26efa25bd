import { setTimeout as sleep } from "node:timers/promises";
import {
  type Conversation,
  type ConversationsSnapshot,
  MemberStatus,
  type Message,
  type MessageItem,
  MessageType,
  RecvMsgOpt,
} from "../../src/client/index.ts";
import type { Random } from "../../test/simulation/random.ts";
import { identityOf, isRecalled } from "./amending.ts";
import { Checks, type Rule } from "./checks.ts";
import type { Mirror } from "./mirror.ts";
import type { Truth, View } from "./truth.ts";
import { allMessages, type Device, type Replica, type User } from "./user.ts";
import type { Chat } from "./world.ts";

/** What one SDK shows. */
type Shown = {
  readonly name: string;
  readonly list: ConversationsSnapshot;
  readonly messages: ReadonlyMap<string, readonly MessageItem[]>;
};

/** What one SDK shows, and what it delivered to listeners. */
type Screen = Shown & {
  readonly device: Device;
  readonly heard: ReadonlyMap<string, readonly Message[]>;
  /** The answer to the last heartbeat. */
  readonly pong: string;
};

/** A user's conversations as the server's routes return them, and as the user's SDKs show them. */
export type Look = {
  readonly user: User;
  readonly mirror: Mirror | undefined;
  /** The highest cursor that was given before. */
  readonly given: number;
  readonly list: readonly Conversation[];
  readonly totals: { unread_count: number; muted_unread_count: number };
  /** The results of a sync from 0, and from the end of the previous round. */
  readonly fresh: Replica;
  readonly caughtUp: Replica;
  readonly screens: readonly Screen[];
  /** What the device that lives from its history shows. */
  readonly restored: Shown | null;
  readonly at: number;
};

const pause = 200;

/** Reads no conversation: reading one wakes it, and its updates must not depend on that. */
export async function look(user: User, mirror: Mirror | undefined, random: Random): Promise<Look> {
  const { conversation } = user.api;
  const given = user.seenCursor;
  // Makes each device send a heartbeat, which is answered before the routes are.
  for (const { client } of user.devices) client.wake();
  mirror?.client.wake();
  const [{ items: list }, totals, fresh, caughtUp] = await Promise.all([
    conversation.list(),
    conversation.totals(),
    user.synced({ cursor: 0, conversations: new Map() }, random.between(2, 20)),
    user.synced(user.replica, random.between(2, 20)),
  ]);
  const screens = await Promise.all(user.devices.map(screenOf));
  const restored = mirror ? await shownBy(mirror) : null;
  return { user, mirror, given, list, totals, fresh, caughtUp, screens, restored, at: performance.now() };
}

async function shownBy({ name, client }: Pick<Device, "name" | "client">): Promise<Shown> {
  const list = client.conversations.getSnapshot();
  const ids = list.conversations.map(({ conversation_id }) => conversation_id);
  const messages = new Map(await Promise.all(ids.map(async (id) => [id, await allMessages(client, id)] as const)));
  return { name, list, messages };
}

async function screenOf(device: Device): Promise<Screen> {
  const shown = await shownBy(device);
  const heard = new Map([...device.heard].map(([id, some]) => [id, [...some]]));
  return { ...shown, device, heard, pong: device.wiretap.pong };
}

type Expected = ReadonlyMap<string, View>;

/** Compares an inbox and its SDKs with the conversations. */
function compare(seen: Look, expected: Expected): Checks {
  const checks = new Checks();
  checkList(checks, seen, expected);
  for (const screen of seen.screens) {
    checkShown(checks, "shown", screen, seen, expected);
    checkHeard(checks, screen, seen, expected);
  }
  if (seen.restored) checkShown(checks, "restored", seen.restored, seen, expected);
  return checks;
}

function checkList(checks: Checks, seen: Look, expected: Expected): void {
  const { user, given, list, totals, fresh, caughtUp } = seen;
  const what = (more: string) => `${user.id}: ${more}`;
  const listed = new Map(list.map((conversation) => [conversation.conversation_id, conversation]));
  checks.same("told", [...listed.keys()].sort(), [...expected.keys()].sort(), what("the conversations in the list"));
  for (const [id, view] of expected) {
    const row = listed.get(id);
    const wanted = { ...stateIn(view), ...user.settings.get(id) };
    const shown = row && { ...row, last_message: preview(row.last_message) };
    const got = Object.fromEntries(Object.keys(wanted).map((field) => [field, shown?.[field as keyof Conversation]]));
    checks.same("told", got, wanted, what(`${id} in the list`));
  }
  const sum = (opt: number) =>
    list.reduce((total, row) => total + (row.recv_msg_opt === opt ? row.unread_count : 0), 0);
  checks.same("list", totals, { unread_count: sum(0), muted_unread_count: sum(1) }, what("the totals"));
  const sorted = list.toSorted((a, b) => Number(b.is_pinned) - Number(a.is_pinned) || b.updated_at - a.updated_at);
  checks.sameList("list", list, sorted, what("the order"));
  for (const [way, { conversations, cursor }] of [
    ["from 0", fresh],
    [`since ${user.replica.cursor}`, caughtUp],
  ] as const) {
    checks.sameList("sync", byId(conversations.values()).map(rowOf), byId(list).map(rowOf), what(`sync ${way}`));
    checks.that("cursor", cursor >= given, () =>
      what(`sync ${way} returns cursor ${cursor}, though ${given} was given before`),
    );
  }
}

function byId(conversations: Iterable<Conversation>): Conversation[] {
  return [...conversations].sort((a, b) => (a.conversation_id < b.conversation_id ? -1 : 1));
}

function stateIn(view: View): object {
  const { range, state, visible, peerReadSeq } = view;
  const isStale = isOld(view);
  return {
    max_seq: state.max_seq,
    read_seq: state.read_seq,
    ...(!isStale && { unread_count: state.unread_count }),
    min_seq: range.first,
    my_status: { in: MemberStatus.NORMAL, quit: MemberStatus.QUIT, kicked: MemberStatus.KICKED }[range.status],
    peer_read_seq: peerReadSeq,
    ...(!isStale && { last_message: preview(visible.at(-1) ?? null) }),
  };
}

/** The inbox of a user who left is not told of what was changed after that. */
function isOld({ range, visible }: View): boolean {
  return range.status !== "in" && visible.some(({ amended }) => amended !== null);
}

/** The last message as lists show it, with its text cut. */
function preview(given: Message | null): object | null {
  if (!given) return null;
  const { content } = given;
  const text = given.msg_type === MessageType.TEXT && !isRecalled(given) ? String(content.text) : null;
  const cut = text === null ? content : { ...content, text: [...text].slice(0, 256).join("") };
  return { ...toldOf(given), content: cut };
}

/** What everyone is told of a message. Of pins and reactions only those are told who look at the conversation. */
function toldOf(message: Message): object {
  const { content, meta, amended } = message;
  const { edited_at = 0, recalled_at = 0, recalled_by = "" } = amended ?? {};
  return { ...identityOf(message), content, meta, edited_at, recalled_at, recalled_by };
}

function checkShown(
  checks: Checks,
  rule: Rule,
  { name, list: own, messages }: Shown,
  { list, totals }: Look,
  expected: Expected,
): void {
  const what = (more: string) => `${name}: ${more}`;
  checks.sameList(rule, own.conversations.map(rowOf), list.map(rowOf), what("the list"));
  const { unread_count, muted_unread_count } = own;
  checks.same(rule, { unread_count, muted_unread_count }, totals, what("the totals"));
  for (const [id, view] of expected) {
    const shown = (all: readonly Message[]) => all.map(isOld(view) ? identityOf : toldOf);
    checks.sameList(rule, shown(messages.get(id) ?? []), shown(view.visible), what(`messages of ${id}`));
  }
}

/** A row of the list. Its rev may lag: a reaction raises it without a step of the cursor, and an SDK may know a later one. */
function rowOf({ rev: _, last_message, ...row }: Conversation): object {
  return { ...row, last_message: preview(last_message) };
}

function checkHeard(checks: Checks, screen: Screen, { user, fresh }: Look, expected: Expected): void {
  const { device, heard, pong } = screen;
  const what = (more: string) => `${device.name}: ${more}`;
  for (const [id, { inRange, deleted, before }] of expected) {
    const got = heard.get(id) ?? [];
    const seqs = new Set(got.map(({ seq }) => seq));
    // A user who leaves and returns while the SDK is offline does not get the messages in between.
    // What the user has deleted may have been deleted before it came.
    const due = inRange.filter(({ seq }) => seqs.has(seq) || !deleted.has(seq));
    const wanted = [...before.filter(({ seq }) => seqs.has(seq)), ...due];
    // They were delivered as they stood then.
    checks.sameList("heard", got.map(identityOf), wanted.map(identityOf), what(`what onMessage delivered of ${id}`));
  }
  checks.same("cursor", pong, `pong:${fresh.cursor}`, what("the heartbeat"));
  // A refused conversation moves the cursor without a frame.
  const refuses = [...user.settings.values()].some((set) => set.recv_msg_opt === RecvMsgOpt.REFUSE);
  if (!refuses) checks.sameList("chain", device.wiretap.broken, [], device.name);
}

export type Agreement = {
  /** How many users agreed at the first check. */
  readonly atOnce: number;
  readonly users: number;
  /** Milliseconds from the first check to the last one needed. */
  readonly after: number;
};

/**
 * Checks the users that do not agree yet again and again, until all agree or the time is up. Counts each user's last
 * checks, and makes the next round start from that state.
 */
export async function untilAgreed(
  looks: readonly Look[],
  truths: ReadonlyMap<Chat, Truth>,
  deadline: number,
  random: Random,
  checks: Checks,
): Promise<Agreement> {
  const results = looks.map((seen) => ({ seen, checks: compare(seen, expectedOf(seen.user, truths)) }));
  const open = () => results.filter((result) => result.checks.failed > 0);
  const atOnce = results.length - open().length;
  while (open().length > 0 && performance.now() < deadline) {
    await sleep(pause);
    const again = open().map(async (result) => {
      result.seen = await look(result.seen.user, result.seen.mirror, random);
      result.checks = compare(result.seen, expectedOf(result.seen.user, truths));
    });
    await Promise.all(again);
  }
  for (const result of results) {
    checks.add(result.checks);
    result.seen.user.replica = result.seen.fresh;
  }
  const after = Math.max(...results.map(({ seen }) => seen.at)) - Math.min(...looks.map(({ at }) => at));
  return { atOnce, users: results.length, after };
}

function expectedOf(user: User, truths: ReadonlyMap<Chat, Truth>): Expected {
  return new Map(
    [...truths].flatMap(([chat, { views }]) => {
      const view = views.get(user);
      return view ? [[chat.id, view] as const] : [];
    }),
  );
}
