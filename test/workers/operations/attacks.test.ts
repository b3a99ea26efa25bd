import { describe, expect, test } from "vitest";
import type { Answer } from "../../helpers/workers/api.ts";
import { ok } from "../../helpers/workers/api.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";

/** Every operation, and every read of what operations leave, on one message. A recall and a deletion answer by seq. */
function attempts(who: Person, conversation_id: string, seq: number): Record<string, () => Promise<Answer<unknown>>> {
  const own = operating(who, conversation_id);
  const each = (answer: Answer<{ results: { code: number }[] }>): Answer<unknown> =>
    answer.code === 0 ? { ...answer, code: answer.data.results[0]?.code ?? 0 } : answer;
  const forward = { from_conversation_id: conversation_id, seqs: [seq], client_msg_ids: [`f-${who.id}`] };
  return {
    edit: () => own.edit(seq, "mine now"),
    recall: async () => each(await own.recall(seq)),
    delete: async () => each(await own.remove(seq)),
    react: () => own.react(seq, "👍"),
    pin: () => own.pin(seq),
    forward: () => who.post("/msg/forward", { ...forward, recv_id: "nobody", session_type: 1 }),
    reactions: () => own.reactions(seq),
    revisions: () => own.revisions(seq),
    pins: () => who.get("/msg/pins", { conversation_id }),
    mentions: () => own.mentions(),
    changes: () => who.get("/msg/changes", { conversation_id, since_rev: 0 }),
  };
}

async function codesOf(tries: Record<string, () => Promise<Answer<unknown>>>): Promise<Record<string, number>> {
  const codes: Record<string, number> = {};
  for (const [name, attempt] of Object.entries(tries)) codes[name] = (await attempt()).code;
  return codes;
}

/** A group in which alice wrote "secret" (seq 1), and changed it, before carol came. */
async function history() {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const group = await makeGroup(alice, bob);
  const id = group.conversation_id;
  await alice.text(group, "secret");
  ok(await operating(alice, id).edit(1, "secret, edited"));
  ok(await operating(bob, id).react(1, "🎉"));
  return { alice, bob, carol, group, id };
}

describe("operations as attacks", () => {
  test("[VIS-4] an outsider of a single chat gets 1007, whatever they try", async () => {
    const [, , chat] = await pair();
    const [mallory] = await people("mallory");
    const codes = await codesOf(attempts(mallory, chat, 1));
    expect(new Set(Object.values(codes)), JSON.stringify(codes)).toEqual(new Set([1007]));
  });

  test("[VIS-1] an outsider of a group changes nothing and learns nothing, not even whether there is a message", async () => {
    const { carol, id } = await history();
    const there = await codesOf(attempts(carol, id, 1));
    const nowhere = await codesOf(attempts(carol, id, 99));
    expect(there).toEqual(nowhere);
    for (const [name, code] of Object.entries(there)) expect([1007, 3003], `${name}: ${code}`).toContain(code);
  });

  test("[VIS-2] a member who joined later finds no message before their time", async () => {
    const { alice, carol, group, id } = await history();
    ok(await alice.post("/group/invite", { group_id: group.group_id, user_ids: [carol.id] }));
    const { pin, pins, mentions, changes, ...onMessage } = await codesOf(attempts(carol, id, 1));
    expect(new Set(Object.values(onMessage)), JSON.stringify(onMessage)).toEqual(new Set([4001]));
    expect([pin, pins, mentions, changes]).toEqual([4001, 0, 0, 0]);
    const own = operating(carol, id);
    expect(await own.changes(0)).toMatchObject({ messages: [], deleted: [] });
    const reply = { client_msg_id: "quote", ...group, msg_type: 1, content: { text: "?" }, meta: { reply_to: 1 } };
    ok(await carol.post("/msg/send", reply));
    const pulled = await carol.get<{ quoted: unknown[] }>("/msg/pull", { conversation_id: id, with: "quoted" });
    expect(ok(pulled).quoted).toEqual([]);
  });

  test("[VIS-3] [OPS-6] after leaving nothing can be changed but what is one's own, and nothing new is seen", async () => {
    const { alice, bob, group, id } = await history();
    ok(await bob.post("/group/quit", { group_id: group.group_id }));
    ok(await operating(alice, id).edit(1, "after bob left"));
    const codes = await codesOf({ ...attempts(bob, id, 1), delete: async () => ({ code: 0 }) as Answer<unknown> });
    expect(codes).toMatchObject({ edit: 3003, recall: 3003, react: 3003, pin: 3003 });
    const own = operating(bob, id);
    expect((await own.message(1))?.content).toEqual({ text: "secret, edited" });
    expect(ok(await own.reactions(1))).toEqual([]);
    expect(ok(await own.revisions(1)).map(({ content }) => content)).toEqual([{ text: "secret" }]);
  });

  test("[ROLE-3] a muted member edits, reacts and pins nothing, and may still recall and delete", async () => {
    const { alice, bob, group, id } = await history();
    await bob.text(group, "mine");
    ok(await alice.post("/group/mute", { group_id: group.group_id, user_id: bob.id, seconds: 600 }));
    const own = operating(bob, id);
    expect([(await own.edit(2, "x")).code, (await own.react(1, "👍")).code]).toEqual([3009, 3009]);
    // Taking a reaction back is a change, too.
    expect((await own.react(1, "🎉", false)).code).toBe(3009);
    expect((await own.pin(1)).code).toBe(3007);
    expect(ok(await own.recall(2)).results).toEqual([{ seq: 2, code: 0 }]);
    expect(ok(await own.remove(1)).results).toEqual([{ seq: 1, code: 0 }]);
  });

  test("[OPS-3] [OPS-4] others' messages: no edit by anyone, no recall by those who are not above the sender", async () => {
    const { alice, bob, group, id } = await history();
    await bob.text(group, "of bob");
    const [his, hers] = [operating(bob, id), operating(alice, id)];
    expect((await his.edit(1, "x")).code).toBe(4009);
    expect((await hers.edit(2, "x")).code).toBe(4009);
    expect(ok(await his.recall(1)).results).toEqual([{ seq: 1, code: 4009 }]);
    expect((await his.message(1))?.content).toEqual({ text: "secret, edited" });
  });

  test("[ROLE-2] a dismissed group is closed to changes, and open to deletions for oneself", async () => {
    const { alice, bob, group, id } = await history();
    ok(await alice.post("/group/dismiss", { group_id: group.group_id }));
    const { delete: remove, ...others } = attempts(alice, id, 1);
    expect(await codesOf(others)).toMatchObject({ edit: 3002, recall: 3002, react: 3002, pin: 3002, changes: 0 });
    expect((await remove?.())?.code).toBe(0);
    expect((await operating(bob, id).message(1))?.content).toEqual({ text: "secret, edited" });
  });

  test("[WIRE-2] hostile input: seqs and revs that are no numbers, too large, too many or twice", async () => {
    const [alice, , chat] = await pair();
    const bad = [0, -1, 1.5, 2 ** 53, "1", null, [1]];
    for (const seq of bad) {
      for (const [path, more] of [
        ["/msg/edit", { content: { text: "x" } }],
        ["/msg/react", { emoji: "👍", on: true }],
        ["/msg/pin", { on: true }],
      ] as const) {
        expect((await alice.post(path, { conversation_id: chat, seq, ...more })).code, `${path} ${seq}`).toBe(1001);
      }
      for (const path of ["/msg/recall", "/msg/delete"]) {
        expect((await alice.post(path, { conversation_id: chat, seqs: [seq] })).code, `${path} ${seq}`).toBe(1001);
      }
    }
    const many = Array.from({ length: 101 }, (_, at) => at + 1);
    expect((await alice.post("/msg/recall", { conversation_id: chat, seqs: many })).code).toBe(1001);
    expect((await alice.post("/msg/recall", { conversation_id: chat, seqs: [] })).code).toBe(1001);
    const twice = await operating(alice, chat).recall(1, 1);
    expect(ok(twice).results).toEqual([{ seq: 1, code: 0 }]);
    const far = await alice.get("/msg/changes", { conversation_id: chat, since_rev: Number.MAX_SAFE_INTEGER });
    expect(far).toMatchObject({ code: 0, data: { messages: [], rev: 1 } });
  });
});
