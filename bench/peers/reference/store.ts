import postgres from "postgres";

const SCHEMA = `
  CREATE TABLE users (id text PRIMARY KEY, password_hash text NOT NULL);
  CREATE TABLE conversations (id text PRIMARY KEY, seq int NOT NULL DEFAULT 0);
  CREATE TABLE members (
    conversation_id text NOT NULL REFERENCES conversations, user_id text NOT NULL REFERENCES users,
    PRIMARY KEY (conversation_id, user_id)
  );
  CREATE INDEX members_by_user ON members (user_id);
  CREATE TABLE messages (
    conversation_id text NOT NULL, seq int NOT NULL, sender_id text NOT NULL, client_msg_id text NOT NULL,
    text text NOT NULL, send_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, seq), UNIQUE (conversation_id, sender_id, client_msg_id)
  );
`;

/** As many connections as ejabberd's pool has. */
const CONNECTIONS = 10;
const UNIQUE_VIOLATION = "23505";

/** What a client sends. */
export interface Text {
  readonly conversation_id: string;
  readonly client_msg_id: string;
  readonly text: string;
}

/** A message's place. */
export interface Stored {
  readonly seq: number;
  readonly send_at: Date;
}

/** All that the reference server keeps, in PostgreSQL. */
export class Store {
  readonly #sql: postgres.Sql;

  constructor(url: string) {
    this.#sql = postgres(url, { max: CONNECTIONS });
  }

  async create(users: readonly string[], passwordHash: string): Promise<void> {
    await this.#sql.unsafe(SCHEMA);
    await this.#sql`INSERT INTO users SELECT unnest(${[...users]}::text[]), ${passwordHash}`;
  }

  async passwordHash(user: string): Promise<string | undefined> {
    const [row] = await this.#sql<{ password_hash: string }[]>`SELECT password_hash FROM users WHERE id = ${user}`;
    return row?.password_hash;
  }

  async makeConversation(id: string, members: readonly string[]): Promise<void> {
    await this.#sql.begin(async (sql) => {
      await sql`INSERT INTO conversations (id) VALUES (${id})`;
      await sql`INSERT INTO members SELECT ${id}, unnest(${[...members]}::text[])`;
    });
  }

  async conversationsOf(user: string): Promise<string[]> {
    const rows = await this.#sql<{ conversation_id: string }[]>`
      SELECT conversation_id FROM members WHERE user_id = ${user}`;
    return rows.map((row) => row.conversation_id);
  }

  /**
   * Gives a member's text the next seq. It is one statement, so one commit; the conversation's row is locked until then.
   * @returns nothing if the sender is no member; for a retry what the first try got.
   */
  async append(
    sender: string,
    { conversation_id, client_msg_id, text }: Text,
  ): Promise<(Stored & { isNew: boolean }) | undefined> {
    try {
      const [row] = await this.#sql<Stored[]>`
        WITH next AS (
          UPDATE conversations SET seq = seq + 1 WHERE id = ${conversation_id} AND EXISTS (
            SELECT FROM members WHERE conversation_id = ${conversation_id} AND user_id = ${sender})
          RETURNING seq
        )
        INSERT INTO messages (conversation_id, seq, sender_id, client_msg_id, text)
        SELECT ${conversation_id}, seq, ${sender}, ${client_msg_id}, ${text} FROM next RETURNING seq, send_at`;
      return row && { ...row, isNew: true };
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || error.code !== UNIQUE_VIOLATION) throw error;
      const [row] = await this.#sql<Stored[]>`
        SELECT seq, send_at FROM messages WHERE conversation_id = ${conversation_id}
          AND sender_id = ${sender} AND client_msg_id = ${client_msg_id}`;
      return row && { ...row, isNew: false };
    }
  }
}
