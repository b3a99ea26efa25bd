import type { Conversation, ConversationUpdateRequest, Message } from "../../src/client/index.ts";
import { contains, equal, shaped, that } from "../../test/helpers/node/checks.ts";
import { conversationShape, type Pushed } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

export async function conversations(smoke: Smoke): Promise<void> {
  const [alice, bob, carol] = await smoke.cast("alice", "bob", "carol");
  const withBob = alice.chatWith(bob);
  const withCarol = alice.chatWith(carol);
  const screen = await smoke.keep(alice.socket());

  const { list, info, markRead, readState, unreadCount, totals } = alice.api.conversation;
  const idsOf = (conversations: readonly Conversation[]) => conversations.map(({ conversation_id }) => conversation_id);
  const ids = async () => idsOf((await list()).items);
  const update = async (id: string, settings: ConversationUpdateRequest) =>
    equal(await alice.api.conversation.update(id, settings), null, "the answer to an update");
  const arrived = (message: Message) =>
    screen.nextPush<Pushed>(2001, ({ msgs }) =>
      Object.values(msgs)
        .flat()
        .some(({ id }) => id === message.id),
    );

  const last = await smoke.step("bob writes twice, then carol once", async () => {
    await arrived(await bob.text(alice, "one"));
    const second = await bob.text(alice, "two");
    await arrived(second);
    await arrived(await carol.text(alice, "x".repeat(1_000)));
    return second;
  });

  await smoke.step("the list: newest first, with title, last message and unread count", async () => {
    const { items } = await list();
    for (const conversation of items) shaped(conversation, conversationShape, "conversation");
    equal(idsOf(items), [withCarol, withBob], "the order");
    const row = items[1] as Conversation;
    const expected = { conversation_id: withBob, conversation_type: 1, peer_user_id: bob.id, group_id: "" };
    const settings = { recv_msg_opt: 0, is_pinned: false, muted_until: 0 };
    const counts = { unread_count: 2, max_seq: 2, read_seq: 0, min_seq: 1 };
    const face = { title: "bob", avatar: "", my_status: 1, last_message: last };
    contains(row, { ...expected, ...face, ...settings, ...counts }, "bob's row");
  });

  await smoke.step("a long last message is cut at 256 characters in the list", async () => {
    const text = (await info(withCarol)).last_message?.content.text;
    that(typeof text === "string" && text.length <= 257, "the preview is short", text);
  });

  await smoke.step("the list by pages of one", async () => {
    const first = await list({ limit: 1 });
    equal([idsOf(first.items), first.next !== ""], [[withCarol], true], "page one");
    const second = await list({ limit: 1, cursor: first.next });
    equal([idsOf(second.items), second.next], [[withBob], ""], "page two");
    const { meta } = await alice.rest.get("/conversation/list", { limit: 1 });
    equal(meta, { next_cursor: first.next, has_more: true }, "the meta of page one");
    const last = await alice.rest.get("/conversation/list", { limit: 1, cursor: first.next });
    equal(last.meta?.has_more, false, "has_more of page two");
  });

  await smoke.step("a pinned conversation comes first, and every device gets the change (2007)", async () => {
    await update(withBob, { is_pinned: true });
    const isPin = ({ conversation }: { conversation: Conversation }) => conversation.is_pinned;
    const { conversation } = (await screen.nextPush(2007, isPin)).data;
    shaped(conversation, conversationShape, "pushed conversation");
    equal(conversation.conversation_id, withBob, "the pushed conversation");
    equal(await ids(), [withBob, withCarol], "the order");
    await update(withBob, { is_pinned: false });
    equal(await ids(), [withCarol, withBob], "the order after unpinning");
  });

  await smoke.step("mark_read only moves forward, and not past the newest message", async () => {
    const mark = async (read_seq: number) => {
      equal(await markRead(withBob, read_seq), null, "mark_read's answer");
      return readState(withBob);
    };
    equal(await mark(1), { max_seq: 2, read_seq: 1, unread_count: 1, rev: 0 }, "read up to 1");
    equal(await mark(0), { max_seq: 2, read_seq: 1, unread_count: 1, rev: 0 }, "a step back");
    equal(await mark(1_000_000), { max_seq: 2, read_seq: 2, unread_count: 0, rev: 0 }, "a mark far past the end");
    equal((await info(withBob)).unread_count, 0, "unread_count of the row");
  });

  await smoke.step("unread_count: after the own mark, after another seq, and in total", async () => {
    equal(await unreadCount(withBob), { unread_count: 0 }, "after the own mark");
    equal(await unreadCount(withBob, 1), { unread_count: 1 }, "after seq 1");
    equal(await totals(), { unread_count: 1, muted_unread_count: 0 }, "the totals");
  });

  await smoke.step("a send moves the sender's own mark", async () => {
    await bob.text(alice, "three");
    await alice.text(bob, "four");
    equal(await readState(withBob), { max_seq: 4, read_seq: 4, unread_count: 0, rev: 0 }, "alice's read state");
  });

  await smoke.step("a silenced conversation is counted separately, a refused one not at all", async () => {
    await update(withCarol, { recv_msg_opt: 1 });
    equal((await totals()).muted_unread_count, 1, "muted_unread_count");
    await update(withCarol, { recv_msg_opt: 2 });
    equal(await totals(), { unread_count: 0, muted_unread_count: 0 }, "the totals");
    const unheard = await carol.text(alice, "not pushed");
    await update(withCarol, { recv_msg_opt: 0 });
    await arrived(await carol.text(alice, "pushed"));
    const pushes = screen.log.filter((frame) => frame.req_identifier === 2001);
    const heard = pushes.flatMap(({ data }) => Object.values((data as Pushed).msgs).flat());
    that(!heard.some(({ id }) => id === unheard.id), "nothing is pushed while refused", unheard);
    equal((await info(withCarol)).unread_count, 3, "unread_count of the row");
  });

  await smoke.step("an archived conversation is not in the totals, a snoozed one counts separately", async () => {
    await update(withCarol, { is_archived: true });
    equal(await totals(), { unread_count: 0, muted_unread_count: 0 }, "the totals with an archived conversation");
    await update(withCarol, { is_archived: false, snooze_until: Date.now() + 3_600_000 });
    equal(await totals(), { unread_count: 0, muted_unread_count: 3 }, "the totals with a snoozed conversation");
    await update(withCarol, { snooze_until: 0 });
  });

  await smoke.step(
    "a deleted conversation returns with the next message, a cleared one without its history",
    async () => {
      equal(await alice.api.conversation.delete(withCarol), null, "the answer");
      equal(await ids(), [withBob], "the list");
      await arrived(await carol.text(alice, "back again"));
      equal((await ids()).includes(withCarol), true, "carol's chat is listed");
      const { max_seq } = await alice.pull(withCarol);
      equal(await alice.api.conversation.clear(withCarol), null, "the answer");
      equal(await alice.pull(withCarol), { messages: [], max_seq, rev: 0, mine: {}, deleted: [] }, "what alice sees");
      that((await carol.pull(withCarol)).messages.length > 0, "carol still sees the messages", max_seq);
    },
  );
}
