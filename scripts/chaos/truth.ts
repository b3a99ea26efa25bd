import { Code, isCountable, type Message, NoticeType, type ReadState } from "../../src/client/index.ts";
import { checkAmendings, identityOf, isRecalled } from "./amending.ts";
import type { Checks } from "./checks.ts";
import { checkOperatings, deletedBy } from "./operating.ts";
import type { Sending } from "./sending.ts";
import type { Device, User } from "./user.ts";
import type { Chat, World } from "./world.ts";

/** The status that a user has after a notice of joining, being invited, quitting or being kicked. */
const membershipAfter: Readonly<Record<number, Range["status"]>> = {
  [NoticeType.JOINED]: "in",
  [NoticeType.INVITED]: "in",
  [NoticeType.QUIT]: "quit",
  [NoticeType.KICKED]: "kicked",
};

/** What a user may see according to the notices. */
type Range = { readonly first: number; readonly last: number; readonly status: "in" | "quit" | "kicked" };
/** Newest first. */
type Ranges = readonly [Range, ...Range[]];

/** A conversation as one of its users sees it, read from the conversation itself. */
export type View = {
  readonly range: Range;
  readonly inRange: readonly Message[];
  /** Without those that the user has deleted. */
  readonly visible: readonly Message[];
  /** The same, with the user's own reactions, as the server gives them to this user. */
  readonly pulled: readonly Message[];
  readonly deleted: ReadonlySet<number>;
  /** What they could see in earlier memberships. */
  readonly before: readonly Message[];
  readonly state: ReadState;
  /** The peer's mark, in a single chat. */
  peerReadSeq: number;
};

/** A conversation after the crash. */
export type Truth = { readonly history: readonly Message[]; readonly views: Map<User, View> };

/** Reads a conversation as each of its users, and checks that they all see the same. Changes nothing. */
export async function readTruth(world: World, chat: Chat, checks: Checks): Promise<Truth> {
  const history = await pullAll(chat.witness, chat);
  const old = history.slice(0, chat.history.length);
  checks.sameList(
    "stored",
    old.map(identityOf),
    chat.history.map(identityOf),
    `${chat.id}: messages of the previous round`,
  );
  const back = chat.history.filter((message, index) => isRecalled(message) && !isRecalled(history[index] ?? message));
  checks.same("amended", back, [], `${chat.id}: messages that were recalled in a previous round, and are back`);
  checkStream(history, chat, checks);
  const ranges = rangesOf(chat, history);
  const views = new Map<User, View>();
  // A single chat without a message does not exist yet.
  if (chat.groupId === null && history.length === 0) return { history, views };
  await Promise.all(
    world.users.map(async (user) => {
      const own = ranges.get(user.id);
      if (own) views.set(user, await viewOf(world, user, chat, history, own, checks));
    }),
  );
  if (chat.groupId === null) {
    const [a, b] = chat.first.map((user) => views.get(user));
    if (a && b) [a.peerReadSeq, b.peerReadSeq] = [b.state.read_seq, a.state.read_seq];
  } else await checkMembers(world, chat, views, checks);
  return { history, views };
}

/** A message as everyone sees it: the reactions of the user who asked are left out. */
export function withoutMine<T extends Message>(message: T): T {
  const { mine: _, ...others } = message;
  return others as T;
}

/** Every message that a user sees, page by page. */
async function pullAll({ api }: User, { id: conversation_id }: Chat): Promise<Message[]> {
  const messages: Message[] = [];
  for (let last = 0; ; last = messages.at(-1)?.seq ?? last) {
    const page = await api.msg.pull({ conversation_id, begin_seq: last + 1 });
    messages.push(...page.messages.map((message) => ({ ...message, mine: page.mine[message.seq] ?? [] })));
    if (page.messages.length === 0 || messages.at(-1)?.seq === page.max_seq) return messages;
  }
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
    if (!isCountable(message.msg_type)) continue;
    checks.that("once", !known.has(keyOf(message)), () => `${chat.id}: returned twice: ${JSON.stringify(message)}`);
    known.add(keyOf(message));
  }
}

function keyOf({ sender_id, client_msg_id }: Pick<Message, "sender_id" | "client_msg_id">): string {
  return `${sender_id} ${client_msg_id}`;
}

/** The notices by which each user joined and left. */
function rangesOf(chat: Chat, history: readonly Message[]): Map<string, Ranges> {
  const last = history.length;
  const ranges = new Map<string, Ranges>(chat.first.map(({ id }) => [id, [{ first: 1, last, status: "in" }]]));
  for (const { msg_type, seq, content } of history) {
    const status = membershipAfter[msg_type];
    if (status === undefined) continue;
    for (const userId of content.user_ids as string[]) {
      const own = ranges.get(userId) ?? [];
      const [left, ...earlier] = own;
      if (status === "in") ranges.set(userId, [{ first: seq, last, status }, ...own]);
      else ranges.set(userId, [{ first: left?.first ?? seq, last: seq, status }, ...earlier]);
    }
  }
  return ranges;
}

async function viewOf(
  world: World,
  user: User,
  chat: Chat,
  history: readonly Message[],
  [range, ...earlier]: Ranges,
  checks: Checks,
): Promise<View> {
  const { msg, conversation } = user.api;
  const what = (more: string) => `${chat.id} as ${user.id} sees it: ${more}`;
  const before = earlier.toReversed().flatMap(({ first, last }) => history.slice(first - 1, last));
  const [state, max, pulled] = await Promise.all([
    conversation.readState(chat.id),
    msg.maxSeq(chat.id),
    pullAll(user, chat),
  ]);
  const seqs = new Set(pulled.map(({ seq }) => seq));
  const deleted = deletedBy(world, chat, user, (seq) => seqs.has(seq));
  const inRange = history.slice(range.first - 1, range.last).map(withoutMine);
  const visible = inRange.filter(({ seq }) => !deleted.has(seq));
  // Former members see contents as they stood when they left.
  const isIn = range.status === "in";
  const shown = (messages: readonly Message[]) => (isIn ? messages.map(withoutMine) : messages.map(identityOf));
  checks.sameList("visible", shown(pulled), shown(visible), what("messages"));
  checks.same("visible", [state.max_seq, max.max_seq], [range.last, range.last], what("max_seq"));
  const isUnread = (message: Message) => message.seq > state.read_seq && isCountable(message.msg_type);
  const unread = visible.filter((message) => isUnread(message) && !isRecalled(message));
  checks.same("unread", state.unread_count, unread.length, what(`unread after ${state.read_seq}`));
  const mark = user.marks.get(chat.id) ?? 0;
  checks.that("marks", state.read_seq >= mark, () => what(`read_seq ${state.read_seq}, though ${mark} was answered`));
  user.sawMark(chat.id, state.read_seq);
  return { range, inRange, visible, pulled, deleted, before, state, peerReadSeq: 0 };
}

/** Answered changes are stored. The result of the unanswered one is unknown. */
async function checkMembers(world: World, chat: Chat, views: ReadonlyMap<User, View>, checks: Checks): Promise<void> {
  const { items } = await chat.witness.api.group.members({ group_id: chat.groupId ?? "" });
  const active = [...views].filter(([, { range }]) => range.status === "in").map(([{ id }]) => id);
  checks.same("visible", items.map(({ user_id }) => user_id).sort(), active.sort(), `${chat.id}: members`);
  for (const user of world.users) {
    const found = views.get(user)?.range.status ?? "never";
    const expected = chat.membership(user);
    if (expected === "unknown") chat.members.set(user, found);
    else checks.same("visible", found, expected, `${chat.id}: membership of ${user.id}`);
  }
}

/** Whether this is how somebody who left a group is refused: the upload of a file has another code. */
function isOut(code: number | undefined, isFile: boolean): boolean {
  return code === Code.NOT_A_MEMBER || (isFile && code === Code.NO_PERMISSION);
}

/** Each message is stored once, as it was answered and changed. Refused messages are not stored. */
export function checkGiven(world: World, truths: ReadonlyMap<Chat, Truth>, checks: Checks): void {
  const sendings = Map.groupBy(world.sendings, ({ chat }) => chat);
  for (const [chat, truth] of truths) {
    const { history } = truth;
    checkChat(chat, history, sendings.get(chat) ?? [], checks);
    checkAmendings(world, chat, history, checks);
    checkOperatings(world, chat, truth, checks);
  }
}

function checkChat(chat: Chat, history: readonly Message[], sendings: readonly Sending[], checks: Checks): void {
  const sent = history.filter(({ msg_type }) => isCountable(msg_type));
  const stored = new Map(sent.map((message) => [keyOf(message), message]));
  /** The seq of the last message of each SDK. */
  const last = new Map<Device, number>();
  for (const { device, by, client_msg_id, message, refused, file } of sendings) {
    const key = keyOf({ sender_id: device.user.id, client_msg_id });
    const what = `${chat.id}: message of ${device.name} by ${by} with ${client_msg_id}`;
    const found = stored.get(key);
    checks.same("stored", found && identityOf(found), message && identityOf(message), what);
    stored.delete(key);
    const isSettled = message !== undefined || (chat.groupId !== null && isOut(refused, file !== undefined));
    checks.that("settled", isSettled, () => `${what}: ${refused ?? "no answer"}`);
    // Messages do not wait for the file of one before them.
    if (by === "REST" || file || !message) continue;
    checks.that(
      "order",
      message.seq > (last.get(device) ?? 0),
      () => `${what}: ${message.seq} after ${last.get(device)}`,
    );
    last.set(device, message.seq);
  }
  checks.same("once", [...stored.values()], [], `${chat.id}: messages that nobody sent`);
}
