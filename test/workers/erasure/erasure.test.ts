import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { Conversation } from "../../../src/conversation/conversation.ts";
import type { OperateCall } from "../../../src/core/calls.ts";
import { CONSENT_CALLS } from "../../../src/core/consent.ts";
import { NOTHING_KNOWN } from "../../../src/core/version.ts";
import { unwrapped } from "../../../src/durable/outcome.ts";
import { leaveForGood } from "../../../src/features/erasure/calls.ts";
import { groupOperation } from "../../../src/features/groups/calls.ts";
import type { ErasureMode, User } from "../../../src/protocol/account-model.ts";
import type { GroupMember } from "../../../src/protocol/group-model.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { aroundCall } from "../../helpers/workers/calls.ts";
import { erase, erased, erasureStep, isErased } from "../../helpers/workers/erasure.ts";
import { ascii, picture, upload } from "../../helpers/workers/files.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, inboxOf, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { loginBy, makeGroup, outgoing, PASSWORD, type Person, pair, people } from "../../helpers/workers/people.ts";
import { everythingStored } from "../../helpers/workers/stores.ts";

/** Users whose inboxes welcome everyone, as if they had been asked before. */
const welcomed = new Set<string>();
aroundCall("inboxes", CONSENT_CALLS.welcomes, (_, answer) =>
  welcomed.size > 0 ? Promise.resolve({ ok: true, value: "joins" }) : answer(),
);

/** Runs in a Conversation between a leave for good and its answer. */
let afterLeave: ((room: Conversation) => Promise<void>) | null = null;
const { operate } = Conversation.prototype;
vi.spyOn(Conversation.prototype, "operate").mockImplementation(async function (this: Conversation, call) {
  const reply = await operate.call(this, call);
  const work = call.operation === leaveForGood.name ? afterLeave : null;
  if (!work) return reply;
  afterLeave = null;
  await work(this);
  return reply;
});

let words = 0;

/** A user who has used everything that there is, with a word in every text that they give the server. */
async function busyUser() {
  const word = `zanzibar${++words};`;
  const [zoe, ann, ben] = await people("zoe", "ann", "ben");
  const file = () => ascii(`\x89PNG\r\n\x1A\n${word}`);
  const avatar = ok(await upload(zoe, "", file(), { query: { name: "me.png" } }));
  ok(await zoe.put("/user/update", { nickname: word, extra: `{"a":"${word}"}`, avatar: avatar.url }));
  const group = await makeGroup(zoe, ann, ben);
  const chat = zoe.chatWith(ann);
  for (const to of [ann, group]) {
    const where = "group_id" in to ? group.conversation_id : chat;
    const { seq } = await zoe.text(to, `${word} one`);
    ok(await zoe.post("/msg/edit", { conversation_id: where, seq, content: { text: `${word} two` } }));
    ok(await zoe.post("/msg/send", picture(to, ok(await upload(zoe, where, file())).url)));
    const custom = { ...outgoing(to, ""), msg_type: 100, content: { custom_type: "x", custom_data: { [word]: 1 } } };
    ok(await zoe.post("/msg/send", custom));
    const theirs = await ann.text("group_id" in to ? to : zoe, "what Ann says");
    ok(await zoe.post("/msg/react", { conversation_id: where, seq: theirs.seq, emoji: "👍", on: true }));
    ok(await ann.post("/msg/react", { conversation_id: where, seq, emoji: "👍", on: true }));
    await zoe.text(to, `${word} last`);
    const report = { conversation_id: where, seq: theirs.seq, reason: "other", text: `see ${word}` };
    ok(await zoe.post("/user/report", report));
    ok(await ann.post("/user/report", { conversation_id: where, seq, reason: "abuse", text: "rude" }));
  }
  ok(await zoe.put("/group/nickname", { group_id: group.group_id, group_nickname: word }));
  // An upload that no message names.
  ok(await upload(zoe, chat, file()));
  ok(await zoe.post("/user/block", { user_id: ben.id }));
  const stored = () =>
    everythingStored([zoe.id, ann.id, ben.id], [chat, group.conversation_id, `si_${ann.id}:${ben.id}`]);
  const traces = async () => (await stored()).filter((text) => text.includes(word));
  return { zoe, ann, ben, group, chat, stored, traces };
}

/** Whether files that wait for their conversation's alarm are gone. */
async function filesGone(...conversations: readonly string[]): Promise<void> {
  for (const id of conversations) await ring(roomOf(id));
}

const asSeen = async (who: Person, chat: string) => (await who.pull(chat)).messages;

describe("an erased account", () => {
  test("[ERASE-1] ends at once on all devices, and cannot come back", async () => {
    const [zoe, ann, chat] = await pair();
    const phone = await zoe.on(1);
    const sockets = [await zoe.socket(), await phone.socket(), await phone.roomSocket(chat)];
    await erase(zoe);
    for (const socket of sockets) {
      expect(await socket.push(2002)).toEqual({ reason: "erased", code: 2009 });
      expect((await socket.closed).code).toBe(4001);
    }
    for (const who of [zoe, phone]) {
      expect((await who.get("/user/info")).code).toBe(2001);
      expect((await who.post("/auth/refresh")).code).toBe(2001);
      expect((await who.send(ann, "still here")).code).toBe(2001);
    }
    const again = { user_id: zoe.id, nickname: "Zoe", password: PASSWORD };
    for (const later of [async () => undefined, () => erased(zoe)]) {
      await later();
      expect((await loginBy(zoe.id, PASSWORD)).code).toBe(2009);
      expect((await call("POST", "/auth/register", { body: again })).code).toBe(2007);
    }
  });

  test.each<ErasureMode>(["messages", "anonymous"])(
    "[ERASE-2] leaves no word of theirs anywhere (%s)",
    async (mode) => {
      const { zoe, ann, ben, group, chat, stored, traces } = await busyUser();
      expect((await traces()).length).toBeGreaterThan(20);
      const kept = (await asSeen(ann, chat)).filter(({ sender_id }) => sender_id === ann.id);
      await erase(zoe, mode);
      await erased(zoe);
      await filesGone(chat, group.conversation_id);
      if (mode === "messages") {
        await eventually(async () => expect(await traces()).toEqual([]));
        // Each place is really looked at: what others wrote is there.
        const all = (await stored()).join("\n");
        for (const part of ["what Ann says", "D1 reports", "rude", `inbox ${ann.id} conversations`]) {
          expect(all).toContain(part);
        }
      } else {
        const left = (await traces()).filter((text) => !/ (messages|revisions) /.test(text));
        // What Ann and Ben see in their lists and what they reported are contents of messages, too.
        expect(left.filter((text) => !/ conversations | reports /.test(text))).toEqual([]);
        expect(left.join()).not.toContain('"nickname":"zanzibar');
      }
      const now = await asSeen(ann, chat);
      expect(now.filter(({ sender_id }) => sender_id === ann.id)).toMatchObject(
        kept.map(({ content, seq }) => ({ content, seq })),
      );
      const theirs = now.filter(({ sender_id, msg_type }) => sender_id === zoe.id && msg_type < 1_000);
      expect(theirs).toHaveLength(4);
      for (const { content, amended } of theirs) {
        if (mode === "messages") expect([content, amended?.recalled_by]).toEqual([{}, zoe.id]);
        else expect(JSON.stringify(content)).not.toBe("{}");
      }
      const reactions = (amended: Message["amended"]) => amended?.reactions ?? [];
      const toAnn = now.find(({ sender_id }) => sender_id === ann.id);
      expect(reactions(toAnn?.amended ?? null)).toEqual(mode === "messages" ? [] : [["👍", 1]]);
      const user = ok(await ann.get<User>(`/user/profile/${zoe.id}`));
      expect(user).toMatchObject({ user_id: zoe.id, nickname: "", avatar: "", extra: "" });
      expect((await ann.entry(chat))?.title).toBe("");
      expect(ok(await ben.get<GroupMember[]>("/group/members", { group_id: group.group_id }))).toHaveLength(2);
    },
  );

  test("[ERASE-3] is followed as an owner by the oldest admin, or else by the oldest member", async () => {
    const [zoe, ann, ben, cyd] = await people("zoe", "ann", "ben", "cyd");
    const byMember = await makeGroup(zoe, ann, ben);
    const byAdmin = await makeGroup(zoe, ann, ben);
    ok(await zoe.post("/group/invite", { group_id: byAdmin.group_id, user_ids: [cyd.id] }));
    for (const { id } of [cyd, ben]) {
      ok(await zoe.post("/group/set_role", { group_id: byAdmin.group_id, user_id: id, role_level: 2 }));
    }
    const alone = await makeGroup(zoe);
    const socket = await ann.socket();
    await erase(zoe);
    await erased(zoe);
    const owners = async (id: string) =>
      ok(await ann.get<GroupMember[]>("/group/members", { group_id: id }))
        .filter(({ role_level }) => role_level === 3)
        .map(({ user_id }) => user_id);
    expect(await owners(byMember.group_id)).toEqual([[ann.id, ben.id].sort()[0]]);
    expect(await owners(byAdmin.group_id)).toEqual([ben.id]);
    const notices = (await asSeen(ann, byAdmin.conversation_id)).filter(({ msg_type }) => msg_type >= 1_000).slice(-2);
    expect(notices).toMatchObject([
      { msg_type: 1013, sender_id: zoe.id, content: { operator_id: zoe.id, user_ids: [ben.id] } },
      { msg_type: 1003, sender_id: zoe.id, content: { operator_id: zoe.id, user_ids: [zoe.id] } },
    ]);
    await socket.push<{ msgs: Record<string, Message[]> }>(2001, ({ msgs }) =>
      Object.values(msgs)
        .flat()
        .some(({ msg_type }) => msg_type === 1013),
    );
    expect(ok(await ann.get<{ status: number }>("/group/info", { group_id: alone.group_id })).status).toBe(2);
  });

  test("[ERASE-4] is unknown to everything that would begin something with it", async () => {
    const [zoe, ann, chat] = await pair();
    const [ben] = await people("ben");
    const group = await makeGroup(ann, ben);
    await erase(zoe);
    await erased(zoe);
    expect((await ann.send(zoe, "are you there?")).code).toBe(2006);
    for (const socket of [await ann.socket(), await ann.roomSocket(chat)]) {
      expect((await socket.request(1003, outgoing(zoe, "hello?"))).err_code).toBe(2006);
    }
    expect((await ben.send(zoe, "hello")).code).toBe(2006);
    const invited = await ann.post<{ code: number }[]>("/group/invite", {
      group_id: group.group_id,
      user_ids: [zoe.id],
    });
    expect(ok(invited)).toMatchObject([{ code: 2006 }]);
    expect((await ann.post("/group/create", { name: "x", member_ids: [zoe.id] })).code).toBe(2006);
    expect((await ann.post("/user/block", { user_id: zoe.id })).code).toBe(2006);
    const forward = { conversation_id: chat, seqs: [1], recv_id: zoe.id, client_msg_id: "f" };
    expect((await ben.post("/msg/forward", forward)).code).not.toBe(0);
    // What Ann has written herself is still hers.
    expect((await asSeen(ann, chat)).length).toBe(1);
  });

  test("[ERASE-5] is a tombstone that no late update revives, and that answers with the mark that it is told", async () => {
    const [zoe, ann, chat] = await pair();
    const group = await makeGroup(ann, zoe);
    await ann.text(group, "late news");
    const header = {
      conversation_id: group.conversation_id,
      ...{ seq: 7, ver: 9, rev: 3, from: 7, min_seq: 1, read_seq: 0, peer_read_seq: 0, unread: 1, role: 1, status: 1 },
      ...{ muted_until: 0, updated_at: Date.now(), renamed: false },
    };
    const update = `${JSON.stringify(header)}\nnull\n{"seq":7,"content":{"text":"late news"}}`;
    await erase(zoe);
    await erased(zoe);
    const empty = async () =>
      (await everythingStored([zoe.id], [])).filter((text) =>
        /^inbox .* (conversations|erasure_steps|logins) /.test(text),
      );
    await eventually(async () => expect(await empty()).toEqual([]));
    await abortAllDurableObjects();
    const relay = `${JSON.stringify({ conversation_id: group.conversation_id, from: 7, seq: 7, rev: 3 })}\n{"seq":7}`;
    for (const state of [update, update.replace('"status":1', '"status":2')]) {
      expect(await inboxOf(zoe).update(state)).toMatchObject({ seq: 7, ver: 9, rev: 3, online: false });
      expect(await inboxOf(zoe).relay(relay)).toMatchObject({ seq: 7, online: false });
    }
    // The first update has the user in the group: it is left, and then nothing remains of that, either.
    await eventually(async () => {
      await ring(inboxOf(zoe));
      expect(await empty()).toEqual([]);
    });
    await evictAllDurableObjects();
    await ann.text(group, "later");
    await eventually(async () => {
      await ring(roomOf(group.conversation_id));
      expect(await rows(roomOf(group.conversation_id), "SELECT * FROM behind")).toEqual([]);
    });
    expect(await empty()).toEqual([]);
    // The alarm of the last step may be about to ring once more.
    await eventually(async () => {
      if ((await alarmOf(inboxOf(zoe))) !== null) await ring(inboxOf(zoe));
      expect(await alarmOf(inboxOf(zoe))).toBeNull();
    });
    expect((await asSeen(ann, chat)).length).toBe(1);
  });

  test("[ERASE-5] leaves what an invitation under way brings it into, before the end and after it", async () => {
    const [zoe, ann] = await people("zoe", "ann");
    const groups = [await makeGroup(ann, zoe), await makeGroup(ann)];
    const statusIn = async (id: string) =>
      (await rows<{ status: number }>(roomOf(id), `SELECT status FROM members WHERE user_id = '${zoe.id}'`))[0]?.status;
    const [early, late] = groups;
    if (!early || !late) throw new Error("there are two groups");
    await erase(zoe);
    await eventually(async () => {
      await erasureStep(zoe);
      expect(await statusIn(early.conversation_id)).toBe(2);
    });
    await bringInBy(early.conversation_id, ann, zoe);
    expect(await statusIn(early.conversation_id)).toBe(1);
    await erased(zoe);
    await eventually(async () => {
      await ring(inboxOf(zoe));
      expect(await statusIn(early.conversation_id)).toBe(2);
    });
    await bringInBy(late.conversation_id, ann, zoe);
    await eventually(async () => {
      await ring(inboxOf(zoe));
      expect(await statusIn(late.conversation_id)).toBe(2);
    });
  });

  test("[ERASE-5] leaves what brings it back before the answer to its leave arrives", async () => {
    const [zoe, ann] = await people("zoe", "ann");
    const { conversation_id: id } = await makeGroup(ann, zoe);
    let isBack = false;
    afterLeave = async (room) => {
      welcomed.add(zoe.id);
      unwrapped(await operate.call(room, invitationBy(ann, zoe)));
      welcomed.delete(zoe.id);
      // The inbox is told of it first.
      for (; !isBack; await scheduler.wait(5)) {
        const query = `SELECT status, ver FROM conversations WHERE conversation_id = '${id}'`;
        const [entry] = await rows<{ status: number; ver: number }>(inboxOf(zoe), query);
        isBack = entry?.status === 1 && entry.ver > 2;
      }
    };
    await erase(zoe);
    await erased(zoe);
    expect(isBack).toBe(true);
    expect(await rows(roomOf(id), `SELECT status FROM members WHERE user_id = '${zoe.id}'`)).toEqual([{ status: 2 }]);
  });

  test("[ERASE-1] ends complete, though every object dies after each step", async () => {
    const { zoe, group, chat, traces } = await busyUser();
    await erase(zoe);
    let steps = 0;
    for (; !(await isErased(zoe)) && steps < 60; steps++) {
      await abortAllDurableObjects();
      await erasureStep(zoe);
    }
    expect(steps).toBeGreaterThan(3);
    expect(await isErased(zoe)).toBe(true);
    await filesGone(chat, group.conversation_id);
    await eventually(async () => expect(await traces()).toEqual([]));
  });
});

/** The call that adds a member for one who asked the user's inbox before the account was erased. */
function invitationBy(owner: Person, whom: Person): OperateCall {
  const input = { type: "invite", user_ids: [whom.id], unknown: [] } as const;
  return { user_id: owner.id, mark: NOTHING_KNOWN, operation: groupOperation.name, input };
}

async function bringInBy(conversationId: string, owner: Person, whom: Person): Promise<void> {
  welcomed.add(whom.id);
  unwrapped(await roomOf(conversationId).operate(invitationBy(owner, whom)));
  welcomed.delete(whom.id);
}

describe("asking for it", () => {
  test("takes the right password, and guesses of it are slowed down like those of a login", async () => {
    const [zoe] = await people("zoe");
    expect((await zoe.post("/auth/erase", {})).code).toBe(1001);
    expect((await zoe.post("/auth/erase", { password: PASSWORD, mode: "all" })).code).toBe(1001);
    const codes: number[] = [];
    for (let at = 0; at < 12; at++) codes.push((await zoe.post("/auth/erase", { password: `wrong ${at}` })).code);
    expect(new Set(codes.slice(0, 9))).toEqual(new Set([2008]));
    expect(codes.at(-1)).toBe(1006);
    expect(await rows(inboxOf(zoe), "SELECT name FROM sqlite_master WHERE name = 'erasure'")).toEqual([]);
    expect((await call("POST", "/auth/erase", { body: { password: PASSWORD } })).code).toBe(2003);
  });

  test("twice at once erases once", async () => {
    const [zoe] = await people("zoe");
    const both = await Promise.all([1, 2].map(() => zoe.post("/auth/erase", { password: PASSWORD })));
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2001]);
    await erased(zoe);
    const { results } = await env.DB.prepare("SELECT * FROM users WHERE user_id = ?").bind(zoe.id).all();
    expect(results).toMatchObject([{ nickname: "", password_hash: "", findable: 0 }]);
  });
});

describe("the server API", () => {
  test("[KEY-2] erases for the backend with the scope users, and answers 2009 for what would need the account", async () => {
    const [zoe] = await people("zoe");
    const [key, other] = [await makeKey("users"), await makeKey("messages")];
    expect((await other.post(`/admin/users/${zoe.id}/erase`)).code).toBe(1004);
    expect((await key.post("/admin/users/nobody/erase")).code).toBe(2006);
    expect((await key.post(`/admin/users/${zoe.id}/erase`, { mode: "?" })).code).toBe(1001);
    ok(await key.post(`/admin/users/${zoe.id}/erase`));
    expect((await key.post("/admin/tokens", { user_id: zoe.id })).code).toBe(2009);
    await erased(zoe);
    ok(await key.post(`/admin/users/${zoe.id}/erase`));
    for (const what of ["ban", "unban", "logout"]) {
      expect((await key.post(`/admin/users/${zoe.id}/${what}`)).code).toBe(2009);
    }
    expect((await key.post(`/admin/users/${zoe.id}/password`, { password: PASSWORD })).code).toBe(2009);
    expect((await key.put(`/admin/users/${zoe.id}`, { nickname: "Zoe" })).code).toBe(2009);
    expect((await key.post("/admin/users", { user_id: zoe.id, nickname: "Zoe" })).code).toBe(2009);
    expect((await key.post("/admin/tokens", { user_id: zoe.id })).code).toBe(2009);
    const imported = { users: [{ user_id: zoe.id, nickname: "Zoe" }] };
    expect(ok(await key.post("/admin/users/import", imported))).toEqual([{ user_id: zoe.id, code: 2007 }]);
    expect(ok(await key.get(`/admin/users/${zoe.id}`))).toMatchObject({ nickname: "", has_password: false });
  });
});
