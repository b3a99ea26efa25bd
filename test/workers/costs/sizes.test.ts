import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import bills from "../../../docs/costs.json";
import { hashPassword } from "../../../src/core/passwords.ts";
import { inboxOf, inside, roomOf } from "../../helpers/workers/objects.ts";
import { signIn } from "../../helpers/workers/people.ts";

test("[MEM-1] the stored bytes of accounts, inboxes, conversations and texts", async () => {
  // Generated ids have 22 characters, and a typical message has a hundred.
  const id = (at: number) => String(at).padStart(22, "0");
  const sizeOfD1 = async () => (await env.DB.prepare("SELECT 1").run()).meta.size_after;
  const empty = await sizeOfD1();
  const user = env.DB.prepare(
    "INSERT INTO users (user_id, nickname, avatar, password_hash, created_at) VALUES (?, 'A name', '', ?, 1795352512345)",
  );
  const hash = await hashPassword("correct horse");
  await env.DB.batch(Array.from({ length: 1_000 }, (_, at) => user.bind(id(at), hash)));
  const account = Math.round(((await sizeOfD1()) - empty) / 1_000);

  const [alice, bob] = [await signIn(id(1), 5), await signIn(id(2), 5)];
  const sizeOf = (stub: Parameters<typeof inside>[0]) => inside(stub, (_, { storage }) => storage.sql.databaseSize);
  const inbox = await sizeOf(inboxOf(alice));
  const chat = alice.chatWith(bob);
  await alice.text(bob, "x".repeat(100));
  const conversation = await sizeOf(roomOf(chat));

  /** The bytes of one more row with its index. Measured over a thousand rows, since databases grow by pages. */
  const growth = async (stub: Parameters<typeof inside>[0], query: string, values: (at: number) => unknown[]) => {
    const before = await sizeOf(stub);
    await inside(stub, (_, { storage }) => {
      for (let at = 1; at <= 1_000; at++) storage.sql.exec(query, ...values(at));
    });
    return Math.round(((await sizeOf(stub)) - before) / 1_000);
  };
  const message =
    "SELECT seq + ?, server_msg_id + ?, sender_id, ?, msg_type, content, send_at, countable, rev, loud_rev, meta, amended FROM messages WHERE seq = 1";
  const entry = `SELECT ?, change, seq, ver, min_seq, read_seq, peer_read_seq, unread, role, status, muted_until,
    recv_msg_opt, is_pinned, updated_at, founded_at, gone, preview, dismissed, sent_bytes, sent_day, day_bytes,
    is_unread, is_archived, snooze_until, large, rev, mention_count, mention_seq, application_count FROM conversations WHERE conversation_id = '${chat}'`;
  expect({
    account,
    inbox,
    conversation,
    text: await growth(roomOf(chat), `INSERT INTO messages ${message}`, (at) => [at, at, `00000000-0000-${id(at)}`]),
    list_entry: await growth(inboxOf(alice), `INSERT INTO conversations ${entry}`, (at) => [
      `si_${id(at)}:${alice.id}`,
    ]),
  }).toEqual(bills.storage);
});
