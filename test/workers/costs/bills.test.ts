import { evictAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { call, ok } from "../../helpers/workers/api.ts";
import { billing, type Course } from "../../helpers/workers/billing.ts";
import { erase, isErased } from "../../helpers/workers/erasure.ts";
import { download, picture, upload } from "../../helpers/workers/files.ts";
import {
  alarmOf,
  deliver,
  eventually,
  inboxOf,
  ring,
  roomOf,
  rows,
  sendFrames,
} from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { loginBy, makeGroup, outgoing, type Person, pair, people, type Target } from "../../helpers/workers/people.ts";
import { browserOf } from "../../helpers/workers/push.ts";
import type { TestSocket } from "../../helpers/workers/socket.ts";

const BURST = 64;
const HOUR = 3_600_000;
const { clock, reset, expectCost, toTheEnd, atRest } = await billing();

const online = (some: readonly Person[]) => Promise.all(some.map((person) => person.socket()));
const sendBy = (socket: TestSocket, to: Target) => socket.request(1003, outgoing(to, "hello"));

test("[TELL-4] a text in a single chat on each path, its retry, and the typing before it", async () => {
  const [alice, bob, chat] = await pair();
  const course = { chat, by: alice, told: 1 };
  await expectCost("text, single chat, peer offline", () => alice.text(bob), course);
  const [, mine] = await online([bob, alice]);
  await expectCost("text, single chat, both online", () => alice.send(bob, "hello", "once"), course);
  await expectCost("retry of a text", () => alice.send(bob, "hello", "once"), { ...course, told: 0 });
  if (!mine) throw new Error("no socket");
  await expectCost("text, single chat, user's socket", () => sendBy(mine, bob), course);
  const typing = () => mine.request(1008, { conversation_id: chat, typing: true });
  await expectCost("typing, until it ends by itself", typing, { ...course, told: 0 });
  const room = await alice.roomSocket(chat);
  await expectCost("text, single chat, conversation's socket", () => sendBy(room, bob), { ...course, told: 2 });
});

test("[TELL-4] [READ-2] a single chat of five minutes: a text every ten seconds, from both in turns", async () => {
  const [alice, bob, chat] = await pair();
  const [his, hers] = await online([bob, alice]);
  if (!his || !hers) throw new Error("no socket");
  const course = { chat, by: alice, told: 1 };
  await expectCost(
    "30 texts in five minutes, single chat, user's socket",
    async () => {
      for (let sent = 0; sent < 30; sent++) {
        await alarmsUntil(clock.now + 10_000, course);
        // The objects slept meanwhile.
        await evictAllDurableObjects();
        await (sent % 2 === 0 ? sendBy(hers, bob) : sendBy(his, alice));
        await atRest({ ...course, told: sent + 1 });
      }
    },
    { ...course, told: 30 },
  );
});

/** Lets time pass, and rings the conversation's alarm when it is due. */
async function alarmsUntil(time: number, course: Course): Promise<void> {
  const room = roomOf(course.chat);
  const due = await alarmOf(room);
  if (due !== null && due <= time) {
    clock.now = due;
    await evictAllDurableObjects();
    await ring(room);
    await atRest({ ...course, told: 0 });
  }
  clock.now = time;
}

test.each(["user's", "conversation's"] as const)("[TELL-4] a burst on a %s socket", async (kind) => {
  const [alice, bob, chat] = await pair();
  await bob.socket();
  const socket = await (kind === "user's" ? alice.socket() : alice.roomSocket(chat));
  const bodies = Array.from({ length: BURST }, () => outgoing(bob, "hello"));
  const burst = async () => {
    // All in one turn, so that the batches do not depend on the machine.
    await deliver(kind === "user's" ? inboxOf(alice) : roomOf(chat), sendFrames("burst-", bodies));
    await socket.answer(`burst-${BURST - 1}`);
  };
  const course = { chat, by: alice, told: 2 };
  await expectCost(`burst of ${BURST} texts, single chat, ${kind} socket`, burst, course);
});

test("a picture with its thumbnail, and a view of it", async () => {
  const [alice, bob, chat] = await pair();
  const course = { chat, by: alice, told: 1 };
  const send = async () => {
    const { url: image_url } = ok(await upload(alice, chat));
    const { url: thumbnail_url } = ok(await upload(alice, chat));
    const body = picture(bob, image_url);
    ok(await alice.post("/msg/send", { ...body, content: { image_url, thumbnail_url } }));
    return image_url;
  };
  // The first one of a user and of a conversation also makes tables.
  await send();
  let url = "";
  await expectCost(
    "picture with thumbnail, single chat",
    async () => {
      url = await send();
    },
    course,
  );
  await expectCost("view of a picture", async () => (await download(url)).arrayBuffer());
});

test.each([10, 100, 500] as const)(
  "[TELL-4] [TELL-7] [OPS-1] a text, a reaction and an edit in a group of %i",
  { timeout: 300_000 },
  async (size) => {
    const names = Array.from({ length: size }, (_, at) => `of-${size}-${at}`);
    const [owner, ...members] = await people(...names);
    if (!owner) throw new Error("nobody");
    reset();
    const group = await makeGroup(owner, ...members);
    const course = { chat: group.conversation_id, by: owner, told: size - 1 };
    await toTheEnd(course);
    const isLarge = size > 10;
    const connect = async (some: readonly Person[], all: number) => {
      await online(some);
      if (isLarge) await attended(course.chat, all);
    };
    await connect(members.slice(0, size / 10), size / 10);
    const told = isLarge ? size / 10 : size - 1;
    await expectCost(`text, group of ${size}, a tenth online`, () => owner.text(group), { ...course, told });
    await connect(members.slice(size / 10), size - 1);
    await expectCost(`text, group of ${size}, all online`, () => owner.text(group), course);
    const mine = await owner.socket();
    if (isLarge) await attended(course.chat, size);
    await expectCost(`text, group of ${size}, user's socket`, () => sendBy(mine, group), course);
    const room = await owner.roomSocket(course.chat);
    await expectCost(`text, group of ${size}, conversation's socket`, () => sendBy(room, group), {
      ...course,
      told: size,
    });
    const { edit, react } = operating(owner, course.chat);
    // The first of a conversation make the tables.
    ok(await edit(1, "edited"));
    ok(await react(1, "👍"));
    const quiet = { ...course, told: 0 };
    const at = { conversation_id: course.chat, seq: 2 };
    const reacting = () => room.request(1015, { ...at, emoji: "👍", on: true });
    await expectCost(`reaction, group of ${size}, conversation's socket`, reacting, quiet);
    const editing = () => room.request(1012, { ...at, seq: 3, content: { text: "edited" } });
    await expectCost(`edit of an older text, group of ${size}, conversation's socket`, editing, quiet);
  },
);

/** Waits until this many members attend a large group. */
const attended = (chat: string, count: number) =>
  eventually(async () => expect(await rows(roomOf(chat), "SELECT * FROM attending")).toHaveLength(count), 60_000);

test("[SEND-7] [READ-3] reading, marking, connecting", async () => {
  const [alice, bob, chat] = await pair();
  await alice.text(bob);
  const course = { chat, by: bob, told: 1 };
  await toTheEnd(course);
  await expectCost("pull", () => bob.pull(chat));
  await expectCost("list", () => bob.list());
  await expectCost("sync", () => bob.sync(0));
  await expectCost("mark_read", () => bob.read(chat, 1), course);
  let mine: TestSocket | undefined;
  await expectCost("connect, user's socket", async () => {
    mine = await bob.socket();
  });
  await expectCost("connect with a cursor", async () => (await bob.socket({ since: 0 })).answer(""));
  await expectCost("pull, user's socket", async () => mine?.request(1005, { conversation_id: chat }));
  const mark = async () => mine?.request(1007, { conversation_id: chat, read_seq: 2 });
  await expectCost("mark_read, user's socket", mark, course);
  await expectCost("connect, conversation's socket", () => bob.roomSocket(chat));
});

test("[SEND-7] accounts, first messages and new groups", async () => {
  const body = { user_id: "newcomer", nickname: "New", password: "correct horse" };
  await expectCost("register", () => call("POST", "/auth/register", { body }));
  await expectCost("login", () => loginBy(body.user_id, body.password));
  const [alice, bob, ...others] = await people("alice", "bob", ...Array.from({ length: 8 }, (_, at) => `other-${at}`));
  if (!alice || !bob) throw new Error("nobody");
  const course = { chat: alice.chatWith(bob), by: alice, told: 1 };
  await expectCost("first text of a single chat", () => alice.text(bob), course);
  await expectCost("group of 10 made", async () => {
    const { conversation_id } = await makeGroup(alice, bob, ...others);
    await toTheEnd({ chat: conversation_id, by: alice, told: 9 });
  });
  await expectCost("block, existing chat", () => bob.post("/user/block", { user_id: alice.id }));
  const chat = { conversation_id: alice.chatWith(bob) };
  await expectCost("search in a chat of one message", () => bob.get("/msg/search", { ...chat, q: "hello" }));
  const clearing = { chat: chat.conversation_id, by: bob, told: 0 };
  const cleared = () => bob.post("/conversation/delete", { ...chat, clear: true });
  await expectCost("clear and delete a chat", cleared, clearing);
  await expectCost("own data stored", () => bob.put("/user/data", { key: "draft", value: "Hel" }));
  await expectCost("search over two conversations", () => alice.get("/search", { q: "hello" }));
});

test("[JOIN-1] [SWITCH-1] an application to a group and its answer; a text in slow mode", async () => {
  const [owner, ann, ben] = await people("owner", "ann", "ben");
  const group = await makeGroup(owner, ann);
  const { group_id, conversation_id: chat } = group;
  await toTheEnd({ chat, by: owner, told: 1 });
  ok(await owner.put("/group/update", { group_id, join_mode: 2, slow_mode: 1 }));
  await toTheEnd({ chat, by: owner, told: 1 });
  const applied = () => ben.post("/group/join", { group_id });
  await expectCost("application to a group", applied, { chat, by: ben, told: 1 });
  const answered = () => owner.post("/group/applications/answer", { group_id, user_id: ben.id, accept: true });
  await expectCost("application accepted, group of 3", answered, { chat, by: owner, told: 2 });
  await expectCost("text, group of 3 in slow mode", () => ann.text(group), { chat, by: ann, told: 2 });
});

test("[NOTIFY-1] a text to a user whose phone is in the pocket", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const course = { chat, by: alice, told: 1 };
  await expectCost(
    "text, single chat, peer's phone notified",
    async () => {
      await alice.text(bob);
      const due = await eventually(async () => {
        const time = await alarmOf(inboxOf(bob));
        expect(time).not.toBeNull();
        return time ?? 0;
      });
      clock.now = Math.max(clock.now, due);
      await ring(inboxOf(bob));
      await phone.gets(1);
    },
    course,
  );
  const tablet = await bob.on(9);
  await expectCost("device registered", () => tablet.post("/push/register", phone.registration));
  await expectCost("device registered again", () => tablet.post("/push/register", phone.registration));
});

test("[EXPORT-2] an account with one chat of ten messages is exported", async () => {
  const [alice, bob, chat] = await pair();
  for (let sent = 1; sent < 10; sent++) await alice.text(bob);
  await toTheEnd({ chat, by: bob, told: 0 });
  await expectCost("account with one chat of ten messages exported", async () => {
    ok(await alice.post("/user/export"));
    await ring(inboxOf(alice));
    expect(ok(await alice.post<{ is_ready: boolean }>("/user/export")).is_ready).toBe(true);
  });
});

test("[ERASE-1] an account with one chat of ten messages is erased", async () => {
  const [alice, bob, chat] = await pair();
  for (let sent = 1; sent < 10; sent++) await alice.text(bob);
  const course = { chat, by: bob, told: 1 };
  await expectCost(
    "account with one chat of ten messages erased",
    async () => {
      await erase(alice);
      for (let steps = 0; !(await isErased(alice)) && steps < 20; steps++) {
        clock.now += 61_000;
        await ring(inboxOf(alice)).catch(() => undefined);
      }
      expect(await isErased(alice)).toBe(true);
    },
    course,
  );
});

test("[SOCK-3] [SYNC-4] [PRES-2] a heartbeat, idle hours, presence", async () => {
  const [alice, bob, chat] = await pair();
  await toTheEnd({ chat, by: alice, told: 0 });
  const [mine] = await online([alice, bob]);
  if (!mine) throw new Error("no socket");
  await expectCost("heartbeat", () => mine.ping());
  for (const inbox of [alice, bob].map(inboxOf)) expect(await alarmOf(inbox)).toBeNull();
  await expectCost("socket, an idle hour", async () => {
    clock.now += HOUR;
    await mine.ping();
  });
  await expectCost("watching somebody online, the first hour", async () => {
    await mine.request(1010, { user_ids: [bob.id] });
    expect(await alarmOf(inboxOf(alice))).toBeNull();
    const end = clock.now + HOUR;
    const watched = inboxOf(bob);
    for (let due = await alarmOf(watched); due !== null && due <= end; due = await alarmOf(watched)) {
      clock.now = due;
      await evictDurableObject(watched);
      await ring(watched);
    }
  });
});

test("[PRES-2] going online and offline while others watch", async () => {
  const [bob, ...viewers] = await people("bob", ...Array.from({ length: 5 }, (_, at) => `viewer-${at}`));
  if (!bob) throw new Error("nobody");
  reset();
  const group = await makeGroup(bob, ...viewers);
  await toTheEnd({ chat: group.conversation_id, by: bob, told: 5 });
  const sockets = await online(viewers);
  for (const socket of sockets) await socket.request(1010, { user_ids: [bob.id] });
  const told = () => Promise.all(sockets.map((socket) => socket.push(2005)));
  let his: TestSocket | undefined;
  await expectCost("coming online with a cursor, watched by 5", async () => {
    his = await bob.socket({ since: 0 });
    await Promise.all([his.answer(""), told()]);
  });
  await expectCost("going offline, watched by 5", async () => {
    his?.close();
    await told();
  });
});
