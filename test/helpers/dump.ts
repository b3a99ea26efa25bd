/** The tables of a dump as mysqldump writes it, with the columns that the Go server had. */
const TABLES = {
  users: ["id", "nickname", "avatar", "password", "extra", "created_at", "updated_at"],
  groups: ["id", "name", "introduction", "avatar", "status", "creator_user_id", "created_at", "updated_at"],
  group_members: ["id", "group_id", "user_id", "role_level", "status", "joined_at"],
  seq_users: ["id", "user_id", "conversation_id", "min_seq", "max_seq", "read_seq"],
  messages: [
    "id",
    "conversation_id",
    "seq",
    "client_msg_id",
    "sender_id",
    "recv_id",
    "group_id",
    "session_type",
    "msg_type",
    "content",
    "send_at",
  ],
} as const;

type Value = string | number | null;

const START = 1_700_000_000_000;
const quote = (text: string) =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll('"', '\\"')}'`;

/**
 * Makes a dump of a Go server's database: users u0, u1… in single chats with the next one, a group of them all, and a
 * dismissed group. Texts have quotes, line ends and Chinese in them.
 */
export function makeDump({ users, messages, hash }: { users: number; messages: number; hash: string }): string {
  const rows: Record<keyof typeof TABLES, Value[][]> = {
    users: [],
    groups: [],
    group_members: [],
    seq_users: [],
    messages: [],
  };
  const ids = Array.from({ length: users }, (_, at) => `u${at}`);
  for (const [at, id] of ids.entries()) {
    rows.users.push([id, `User's "${at}"`, "", hash, null, START + at, START]);
    rows.group_members.push([at, "all", id, at === 0 ? 2 : at === 1 ? 1 : 0, 0, START]);
    rows.group_members.push([at + users, "old", id, at === 0 ? 2 : 0, at < 2 ? 0 : 1, START]);
  }
  rows.groups.push(["all", "All; of (us)", "", "", 0, "u0", START, START]);
  rows.groups.push(["old", "Old", "", "", 1, "u0", START, START]);
  const chats = [...ids.slice(1).map((id, at) => [`u${at}`, id].sort()), null];
  const seqs = new Map<string, number>();
  for (let at = 0; at < messages; at++) {
    const pair = chats[at % chats.length] ?? null;
    const conversation = pair ? `si_${pair.join(":")}` : "sg_all";
    const seq = (seqs.get(conversation) ?? 0) + 1;
    seqs.set(conversation, seq);
    const sender = pair ? pair[seq % 2] : ids[seq % users];
    const recv = pair ? pair[(seq + 1) % 2] : "";
    const content = JSON.stringify(
      at % 10 === 9 ? { image: { url: `https://a.example/${at}` } } : { text: `it's “${at}”\n你好 \\ "x"` },
    );
    const row = [at, conversation, seq, `c-${at}`, sender ?? "", recv ?? "", pair ? "" : "all"];
    rows.messages.push([...row, pair ? 1 : 2, at % 10 === 9 ? 2 : 1, content, START + at * 1_000]);
  }
  for (const [conversation, seq] of seqs) {
    const readers = conversation === "sg_all" ? ids : conversation.slice(3).split(":");
    for (const id of readers) rows.seq_users.push([rows.seq_users.length, id, conversation, 0, 0, seq]);
  }
  return Object.entries(TABLES)
    .map(([table, columns]) => {
      const created = `CREATE TABLE \`${table}\` (\n${columns.map((name) => `  \`${name}\` text`).join(",\n")},\n  PRIMARY KEY (\`id\`)\n) ENGINE=InnoDB;\n`;
      return created + statements(table, rows[table as keyof typeof TABLES]);
    })
    .join("\n");
}

/** INSERTs of a thousand rows each, one a line. */
function statements(table: string, rows: readonly Value[][]): string {
  let text = "";
  for (let at = 0; at < rows.length; at += 1_000) {
    const tuples = rows.slice(at, at + 1_000).map((row) => `(${row.map(literal).join(",")})`);
    text += `INSERT INTO \`${table}\` VALUES ${tuples.join(",")};\n`;
  }
  return text;
}

function literal(value: Value): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : quote(value);
}
