import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STEPS as INBOX_STEPS } from "../../../../src/core/list/schema.ts";
import { InboxStore } from "../../../../src/core/list/store.ts";
import { forPreview, lineParameters, messageLine, serverMessageIds } from "../../../../src/core/log/message.ts";
import { newest, RecentMessages, UPDATE_LIMITS } from "../../../../src/core/log/recent-messages.ts";
import { STEPS as CONVERSATION_STEPS } from "../../../../src/core/log/schema.ts";
import { ConversationStore } from "../../../../src/core/log/store.ts";
import { Migrator } from "../../../../src/durable/migrator.ts";
import { memorySql } from "../../sql.ts";

const FIRST = "CREATE TABLE a (x INTEGER) STRICT;";
const SECOND = "ALTER TABLE a ADD COLUMN y TEXT;";

describe("Migrator", () => {
  test("[SEND-7] creates no table before the first write", () => {
    const sql = memorySql();
    const migrator = new Migrator(sql, { steps: [FIRST] });
    expect([migrator.isBorn, sql.disk.isBlank]).toEqual([false, true]);
    migrator.migrate();
    expect([migrator.isBorn, sql.disk.isBlank]).toEqual([true, false]);
  });

  test("[STORE-1] an older object gets the steps it lacks, and keeps its rows", () => {
    const sql = memorySql();
    new Migrator(sql, { steps: [FIRST] }).migrate();
    sql.exec("INSERT INTO a (x) VALUES (?)", 1);
    new Migrator(sql, { steps: [FIRST, SECOND] });
    expect(sql.exec("SELECT x, y FROM a").toArray()).toEqual([{ x: 1, y: null }]);
  });

  test("[STORE-1] a newer schema than the code's is left as it is", () => {
    const sql = memorySql();
    new Migrator(sql, { steps: [FIRST, SECOND] }).migrate();
    const older = new Migrator(sql, { steps: [FIRST] });
    older.migrate();
    expect(older.isBorn).toBe(true);
    expect(sql.exec("SELECT max(version) AS version FROM schema_version").toArray()).toEqual([{ version: 2 }]);
  });

  test("forgets a birth that was rolled back", () => {
    const sql = memorySql();
    const migrator = new Migrator(sql, { steps: [FIRST] });
    sql.exec("BEGIN");
    migrator.migrate();
    sql.exec("ROLLBACK");
    migrator.reset();
    expect(migrator.isBorn).toBe(false);
    migrator.migrate();
    expect(sql.exec("SELECT x FROM a").toArray()).toEqual([]);
  });

  test("[STORE-1] the tables of a feature are created with its own first write, and grow on their own", () => {
    const sql = memorySql();
    const migrator = new Migrator(sql, { steps: ["CREATE TABLE core (x INTEGER) STRICT;"] });
    const part = migrator.part("stars", { steps: [FIRST] });
    migrator.migrate();
    expect([migrator.isBorn, part.isBorn]).toEqual([true, false]);
    part.migrate();
    sql.exec("INSERT INTO a (x) VALUES (?)", 1);

    const later = new Migrator(sql, { steps: ["CREATE TABLE core (x INTEGER) STRICT;"] });
    expect(later.part("pins", { steps: [FIRST] }).isBorn).toBe(false);
    later.part("stars", { steps: [FIRST, SECOND] });
    expect(sql.exec("SELECT x, y FROM a").toArray()).toEqual([{ x: 1, y: null }]);
  });

  test("forgets the birth of a part that was rolled back", () => {
    const sql = memorySql();
    const migrator = new Migrator(sql, { steps: ["CREATE TABLE core (x INTEGER) STRICT;"] });
    const part = migrator.part("stars", { steps: [FIRST] });
    migrator.migrate();
    sql.exec("BEGIN");
    part.migrate();
    sql.exec("ROLLBACK");
    migrator.reset();
    expect([migrator.isBorn, part.isBorn]).toEqual([true, false]);
    part.migrate();
    expect(sql.exec("SELECT x FROM a").toArray()).toEqual([]);
  });

  test("[STORE-1] a new object takes the whole schema at once and is at the newest version", () => {
    const sql = memorySql();
    const schema = { steps: [FIRST, SECOND], whole: "CREATE TABLE a (x INTEGER, y TEXT) STRICT;" };
    new Migrator(sql, schema).migrate();
    new Migrator(sql, schema);
    expect(sql.exec("SELECT x, y FROM a").toArray()).toEqual([]);
    expect(sql.exec("SELECT version FROM schema_version").toArray()).toEqual([{ version: 2 }]);
  });

  test.each([
    ["Conversation", CONVERSATION_STEPS],
    ["Inbox", INBOX_STEPS],
  ])("[STORE-1] the steps of a %s give the same schema one by one and all at once", (_name, steps) => {
    const grown = memorySql();
    for (let count = 1; count <= steps.length; count++) new Migrator(grown, { steps: steps.slice(0, count) }).migrate();
    const made = memorySql();
    new Migrator(made, { steps }).migrate();
    const tables = "SELECT name FROM sqlite_master ORDER BY name";
    expect(grown.exec(tables).toArray()).toEqual(made.exec(tables).toArray());
  });
});

test("[STORE-1] [GROUP-4] an older inbox finds out which of its groups are dismissed from their last message", () => {
  const sql = memorySql();
  const before = INBOX_STEPS.findIndex((step) => step.includes("dismissed"));
  new Migrator(sql, { steps: INBOX_STEPS.slice(0, before) }).migrate();
  const rows = [
    ["sg_dismissed", 1, '{"msg_type":1009}'],
    ["sg_left", 2, '{"msg_type":1003}'],
    ["sg_goes-on", 1, '{"msg_type":1}'],
    ["sg_empty", 1, "null"],
    ["sg_odd", 1, "no JSON"],
    ["sg_nothing", 1, null],
  ] as const;
  for (const [id, status, preview] of rows) {
    sql.exec(
      "INSERT INTO conversations VALUES (?, 1, 1, 1, 1, 0, 0, 0, 1, ?, 0, 0, 0, 0, 0, 0, ?)",
      id,
      status,
      preview,
    );
  }
  const entries = new InboxStore(sql).entries();
  expect(entries.filter(({ dismissed }) => dismissed).map((entry) => entry.conversation_id)).toEqual(["sg_dismissed"]);
});

describe("[SEND-6] serverMessageIds", () => {
  test("rise within a conversation whatever the clock does, and are whole numbers below 2^53", () => {
    const clock = fc.array(fc.integer({ min: 1_704_067_200_000, max: 3_870_000_000_000 }), { minLength: 2 });
    fc.assert(
      fc.property(clock, fc.string(), (times, conversationId) => {
        const next = serverMessageIds(conversationId);
        let last = 0;
        for (const now of times) {
          const id = next(now, last);
          expect(Number.isSafeInteger(id) && id > last).toBe(true);
          last = id;
        }
      }),
    );
  });

  test("rise with time across conversations", () => {
    const now = Date.UTC(2026, 0, 1);
    expect(serverMessageIds("si_a:b")(now + 1, 0)).toBeGreaterThan(serverMessageIds("sg_zzz")(now, 0));
  });
});

describe("messages as JSON", () => {
  const stored = {
    seq: 3,
    server_msg_id: 7,
    sender_id: "ann",
    client_msg_id: 'a"\n',
    msg_type: 1,
    send_at: 5,
    countable: 1,
    rev: 0,
    loud_rev: 0,
    meta: null,
    amended: null,
  };

  test("[SEND-4] the content is sent as it is stored", () => {
    const content = '{"text":"x","big":12345678901234567890}';
    const line = messageLine("si_ann:bob", { type: 1, users: ["ann", "bob"] }, { ...stored, content });
    expect(line).toContain(`"content":${content}`);
    expect(JSON.parse(line)).toMatchObject({
      recv_id: "bob",
      group_id: "",
      session_type: 1,
      client_msg_id: 'a"\n',
      id: 7,
    });
  });

  test("[SEND-4] SQLite builds the same message as our code, byte for byte", () => {
    const sql = memorySql();
    const store = new ConversationStore(sql);
    store.migrator.migrate();
    const text = fc.string({ unit: "binary" }).filter((id) => !id.includes("\0"));
    const refs = [
      ["si_ann:bob", { type: 1, users: ["ann", "bob"] }],
      ["sg_g-1", { type: 2, group_id: "g-1" }],
    ] as const;
    const message = fc.record({
      client_msg_id: fc.oneof(text, fc.constant('\b\f\n\r\t"\\/\u007f\u2028')),
      sender_id: fc.constantFrom("ann", "bob", "carol"),
      content: fc.json(),
      server_msg_id: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      meta: fc.option(
        fc.oneof(
          fc.json(),
          fc.nat(3).map((reply_to) => JSON.stringify({ reply_to })),
        ),
      ),
      amended: fc.option(fc.json()),
      rev: fc.nat(1),
    });
    const page = fc.array(message, { maxLength: 60, size: "max" });
    fc.assert(
      fc.property(page, fc.constantFrom(...refs), fc.constantFrom("asc", "desc"), (made, [id, ref], order) => {
        sql.exec("DELETE FROM messages");
        const messages = made.map((one, index) => ({ ...stored, ...one, seq: index + 1, msg_type: 1_000 + index }));
        for (const one of messages) {
          store.insertMessage(one);
          store.updateMessage(one);
        }
        const { lines, changed, replied } = store.page(lineParameters(id, ref), { from: 1, to: made.length, order });
        const all = order === "asc" ? messages : messages.toReversed();
        expect(new TextDecoder().decode(lines)).toBe(all.map((one) => messageLine(id, ref, one)).join(","));
        expect(replied).toEqual(all.flatMap(({ meta }) => (meta && JSON.parse(meta)?.reply_to) || []));
        expect(changed).toEqual(all.filter(({ rev }) => rev > 0).map(({ seq }) => seq));
      }),
    );
  });

  test("a preview's text is cut at 256 characters, not in the middle of one", () => {
    const content = JSON.stringify({ text: "👍".repeat(300), more: 1 });
    expect(JSON.parse(forPreview({ ...stored, content }).content)).toEqual({ text: "👍".repeat(256), more: 1 });
    const short = { ...stored, content: '{"text":"x"}' };
    expect(forPreview(short)).toBe(short);
  });

  test("[SEND-4] a preview keeps every digit of the other keys, whether its text is cut or not", () => {
    const numbers = '"id":1724442618569203714,"part":0.12345678901234567,"__proto__":{"a":1},"more":[1.50e-7]';
    const withText = (text: string) => ({ ...stored, content: `{"text":"${text}",${numbers}}` });
    expect(forPreview(withText("x".repeat(300))).content).toBe(withText("x".repeat(256)).content);
    const uncut = withText("👍".repeat(200));
    expect(forPreview(uncut)).toBe(uncut);
    for (const odd of ['{"text":', `{"text":${"1".repeat(300)}}`]) {
      const message = { ...stored, content: odd.padEnd(400) };
      expect(forPreview(message)).toBe(message);
    }
  });
});

describe("[MEM-1] RecentMessages", () => {
  const message = (seq: number, length = 10) => ({ seq, line: "x".repeat(length), msg_type: 1 });

  test("returns the messages it has, and null if storage is needed", () => {
    const tail = new RecentMessages();
    for (let seq = 5; seq <= 9; seq++) tail.push(message(seq));
    expect(tail.range(6, 8)?.map(({ seq }) => seq)).toEqual([6, 7, 8]);
    expect(tail.range(4, 8)).toBeNull();
    tail.clear();
    expect(tail.range(6, 8)).toBeNull();
  });

  test("keeps the newest, bounded by number and by bytes", () => {
    const tail = new RecentMessages();
    for (let seq = 1; seq <= 5_000; seq++) tail.push(message(seq));
    expect(tail.range(5_000 - UPDATE_LIMITS.messages + 1, 5_000)).toHaveLength(UPDATE_LIMITS.messages);
    expect(tail.range(5_000 - 2 * UPDATE_LIMITS.messages - 1, 5_000)).toBeNull();
    for (let seq = 5_001; seq <= 5_050; seq++) tail.push(message(seq, 30_000));
    const held = tail.range(5_050, 5_050);
    expect(held).toHaveLength(1);
    expect(tail.range(5_001, 5_050)).toBeNull();
  });

  test("an update is never empty: it has at least the newest message", () => {
    expect(newest([message(1), message(2, UPDATE_LIMITS.bytes + 1)]).map(({ seq }) => seq)).toEqual([2]);
  });
});
