import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Client, Message, MessageItem } from "../../src/client/index.ts";
import type { Checks } from "./checks.ts";
import { type Truth, type View, withoutMine } from "./truth.ts";
import { allMessages, type User } from "./user.ts";
import type { Chat, World } from "./world.ts";

/** The time in which views that are opened again have all that changed. */
const PATIENCE = 30_000;
const pause = 200;
/** The number of messages of a chat whose reactions are listed. */
const SAMPLES = 20;

/** Chats in which a user is, and how they are pulled. */
type Seen = readonly (readonly [Chat, View])[];

/**
 * Of messages that changed quietly, by pins and reactions, an SDK knows once it looks at the conversation. So all are
 * opened again, and compared with what the user pulled, and with the other requests that tell of changes.
 */
export async function checkCurrent(world: World, truths: ReadonlyMap<Chat, Truth>, checks: Checks): Promise<void> {
  const users = world.users.map(async (user) => {
    const seen = [...truths].flatMap(([chat, { views }]): Seen => {
      const view = views.get(user);
      return view?.range.status === "in" ? [[chat, view]] : [];
    });
    await Promise.all(seen.map(([chat, view]) => checkRequests(user, chat, view, checks)));
    const mirror = world.mirrors.get(user);
    const screens = [...user.devices, ...(mirror ? [mirror] : [])];
    for (const screen of screens) await checkScreen(screen, seen, checks);
  });
  await Promise.all(users);
  await Promise.all([...truths].map(([chat, truth]) => checkReactors(chat, truth, checks)));
}

/** Request 1011 since 0 tells of every changed message, and the list of pins of every pinned one. */
async function checkRequests({ id, api }: User, { id: chat }: Chat, view: View, checks: Checks): Promise<void> {
  const changed: Message[] = [];
  const deleted: number[] = [];
  for (let since_rev = 0; ; ) {
    const page = await api.msg.changes({ conversation_id: chat, since_rev });
    // More changes than it tells of.
    if (page.reset) break;
    changed.push(...page.messages);
    deleted.push(...page.deleted);
    if (!page.has_more) {
      const expected = view.pulled.filter(({ amended }) => amended !== null);
      checks.sameList("current", bySeq(changed), expected.map(withoutMine), `what 1011 tells ${id} of ${chat}`);
      const gone = [...view.deleted].filter((seq) => seq >= view.range.first).sort((a, b) => a - b);
      checks.same(
        "current",
        deleted.sort((a, b) => a - b),
        gone,
        `what ${id} has deleted in ${chat}, by 1011`,
      );
      break;
    }
    since_rev = page.rev;
  }
  checks.sameList("current", bySeq(await api.msg.pins(chat)), pinsOf(view), `the pins of ${chat} for ${id}`);
}

function bySeq(messages: readonly Message[]): Message[] {
  return messages.map(withoutMine).sort((a, b) => a.seq - b.seq);
}

function pinsOf({ pulled }: View): Message[] {
  return pulled.filter(({ amended }) => (amended?.pinned_at ?? 0) > 0).map(withoutMine);
}

/** Opens all views of an SDK again, and waits until they are as what was pulled. */
async function checkScreen(
  { name, client, reopen }: { readonly name: string; readonly client: Client; readonly reopen: () => void },
  seen: Seen,
  checks: Checks,
): Promise<void> {
  reopen();
  let late = seen;
  for (const end = performance.now() + PATIENCE; late.length > 0 && performance.now() < end; await sleep(pause)) {
    const results = await Promise.all(
      late.map(async ([{ id }, view]) => {
        const isShown = isDeepStrictEqual((await allMessages(client, id)).map(plain), view.pulled.map(plainItem));
        return isShown && isDeepStrictEqual(bySeq(client.pins(id).getSnapshot().messages), pinsOf(view));
      }),
    );
    late = late.filter((_, index) => !results[index]);
  }
  for (const [{ id }, view] of seen) {
    const items = (await allMessages(client, id)).map(plain);
    checks.sameList("current", items, view.pulled.map(plainItem), `${name}: messages of ${id}, opened again`);
    const { messages } = client.pins(id).getSnapshot();
    checks.sameList("current", bySeq(messages), pinsOf(view), `${name}: the view of the pins of ${id}`);
  }
}

type Plain = Pick<MessageItem, "seq" | "content" | "meta" | "amended" | "edited" | "recalled" | "reactions">;

/** What a view shows of a message that may change. */
function plain({ seq, content, meta, amended, edited, recalled, reactions }: Plain): Plain {
  return { seq, content, meta, amended, edited, recalled, reactions };
}

/** The same of a message that was pulled. */
function plainItem({ seq, content, meta, amended, mine = [] }: Message): Plain {
  const { edited_at = 0, recalled_at = 0, reactions: given = [] } = amended ?? {};
  const reactions = given.map(([emoji, count]) => ({ emoji, count, mine: mine.includes(emoji) }));
  return { seq, content, meta, amended, edited: edited_at > 0, recalled: recalled_at > 0, reactions };
}

/** The users who reacted to a message are as many as it says, and each is among them who sees it as their own. */
async function checkReactors(chat: Chat, { history, views }: Truth, checks: Checks): Promise<void> {
  const { msg } = chat.witness.api;
  const reacted = history.filter(({ amended }) => (amended?.reactions.length ?? 0) > 0);
  for (const { seq, amended } of reacted.slice(-SAMPLES)) {
    const { items } = await msg.reactions({ conversation_id: chat.id, seq });
    const counts = Map.groupBy(items, ({ emoji }) => emoji);
    const found = new Map([...counts].map(([emoji, users]) => [emoji, users.length]));
    checks.same("current", found, new Map(amended?.reactions), `how many reacted to ${chat.id} ${seq}`);
    for (const [user, { pulled, range }] of views) {
      const mine = pulled.find((message) => message.seq === seq)?.mine;
      if (!mine || range.status !== "in") continue;
      const own = items.filter(({ user_id }) => user_id === user.id).map(({ emoji }) => emoji);
      checks.same("current", own.sort(), [...mine].sort(), `the reactions of ${user.id} to ${chat.id} ${seq}`);
    }
  }
}
