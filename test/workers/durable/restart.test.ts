import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LEAD } from "../../../src/core/list/list.ts";
import { signToken } from "../../../src/middleware/tokens.ts";
import { judgeNothingMore } from "../../helpers/contract.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, expectAgreement, inboxOf, inside, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { outgoing, Person, pair, signIn } from "../../helpers/workers/people.ts";
import { ALICE, CHAT, CONVERSATION, FIRST_CURSOR, INBOX, LOGIN } from "../../helpers/workers/release-1.ts";

type Stub = Parameters<typeof inside>[0];

/** Inserts rows into an object's storage and restarts it with them. */
async function startWith(stub: Stub, sql: string, alarm?: number): Promise<void> {
  await inside(stub, async (_, { storage }) => {
    storage.sql.exec(sql);
    if (alarm !== undefined) await storage.setAlarm(alarm);
  });
  await evictDurableObject(stub);
}

describe("the first release's objects", () => {
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    const insert = "INSERT INTO users (user_id, nickname, password_hash, created_at) VALUES (?, ?, '', 0)";
    await env.DB.batch([ALICE, "old-bob"].map((id) => env.DB.prepare(insert).bind(id, id)));
    await startWith(roomOf(CHAT), CONVERSATION, Date.now() + 3_600_000);
    await startWith(inboxOf({ id: ALICE }), INBOX);
    const login = { ...LOGIN, user_id: ALICE };
    alice = new Person(login, await signToken(new TextEncoder().encode(env.JWT_SECRET), { ...login, issued_at: 1 }));
    bob = await signIn("old-bob", 5);
  });

  test("[STORE-1] continue where they were: login, list, cursor, history, retries, the next seq", async () => {
    expect(await alice.list()).toMatchObject([
      {
        conversation_id: CHAT,
        max_seq: 3,
        is_pinned: true,
        recv_msg_opt: 1,
        title: "old-bob",
        last_message: { seq: 3 },
      },
    ]);
    expect((await alice.sync(FIRST_CURSOR + 2)).cursor).toBe(FIRST_CURSOR + 3);
    const { messages } = await alice.pull(CHAT);
    expect(messages.map(({ seq, sender_id }) => [seq, sender_id])).toEqual([
      [1, ALICE],
      [2, "old-bob"],
      [3, ALICE],
    ]);
    expect(ok(await alice.send(bob, "another text", "old-2"))).toEqual(messages[2]);
    const sent = await alice.text(bob, "four");
    expect(sent.seq).toBe(4);
    expect(sent.server_msg_id).toBeGreaterThan(messages[2]?.server_msg_id ?? 0);
    expect((await alice.sync(FIRST_CURSOR + 3)).cursor).toBe(FIRST_CURSOR + 3 + LEAD + 1);
  });

  test("[STORE-1] [TELL-1] update the inboxes that were behind", async () => {
    await ring(roomOf(CHAT));
    await eventually(() => expectAgreement(CHAT, [alice, bob]));
    expect(await bob.readState(CHAT)).toEqual({ max_seq: 4, rev: 0, read_seq: 2, unread_count: 2 });
  });
});

test("[STORE-1] a newer schema is accepted and left as it is", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(() => expectAgreement(chat, [alice, bob]));
  const newer = "INSERT OR REPLACE INTO schema_version VALUES (999);";
  await startWith(roomOf(chat), `${newer} ALTER TABLE messages ADD COLUMN later TEXT`);
  await startWith(inboxOf(bob), `${newer} ALTER TABLE conversations ADD COLUMN later TEXT`);
  await alice.text(bob, "2");
  await bob.text(alice, "3");
  await eventually(() => expectAgreement(chat, [alice, bob]));
  for (const stub of [roomOf(chat), inboxOf(bob)]) {
    expect(await rows(stub, "SELECT max(version) AS version FROM schema_version")).toEqual([{ version: 999 }]);
  }
});

describe("odd rows", () => {
  beforeAll(judgeNothingMore);

  test("[STORE-1] in a conversation: strangers among the inboxes behind, unknown types and roles, invalid texts", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    await startWith(
      roomOf(chat),
      `INSERT INTO behind (user_id, seq, ver) VALUES ('nobody', 7, 7), ('${bob.id}', 99, 99);
       INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable)
         VALUES (2, 5, '${alice.id}', 'odd', 77, '{"of":"the future"}', 1, 2),
           (3, 6, 'who-is-this', 'odd', 1, '{"text":7}', 1, 3);
       INSERT INTO members (user_id, role, status, min_seq, end_seq, read_seq, read_count, join_seq, joined_at,
           inviter_user_id, muted_until, group_nickname, ver, sent_bytes, refuses)
         VALUES ('future', 9, 9, 1, 0, 0, 0, 0, 0, '', 0, '', 1, 0, 9);`,
      Date.now() + 3_600_000,
    );
    await ring(roomOf(chat));
    expect((await alice.pull(chat)).messages.length).toBe(3);
    expect((await alice.text(bob, "4")).seq).toBe(4);
    await ring(roomOf(chat));
    await eventually(() => expectAgreement(chat, [alice]));
    const room = await bob.roomSocket(chat);
    expect((await room.request(1003, outgoing(alice, "5"))).err_code).toBe(0);
  });

  test("[STORE-1] in an inbox: invalid ids, roles and sockets of unknown kinds", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    await startWith(
      inboxOf(bob),
      `${oddEntry("no id at all", "null")}
       INSERT INTO room_sockets VALUES ('odd', 'no id at all', 'nobody', 'of the future');`,
      Date.now() + 3_600_000,
    );
    await ring(inboxOf(bob));
    expect((await bob.list()).map(({ conversation_id }) => conversation_id)).toContain(chat);
    expect((await bob.sync(0)).conversations.length).toBe(2);
    const socket = await bob.socket();
    await alice.text(bob, "2");
    await socket.push(2001);
    await eventually(() => expectAgreement(chat, [alice, bob]));
  });

  test("[STORE-1] in an inbox: a preview that is not JSON breaks neither the list nor a sync", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    await startWith(inboxOf(bob), oddEntry("sg_broken", '{"broken'));
    const list = await bob.list();
    expect(list.find((entry) => entry.conversation_id === "sg_broken")).toMatchObject({ last_message: null });
    expect(list.find((entry) => entry.conversation_id === chat)).toMatchObject({ last_message: { seq: 1 } });
    expect((await bob.sync(0)).conversations.length).toBe(2);
  });
});

/** A row in addition to the existing one, with values that no release has written. */
function oddEntry(id: string, preview: string): string {
  return `INSERT INTO conversations (conversation_id, preview, role, status, is_pinned, change, seq, ver, min_seq,
      read_seq, peer_read_seq, unread, muted_until, recv_msg_opt, updated_at, founded_at, gone)
    SELECT '${id}', '${preview}', 7, 7, 3, change + 1, seq, ver, min_seq, read_seq, peer_read_seq, unread, 0, 9, 5, 0, 0
    FROM conversations LIMIT 1;`;
}
