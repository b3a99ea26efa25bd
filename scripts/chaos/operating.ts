import { Code, isCountable, type Message, NoticeType } from "../../src/client/index.ts";
import type { Random } from "../../test/simulation/random.ts";
import { isRecalled } from "./amending.ts";
import type { Checks } from "./checks.ts";
import type { Load } from "./load.ts";
import { codeOf } from "./sending.ts";
import type { View } from "./truth.ts";
import type { Device, User } from "./user.ts";
import type { Chat, World } from "./world.ts";

/**
 * A deletion for the user alone, a pin or a reaction that a device had to make. Only one device deletes, pins or gives
 * a certain reaction to a message: the SDK sends a conversation's operations in order, so that the last one decides.
 */
export type Operating = {
  readonly chat: Chat;
  readonly device: Device;
  readonly seq: number;
  readonly kind: "delete" | "pin" | "react";
  readonly emoji: string;
  /** Whether the message is then deleted, pinned, or has the reaction. */
  readonly on: boolean;
  isDone: boolean;
  refused?: number;
};

/** The name of these operations in reports. */
export const OPERATIONS = "deletions, pins and reactions";
/** Codes that tell of a change by others, or of a limit, and not of a fault. */
const EXPECTED: readonly number[] = [Code.NOT_A_MEMBER, Code.MESSAGE_NOT_FOUND, Code.MESSAGE_CHANGED, Code.TOO_MANY];
/** The reactions of a user's first device, and of the second. */
const EMOJI = [
  ["👍", "❤️"],
  ["😂", "🎉"],
] as const;

/** Deletes messages for the user, pins and reacts by the SDK, which repeats what the kill interrupted. */
export async function operator(load: Load, device: Device, random: Random): Promise<void> {
  while (!load.isOver) {
    await load.pause(random.between(100, 500));
    if (!load.isOver) await load.given(OPERATIONS, operate(load.world, device, random));
  }
}

/** Gives one operation to an SDK. @returns once it is done, or refused */
export async function operate(world: World, device: Device, random: Random): Promise<void> {
  const chat = random.pick(world.chatsOf(device.user));
  const { messages } = device.client.messages(chat.id).getSnapshot();
  const open = messages.filter(
    ({ status, msg_type, recalled }) => status === "sent" && isCountable(msg_type) && !recalled,
  );
  // Often the newest ones, so that several users react to the same.
  const [message] = open.length > 0 ? [random.pick(random.chance(0.5) ? open.slice(-10) : open)] : [];
  if (!message) return;
  const kind = random.pick(kindsFor(device, chat, message));
  const emoji = kind === "react" ? random.pick(EMOJI[device.user.devices.indexOf(device)] ?? EMOJI[0]) : "";
  const operating = { chat, device, seq: message.seq, kind, emoji, on: kind === "delete" || random.chance(0.65) };
  await give(world.operatings, operating);
}

/** What this device may do to a message, so that no other does the same. */
function kindsFor(device: Device, chat: Chat, { seq, sender_id }: Message): Operating["kind"][] {
  const { user } = device;
  const { devices } = user;
  const pinners = (chat.groupId === null ? chat.first : [chat.witness]).flatMap((one) => one.devices);
  // The witness sees everything. A user's other device may be editing a message of their own: that is refused then.
  const deletes = user !== chat.witness && (sender_id !== user.id || devices.length === 1);
  const pins = pinners[seq % pinners.length] === device;
  return [
    "react",
    "react",
    ...(deletes && devices[0] === device ? ["delete" as const] : []),
    ...(pins ? ["pin" as const] : []),
  ];
}

async function give(operatings: Operating[], given: Omit<Operating, "isDone" | "refused">): Promise<void> {
  const { chat, device, seq, kind, emoji, on } = given;
  const { client } = device;
  const operating: Operating = { ...given, isDone: false };
  operatings.push(operating);
  try {
    if (kind === "delete") await client.remove(chat.id, seq);
    else if (kind === "pin") await client.pin(chat.id, seq, on);
    else await client.react(chat.id, seq, emoji, on);
    operating.isDone = true;
  } catch (error) {
    operating.refused = codeOf(error);
  }
}

/**
 * Whether a message is deleted, pinned, or has a reaction after these operations of one device. Undefined: an operation
 * that was refused may have been done before the kill, and refused when it was repeated.
 */
function heldAfter(operatings: readonly Operating[] = []): boolean | undefined {
  let held: boolean | undefined = false;
  for (const { isDone, on } of operatings) {
    if (isDone) held = on;
    else if (held !== on) held = undefined;
  }
  return held;
}

/** Of the messages that a user sees, those that they have deleted. @param shown whether the server shows one to them */
export function deletedBy(world: World, chat: Chat, user: User, shown: (seq: number) => boolean): ReadonlySet<number> {
  const own = world.operatings.filter((one) => one.kind === "delete" && one.chat === chat && one.device.user === user);
  const bySeq = Map.groupBy(own, ({ seq }) => seq);
  const isDeleted = (seq: number) => heldAfter(bySeq.get(seq)) ?? !shown(seq);
  return new Set([...bySeq.keys()].filter(isDeleted));
}

/** Every operation is done or refused, and each message is as these say. */
export function checkOperatings(
  world: World,
  chat: Chat,
  { history, views }: { readonly history: readonly Message[]; readonly views: ReadonlyMap<User, View> },
  checks: Checks,
): void {
  const all = world.operatings.filter((operating) => operating.chat === chat);
  for (const { device, kind, seq, isDone, refused } of all) {
    const what = () => `${device.name}'s ${kind} of ${chat.id} ${seq}: ${refused ?? "no answer"}`;
    checks.that("settled", isDone || EXPECTED.includes(refused ?? -1), what);
  }
  const bySeq = Map.groupBy(all, ({ seq }) => seq);
  for (const message of history) checkMessage(chat, message, bySeq.get(message.seq) ?? [], views, checks);
  if (chat.groupId === null) return;
  const notices = history.filter(({ msg_type }) => msg_type === NoticeType.PINNED);
  for (const [seq, own] of bySeq) {
    const pins = own.filter(({ kind }) => kind === "pin");
    if (pins.some(({ isDone }) => !isDone)) continue;
    const due = pins.filter(({ on }, index) => on && !pins[index - 1]?.on).length;
    const got = notices.filter(({ content }) => content.seq === seq).length;
    checks.same("operated", got, due, `notices that ${chat.id} ${seq} was pinned`);
  }
}

function checkMessage(
  chat: Chat,
  message: Message,
  operatings: readonly Operating[],
  views: ReadonlyMap<User, View>,
  checks: Checks,
): void {
  const { reactions = [], pinned_at = 0 } = message.amended ?? {};
  const what = (more: string) => () =>
    `${chat.id} ${message.seq} ${more}: ${JSON.stringify(message.amended)} after ${JSON.stringify(operatings.map(({ device, kind, emoji, on, isDone, refused }) => [device.name, kind, emoji, on, isDone, refused]))}`;
  const gone = isRecalled(message);
  const isPinned = gone ? false : heldAfter(operatings.filter(({ kind }) => kind === "pin"));
  checks.that("operated", isPinned === undefined || isPinned === pinned_at > 0, what("is pinned, or not"));
  const counts = new Map(reactions);
  checks.that("operated", counts.size === reactions.length, what("has a reaction twice"));
  for (const emoji of new Set([...EMOJI.flat(), ...counts.keys()])) {
    const own = operatings.filter((one) => one.kind === "react" && one.emoji === emoji);
    const held = [...Map.groupBy(own, ({ device }) => device.user)].map(
      ([user, theirs]) => [user, gone ? false : heldAfter(theirs)] as const,
    );
    const least = held.filter(([, has]) => has === true).length;
    const most = least + held.filter(([, has]) => has === undefined).length;
    const count = counts.get(emoji) ?? 0;
    checks.that("operated", count >= least && count <= most, what(`has ${count} ${emoji} for ${least} to ${most}`));
    for (const [user, has] of held) checkMine(views.get(user), message.seq, { emoji, has }, checks, what);
  }
}

function checkMine(
  view: View | undefined,
  seq: number,
  { emoji, has }: { readonly emoji: string; readonly has: boolean | undefined },
  checks: Checks,
  what: (more: string) => () => string,
): void {
  const seen = view?.pulled.find((message) => message.seq === seq);
  if (!seen || has === undefined || view?.range.status !== "in") return;
  checks.that("operated", (seen.mine ?? []).includes(emoji) === has, what(`as seen by one of its users, ${emoji}`));
}
