import { Code, isCountable, type Message, type MessageItem, MessageType } from "../../src/client/index.ts";
import type { Random } from "../../test/simulation/random.ts";
import type { Checks } from "./checks.ts";
import type { Load } from "./load.ts";
import { codeOf } from "./sending.ts";
import type { Device } from "./user.ts";
import type { Chat, World } from "./world.ts";

/**
 * An edit or a recall that a device had to make. All of these are told to every member, so that every SDK must show them
 * in the end without asking. Neither done nor refused: the result is not known yet.
 */
export type Amending = {
  readonly chat: Chat;
  readonly device: Device;
  readonly seq: number;
  readonly kind: "edit" | "recall";
  /** The new content of an edit. */
  readonly content: Message["content"];
  isDone: boolean;
  refused?: number;
};

/** Codes that tell of a change by others, or of a limit, and not of a fault. */
const EXPECTED: readonly number[] = [Code.NOT_A_MEMBER, Code.MESSAGE_NOT_FOUND, Code.MESSAGE_CHANGED, Code.TOO_MANY];

/** An edit may have been done before the kill, and refused with these when it was repeated: its user was kicked meanwhile. */
const MAY_BE_DONE: readonly number[] = [Code.NOT_A_MEMBER, Code.MESSAGE_NOT_FOUND];

/** Edits and recalls the user's own messages by the SDK, which repeats what the kill interrupted. */
export async function amender(load: Load, device: Device, random: Random): Promise<void> {
  while (!load.isOver) {
    await load.pause(random.between(50, 300));
    const chat = random.pick(load.world.chatsOf(device.user));
    const { messages } = device.client.messages(chat.id).getSnapshot();
    const own = messages.filter((message) => isOwn(message, device)).slice(-20);
    if (load.isOver || own.length === 0) continue;
    await load.given("edits and recalls", amend(load.world.amendings, device, chat, random.pick(own), random));
  }
}

function isOwn({ sender_id, status, msg_type, recalled }: MessageItem, { user }: Device): boolean {
  return sender_id === user.id && status === "sent" && isCountable(msg_type) && !recalled;
}

/** Gives an edit or a recall to an SDK. @returns once it is done, or refused */
async function amend(
  amendings: Amending[],
  device: Device,
  chat: Chat,
  { seq, msg_type, meta }: MessageItem,
  random: Random,
): Promise<void> {
  const { client } = device;
  const kind = msg_type === MessageType.TEXT && random.chance(0.7) ? "edit" : "recall";
  const content = { text: `edited ${random.below(1_000_000)}` };
  const amending: Amending = { chat, device, seq, kind, content, isDone: false };
  amendings.push(amending);
  // An edit of an older message is told to inboxes if it changes the mentions.
  const [peer = device.user] = chat.first.filter((user) => user !== device.user);
  const mentions = (meta?.mentions.length ?? 0) > 0 ? [] : [peer.id];
  try {
    await (kind === "edit" ? client.edit(chat.id, seq, { content, mentions }) : client.recall(chat.id, seq));
    amending.isDone = true;
  } catch (error) {
    amending.refused = codeOf(error);
  }
}

/** Whether an operation has an outcome, which is no fault. */
function isSettled({ isDone, refused }: Amending): boolean {
  return isDone || EXPECTED.includes(refused ?? -1);
}

/** What stays of a message, whatever happens to it. */
export function identityOf({
  server_msg_id,
  conversation_id,
  seq,
  client_msg_id,
  sender_id,
  msg_type,
  send_at,
}: Message) {
  return { server_msg_id, conversation_id, seq, client_msg_id, sender_id, msg_type, send_at };
}

export function isRecalled({ amended }: Message): boolean {
  return (amended?.recalled_at ?? 0) > 0;
}

/** Whether a message may have this content: what was sent, or what an edit of it asked for, or nothing once recalled. */
function mayHave(amendings: readonly Amending[], message: Message, sent: Message["content"]): boolean {
  const is = (content: object) => JSON.stringify(content) === JSON.stringify(message.content);
  const of = (kind: Amending["kind"]) => amendings.filter((one) => one.kind === kind && one.seq === message.seq);
  if (isRecalled(message)) return is({}) && message.meta === null && of("recall").length > 0;
  if (of("recall").some(({ isDone }) => isDone)) return false;
  const edits = of("edit").filter(({ refused }) => refused === undefined || MAY_BE_DONE.includes(refused));
  const wasEdited = edits.some(({ isDone }) => isDone);
  return edits.some(({ content }) => is(content)) || (!wasEdited && is(sent));
}

/** Every edit and recall is done or refused, and each message is as these say. */
export function checkAmendings(world: World, chat: Chat, history: readonly Message[], checks: Checks): void {
  const all = world.amendings.filter((amending) => amending.chat === chat);
  for (const amending of all) {
    const { device, kind, seq, refused } = amending;
    const what = () => `${device.name}'s ${kind} of ${chat.id} ${seq}: ${refused ?? "no answer"}`;
    checks.that("settled", isSettled(amending), what);
  }
  const sendings = world.sendings.filter((sending) => sending.chat === chat);
  const sentAs = new Map(
    sendings.map(({ client_msg_id, content, file, message }) => [client_msg_id, file ? message?.content : content]),
  );
  const bySeq = Map.groupBy(all, ({ seq }) => seq);
  for (const message of history) {
    const sent = sentAs.get(message.client_msg_id);
    if (!sent) continue;
    const own = bySeq.get(message.seq) ?? [];
    const evidence = () => {
      const asked = own.map(({ kind, content, isDone, refused }) => ({ kind, content, isDone, refused }));
      return `sent ${JSON.stringify(sent)}, changed ${JSON.stringify(asked)}, is ${JSON.stringify(message)}`;
    };
    checks.that("amended", mayHave(own, message, sent), evidence);
  }
}
