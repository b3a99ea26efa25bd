/**
 * The storage of the first release, as dumps of two objects. Do not update it: restart.test.ts proves that the current
 * code starts from it. [STORE-1]
 */

export const CHAT = "si_old-alice:old-bob";
export const ALICE = "old-alice";
export const LOGIN = { platform_id: 5, login_id: "old-login", token_id: "old-token", exp: 4_102_444_800 };
export const FIRST_CURSOR = 1_790_000_000_000;

/** alice wrote 1 and 3, bob 2. bob never got the update for 3, and an alarm was set for it. */
export const CONVERSATION = `
  CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;
  INSERT INTO schema_version VALUES (1);
  CREATE TABLE room (
    id INTEGER PRIMARY KEY CHECK (id = 1), conversation_id TEXT NOT NULL, created_at INTEGER NOT NULL,
    creator_user_id TEXT NOT NULL, status INTEGER NOT NULL, muted_until INTEGER NOT NULL, ver INTEGER NOT NULL,
    told_seq INTEGER NOT NULL, told_ver INTEGER NOT NULL
  ) STRICT;
  INSERT INTO room VALUES (1, '${CHAT}', 1790000000000, 'old-alice', 1, 0, 1, 2, 1);
  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, server_msg_id INTEGER NOT NULL, sender_id TEXT NOT NULL, client_msg_id TEXT NOT NULL,
    msg_type INTEGER NOT NULL, content TEXT NOT NULL, send_at INTEGER NOT NULL, countable INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX messages_by_client ON messages (sender_id, client_msg_id) WHERE msg_type < 1000;
  INSERT INTO messages VALUES
    (1, 351981772800001, 'old-alice', 'old-1', 1, '{"text":"one"}', 1790000000000, 1),
    (2, 351981772800002, 'old-bob', 'old-1', 100, '{"custom":{"n":12345678901234567890}}', 1790000000001, 2),
    (3, 351981772800003, 'old-alice', 'old-2', 1, '{"text":"three"}', 1790000000002, 3);
  CREATE TABLE members (
    user_id TEXT PRIMARY KEY, role INTEGER NOT NULL, status INTEGER NOT NULL, min_seq INTEGER NOT NULL,
    end_seq INTEGER NOT NULL, read_seq INTEGER NOT NULL, read_count INTEGER NOT NULL, join_seq INTEGER NOT NULL,
    joined_at INTEGER NOT NULL, inviter_user_id TEXT NOT NULL, muted_until INTEGER NOT NULL,
    group_nickname TEXT NOT NULL, ver INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_active ON members (user_id) WHERE status = 1;
  INSERT INTO members VALUES
    ('old-alice', 1, 1, 1, 0, 3, 3, 0, 1790000000000, '', 0, '', 1),
    ('old-bob', 1, 1, 1, 0, 2, 2, 0, 1790000000000, '', 0, '', 1);
  CREATE TABLE behind (user_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, ver INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

export const INBOX = `
  CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;
  INSERT INTO schema_version VALUES (1);
  CREATE TABLE owner (
    id INTEGER PRIMARY KEY CHECK (id = 1), user_id TEXT NOT NULL, first_cursor INTEGER NOT NULL,
    min_password_version INTEGER NOT NULL, pending_version INTEGER, pending_login_id TEXT, pending_since INTEGER
  ) STRICT;
  INSERT INTO owner VALUES (1, 'old-alice', ${FIRST_CURSOR}, 1, NULL, NULL, NULL);
  CREATE TABLE logins (
    platform_id INTEGER PRIMARY KEY, login_id TEXT NOT NULL, token_id TEXT NOT NULL, issued_at INTEGER NOT NULL,
    exp INTEGER NOT NULL, password_version INTEGER NOT NULL, previous_token_id TEXT NOT NULL,
    refreshed_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO logins VALUES (5, 'old-login', 'old-token', 1790000000, 4102444800, 1, '', 0);
  CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY, change INTEGER NOT NULL, seq INTEGER NOT NULL, ver INTEGER NOT NULL,
    min_seq INTEGER NOT NULL, read_seq INTEGER NOT NULL, peer_read_seq INTEGER NOT NULL, unread INTEGER NOT NULL,
    role INTEGER NOT NULL, status INTEGER NOT NULL, muted_until INTEGER NOT NULL, recv_msg_opt INTEGER NOT NULL,
    is_pinned INTEGER NOT NULL, updated_at INTEGER NOT NULL, founded_at INTEGER NOT NULL, gone INTEGER NOT NULL,
    preview TEXT
  ) STRICT, WITHOUT ROWID;
  INSERT INTO conversations VALUES
    ('${CHAT}', ${FIRST_CURSOR + 3}, 3, 1, 1, 3, 2, 0, 1, 1, 0, 1, 1, 1790000000002, 1790000000000, 0,
     '{"server_msg_id":351981772800003,"id":351981772800003,"conversation_id":"${CHAT}","seq":3,"client_msg_id":"old-2","sender_id":"old-alice","recv_id":"old-bob","group_id":"","session_type":1,"msg_type":1,"content":{"text":"three"},"send_at":1790000000002}');
  CREATE TABLE room_sockets (
    socket_id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, login_id TEXT NOT NULL, ended TEXT
  ) STRICT, WITHOUT ROWID;
  INSERT INTO room_sockets VALUES ('gone-socket', '${CHAT}', 'gone-login', 'logout');
`;
