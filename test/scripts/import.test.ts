import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type DumpRow, rowsOfDump } from "../../scripts/import/mysql.ts";
import { sourceOfFolder } from "../../scripts/import/ndjson.ts";
import { type Ask, runImport } from "../../scripts/import/run.ts";
import { V2Source } from "../../scripts/import/v2.ts";
import { makeDump } from "../helpers/dump.ts";

const folder = mkdtempSync(join(tmpdir(), "nexo-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function rowsOf(dump: string): Promise<[string, DumpRow][]> {
  const file = join(folder, "dump.sql");
  writeFileSync(file, dump);
  const rows: [string, DumpRow][] = [];
  for await (const { table, row } of rowsOfDump(file)) rows.push([table, row]);
  return rows;
}

test("a dump is read with its quotes, escapes, nulls, and lists of columns", async () => {
  const dump = [
    "-- MySQL dump",
    "CREATE TABLE `t` (",
    "  `a` text,",
    "  `b` int,",
    "  KEY `k` (`a`)",
    ") ENGINE=InnoDB;",
    String.raw`INSERT INTO ${"`t`"} VALUES ('it\'s ''q'' \\ \n (1),(2); 你好',-1.5),(NULL,0);`,
    "INSERT IGNORE INTO `u` (`x`, `y`) VALUES ('',_binary 'z');",
    "UNLOCK TABLES;",
  ].join("\n");
  expect(await rowsOf(dump)).toEqual([
    ["t", { a: "it's 'q' \\ \n (1),(2); 你好", b: "-1.5" }],
    ["t", { a: null, b: "0" }],
    ["u", { x: "", y: "z" }],
  ]);
});

test.each([
  ["a text that does not end", "INSERT INTO `t` (`a`) VALUES ('x"],
  ["a row that is too long", "INSERT INTO `t` (`a`) VALUES (1,2);"],
  ["a row that does not end", "INSERT INTO `t` (`a`) VALUES ('a' 'b');"],
])("a dump with %s is refused", async (_, dump) => {
  await expect(rowsOf(dump)).rejects.toThrow();
});

test("the tables of the Go server become users, groups with their present members, messages and read marks", async () => {
  const source = new V2Source();
  for (const [table, row] of await rowsOf(makeDump({ users: 4, messages: 40, hash: "$2a$10$x" })))
    source.take(table, row);
  expect(source.users[1]).toMatchObject({
    user_id: "u1",
    nickname: `User's "1"`,
    password_hash: "$2a$10$x",
    extra: "",
  });
  const members = ["u0", "u1", "u2", "u3"];
  expect(source.groups.get("all")).toMatchObject({ owner_id: "u0", admin_ids: ["u1"], member_ids: members });
  expect(source.groups.get("old")).toMatchObject({ is_dismissed: true, member_ids: ["u0", "u1"] });
  expect([...source.messages.keys()]).toEqual(["si_u0:u1", "si_u1:u2", "si_u2:u3", "sg_all"]);
  expect(source.messages.get("si_u0:u1")?.[0]).toMatchObject({ seq: 1, content: { text: `it's “0”\n你好 \\ "x"` } });
  expect(source.messages.get("si_u1:u2")?.find(({ msg_type }) => msg_type === 2)?.content).toMatchObject({
    image: "https://a.example/9",
  });
  expect(source.reads.get("sg_all")).toHaveLength(4);
});

/** A server that takes everything, and remembers it. */
function server(refuse: (path: string, body: Record<string, unknown>) => string | null = () => null) {
  const asked: { path: string; body: Record<string, unknown> }[] = [];
  const ask: Ask = async (_, path, given) => {
    const body = given as Record<string, unknown>;
    asked.push({ path, body });
    const msg = refuse(path, body);
    if (msg !== null) return { code: 1001, msg, data: null };
    const users = (body.users ?? []) as { user_id: string }[];
    return { code: 0, msg: "success", data: users.map(({ user_id }) => ({ user_id, code: 0 })) };
  };
  return { asked, ask };
}

async function imported(files: Record<string, readonly object[]>, refuse?: Parameters<typeof server>[0]) {
  const dir = mkdtempSync(join(folder, "nd-"));
  for (const [name, rows] of Object.entries(files)) {
    writeFileSync(join(dir, `${name}.ndjson`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  const { asked, ask } = server(refuse);
  const report = await runImport(await sourceOfFolder(dir), ask, () => undefined);
  return { asked, report };
}

const message = (seq: number, more: object = {}) => ({
  conversation_id: "si_a:b",
  seq,
  sender_id: "a",
  client_msg_id: `c${seq}`,
  msg_type: 1,
  content: { text: "x" },
  send_at: seq,
  ...more,
});

test("messages go in order, with the holes of the old seqs filled, and read marks last", async () => {
  const { asked, report } = await imported({
    messages: [message(4), message(1), message(4, { client_msg_id: "twice" })],
    reads: [{ conversation_id: "si_a:b", user_id: "b", read_seq: 3 }],
  });
  const sent = asked[0]?.body.messages as { seq: number; client_msg_id: string }[];
  expect(sent.map(({ seq, client_msg_id }) => [seq, client_msg_id])).toEqual([
    [1, "c1"],
    [2, "filler-2"],
    [3, "filler-3"],
    [4, "c4"],
  ]);
  expect(asked[0]?.body.reads).toEqual([{ user_id: "b", read_seq: 3 }]);
  expect(report).toMatchObject({ messages: 4, filled: 2, refused: [] });
});

test("what is refused is reported, and does not stop the rest", async () => {
  const { asked, report } = await imported(
    {
      users: [{ user_id: "good" }, { user_id: "b/d" }],
      messages: [message(1, { content: { text: 5 } }), message(1, { conversation_id: "si_a:c" })],
    },
    (path, body) => {
      if (path === "/admin/users/import") return JSON.stringify(body).includes("b/d") ? "users.0.user_id: bad" : null;
      return JSON.stringify(body).includes(`{"text":5}`) && !JSON.stringify(body).includes("v2:1")
        ? "messages.0.content.text: bad"
        : null;
    },
  );
  expect(report).toMatchObject({ users: 1, messages: 2, unfit: 1, refused: ["user b/d: users.0.user_id: bad"] });
  expect(JSON.stringify(asked)).toContain(`{"custom_type":"v2:1","custom_data":{"text":5}}`);
});
