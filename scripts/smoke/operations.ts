import type { Message } from "../../src/client/index.ts";
import { contains, equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { groupConversationId, outgoing, type Sent } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

type Changed = { since_rev: number; rev: number; messages: Message[]; mine: Record<string, string[]> };

/** Edits, recalls, deletions, reactions, replies, mentions, pins and forwards, and how others hear of them. */
export async function operations(smoke: Smoke): Promise<void> {
  const [ann, ben, cleo] = await smoke.cast("ann", "ben", "cleo");
  const group = await smoke.step("a group with five messages", async () => {
    const made = await ann.api.group.create({ name: "Choir", member_ids: [ben.id, cleo.id] });
    for (const text of ["one", "two", "three", "four", "five"]) await ann.textGroup(made, text);
    return made;
  });
  const conversation_id = groupConversationId(group.id);
  const at = (seq: number) => ({ conversation_id, seq });
  const { msg } = ann.api;
  const stands = async (seq: number) => {
    const { messages } = await cleo.pull(conversation_id, { begin_seq: seq, end_seq: seq });
    return messages[0];
  };

  await smoke.step("an edit is the newest content everywhere; what it replaced can be read", async () => {
    const { message, rev } = await msg.edit({ ...at(1), content: { text: "one, edited" } });
    equal([message.content, message.amended?.rev, rev], [{ text: "one, edited" }, 1, 1], "the edited message");
    equal(await stands(1), message, "the message as cleo sees it");
    const before = await ben.api.msg.revisions(conversation_id, 1);
    equal(
      before.map(({ content }) => content),
      [{ text: "one" }],
      "the contents before",
    );
    refused(await ben.rest.post("/msg/edit", { ...at(1), content: { text: "not mine" } }), 4009);
    refused(await ann.rest.post("/msg/edit", { ...at(1), content: { text: "late" }, if_rev: 0 }), 4007);
  });

  await smoke.step("reactions are counted in the message and pushed on the conversation's socket", async () => {
    const room = await smoke.keep(cleo.socketOf(conversation_id));
    const { message, mine } = await ben.api.msg.react({ ...at(2), emoji: "👍", on: true });
    equal([message.amended?.reactions, mine], [[["👍", 1]], { 2: ["👍"] }], "the answer");
    const { data: pushed } = await room.nextPush<Changed>(2008, ({ messages }) => messages[0]?.seq === 2);
    equal([pushed.since_rev, pushed.rev, pushed.mine], [1, 2, {}], "cleo's push");
    ok(await room.request(1015, { ...at(2), emoji: "👍", on: true }));
    equal((await stands(2))?.amended?.reactions, [["👍", 2]], "the counts");
    const { items } = await ann.api.msg.reactions(at(2));
    equal(
      items.map(({ user_id }) => user_id),
      [ben.id, cleo.id].sort(),
      "who reacted",
    );
  });

  await smoke.step("a recalled message says nothing any more, and does not count as unread", async () => {
    const before = (await cleo.api.conversation.readState(conversation_id)).unread_count;
    const socket = await smoke.keep(ben.socket());
    const { results } = await msg.recall({ conversation_id, seqs: [3, 99] });
    equal(
      results,
      [
        { seq: 3, code: 0 },
        { seq: 99, code: 4001 },
      ],
      "the results",
    );
    const { data: pushed } = await socket.nextPush<Changed>(2008, ({ messages }) =>
      messages.some(({ seq }) => seq === 3),
    );
    const recalled = pushed.messages.find(({ seq }) => seq === 3);
    contains(recalled ?? {}, { content: {}, meta: null }, "ben's push");
    equal(await stands(3), recalled, "the message as cleo sees it");
    equal((await cleo.api.conversation.readState(conversation_id)).unread_count, before - 1, "cleo's unread count");
    refused(await ben.rest.post("/msg/react", { ...at(3), emoji: "👍", on: true }), 4007);
    equal((await ben.api.msg.recall({ conversation_id, seqs: [2] })).results[0]?.code, 4009, "ben's recall");
  });

  await smoke.step("what a user deletes is gone for them alone", async () => {
    equal((await ben.api.msg.delete({ conversation_id, seqs: [4] })).results, [{ seq: 4, code: 0 }], "the results");
    equal((await ben.pull(conversation_id)).deleted, [4], "ben's pull");
    that((await stands(4)) !== undefined, "cleo still has it");
  });

  await smoke.step("replies and mentions: counted for active members, and listed", async () => {
    const meta = { reply_to: 1, mentions: [cleo.id, "nobody"] };
    const socket = await smoke.keep(ann.socket());
    const { seq } = ok(await socket.request<Sent>(1003, { ...outgoing({ group: group.id }, { text: "@cleo" }), meta }));
    equal((await stands(seq))?.meta?.mentions, [cleo.id], "the mentions");
    const info = await cleo.api.conversation.info(conversation_id);
    equal([info.mention_count, info.mention_seq], [1, seq], "cleo's mentions");
    equal(
      (await cleo.api.msg.mentions({ conversation_id })).items.map((each) => each.seq),
      [seq],
      "her list",
    );
  });

  await smoke.step("pins by the owner, with a notice", async () => {
    await msg.pin({ ...at(1), on: true });
    equal(
      (await cleo.api.msg.pins(conversation_id)).map(({ seq }) => seq),
      [1],
      "the pins",
    );
    equal((await cleo.pull(conversation_id)).messages.at(-1)?.msg_type, 1010, "the notice");
    refused(await ben.rest.post("/msg/pin", { ...at(2), on: true }), 3007);
  });

  await smoke.step("a forwarded message names its author, not where it came from", async () => {
    const request = {
      from_conversation_id: conversation_id,
      seqs: [1],
      recv_id: cleo.id,
      session_type: 1 as const,
      client_msg_ids: [crypto.randomUUID()],
    };
    const [sent] = await ben.api.msg.forward(request);
    contains(sent ?? {}, { content: { text: "one, edited" }, sender_id: ben.id, seq: 1 }, "the message");
    equal(sent?.meta?.forwarded?.sender_id, ann.id, "its author");
    equal(await ben.api.msg.forward(request), [sent], "the retry");
  });

  await smoke.step("a client that was away asks for each changed message once, as it stands", async () => {
    const { messages, rev, has_more } = await cleo.api.msg.changes({ conversation_id, since_rev: 1, limit: 2 });
    equal([messages.map(({ seq }) => seq), has_more], [[2, 3], true], "the first page");
    const rest = await cleo.api.msg.changes({ conversation_id, since_rev: rev });
    equal([rest.messages.map(({ seq }) => seq), rest.has_more], [[1], false], "the rest");
    refused(await cleo.rest.get("/msg/changes", { conversation_id, since_rev: -1 }), 1001);
  });
}
