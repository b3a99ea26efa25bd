/** The Conversation's tables. Never edit a step that was deployed: add a new step. */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE room (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- An object that an alarm or a hibernated socket wakes may not know its name.
    conversation_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    creator_user_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    muted_until INTEGER NOT NULL,
    -- A floor: rows of active members may have a higher ver, which is not written here as well.
    ver INTEGER NOT NULL,
    told_seq INTEGER NOT NULL,
    told_ver INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    server_msg_id INTEGER NOT NULL,
    sender_id TEXT NOT NULL,
    client_msg_id TEXT NOT NULL,
    msg_type INTEGER NOT NULL,
    content TEXT NOT NULL,
    send_at INTEGER NOT NULL,
    -- Countable messages up to and with this one.
    countable INTEGER NOT NULL
  ) STRICT;

  -- Notices have no client_msg_id.
  CREATE UNIQUE INDEX messages_by_client ON messages (sender_id, client_msg_id) WHERE msg_type < 1000;

  CREATE TABLE members (
    user_id TEXT PRIMARY KEY,
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    min_seq INTEGER NOT NULL,
    end_seq INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    read_count INTEGER NOT NULL,
    join_seq INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    inviter_user_id TEXT NOT NULL,
    muted_until INTEGER NOT NULL,
    group_nickname TEXT NOT NULL,
    ver INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Former members stay for ever; waking reads the active ones only.
  CREATE INDEX members_active ON members (user_id) WHERE status = 1;

  -- Members whose inbox is behind the room's told_seq and told_ver, and how far it is.
  CREATE TABLE behind (
    user_id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    ver INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Bytes of content that this member has sent since they came in, notices too; written with the read mark.
  ALTER TABLE members ADD COLUMN sent_bytes INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Single chats: whether this member refuses what the peer sends, and why (Refusal in member.ts).
  ALTER TABLE members ADD COLUMN refuses INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The rev of a message's last change, and of its last change that inboxes are told of; 0 while it is as it was sent.
  ALTER TABLE messages ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE messages ADD COLUMN loud_rev INTEGER NOT NULL DEFAULT 0;
  -- What the sender said beside the content, and what became of the message: JSON as it is on the wire, or null.
  ALTER TABLE messages ADD COLUMN meta TEXT;
  ALTER TABLE messages ADD COLUMN amended TEXT;

  -- The log of changes: one entry for each changed message.
  CREATE INDEX messages_by_rev ON messages (rev) WHERE rev > 0;

  -- The rev when this member left, and the rev of what they last deleted for themselves.
  ALTER TABLE members ADD COLUMN end_rev INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE members ADD COLUMN own_rev INTEGER NOT NULL DEFAULT 0;

  -- A floor, like ver: messages and active members may have a higher rev.
  ALTER TABLE room ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE room ADD COLUMN told_rev INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE behind ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
  `,
];

/** What all steps together make, for new objects: each change of a table that exists costs a row more. */
export const WHOLE = `
  CREATE TABLE room (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    conversation_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    creator_user_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    muted_until INTEGER NOT NULL,
    ver INTEGER NOT NULL,
    told_seq INTEGER NOT NULL,
    told_ver INTEGER NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    told_rev INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    server_msg_id INTEGER NOT NULL,
    sender_id TEXT NOT NULL,
    client_msg_id TEXT NOT NULL,
    msg_type INTEGER NOT NULL,
    content TEXT NOT NULL,
    send_at INTEGER NOT NULL,
    countable INTEGER NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    loud_rev INTEGER NOT NULL DEFAULT 0,
    meta TEXT,
    amended TEXT
  ) STRICT;
  CREATE UNIQUE INDEX messages_by_client ON messages (sender_id, client_msg_id) WHERE msg_type < 1000;
  CREATE INDEX messages_by_rev ON messages (rev) WHERE rev > 0;

  CREATE TABLE members (
    user_id TEXT PRIMARY KEY,
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    min_seq INTEGER NOT NULL,
    end_seq INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    read_count INTEGER NOT NULL,
    join_seq INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    inviter_user_id TEXT NOT NULL,
    muted_until INTEGER NOT NULL,
    group_nickname TEXT NOT NULL,
    ver INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    refuses INTEGER NOT NULL DEFAULT 0,
    end_rev INTEGER NOT NULL DEFAULT 0,
    own_rev INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_active ON members (user_id) WHERE status = 1;

  CREATE TABLE behind (
    user_id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    ver INTEGER NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
`;
