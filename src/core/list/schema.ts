/** The Inbox's tables. Never edit a step that was deployed: add a new step. */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE owner (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- An object that an alarm or a hibernated socket wakes may not know its name.
    user_id TEXT NOT NULL,
    -- The oldest cursor that can still be answered: at first the time of the making, in Unix milliseconds.
    first_cursor INTEGER NOT NULL,
    -- Logins made by an older password are refused.
    min_password_version INTEGER NOT NULL,
    -- A password change under way: the version it leads to, the login that lives on, when it began.
    pending_version INTEGER,
    pending_login_id TEXT,
    pending_since INTEGER
  ) STRICT;

  CREATE TABLE logins (
    platform_id INTEGER PRIMARY KEY,
    login_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    exp INTEGER NOT NULL,
    password_version INTEGER NOT NULL,
    -- After a refresh: the token that may repeat it, and when it was.
    previous_token_id TEXT NOT NULL,
    refreshed_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY,
    change INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    ver INTEGER NOT NULL,
    min_seq INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    peer_read_seq INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    role INTEGER NOT NULL,
    status INTEGER NOT NULL,
    muted_until INTEGER NOT NULL,
    recv_msg_opt INTEGER NOT NULL,
    is_pinned INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    founded_at INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    -- The newest visible message as JSON; null when there is none. Read for the page that shows it only.
    preview TEXT
  ) STRICT, WITHOUT ROWID;

  -- Sockets that conversations hold for this user.
  CREATE TABLE room_sockets (
    socket_id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL,
    login_id TEXT NOT NULL,
    -- Why its login ended, until the conversation has heard of it.
    ended TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE owner ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
  -- The platforms that watchers were last told of, like "1,5"; "" for offline.
  ALTER TABLE owner ADD COLUMN announced TEXT NOT NULL DEFAULT '';

  -- Who is told of this user's presence, and by which shared conversation they may be.
  CREATE TABLE watchers (
    user_id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- When watchers were last told of a change; the longer ago, the more seldom the sockets are looked at.
  ALTER TABLE owner ADD COLUMN announced_at INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Whether the group is dismissed. Those that were say so by their last message, after which none came.
  ALTER TABLE conversations ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;
  UPDATE conversations SET dismissed = 1
    WHERE status = 1 AND iif(json_valid(preview), json_extract(preview, '$.msg_type'), 0) = 1009;
  `,
  `
  -- When peers of single chats are to be told of a new name or picture, 0 when they know; and when they last were.
  ALTER TABLE owner ADD COLUMN profile_due INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE owner ADD COLUMN profile_told_at INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- What the user has sent: since they came in, and on the last day (by UTC, from 1970) on which they did.
  ALTER TABLE conversations ADD COLUMN sent_bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN sent_day INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN day_bytes INTEGER NOT NULL DEFAULT 0;

  -- What the user may do only so often in a long time: the uses as JSON, and when none of them counts any more.
  CREATE TABLE quotas (
    name TEXT PRIMARY KEY,
    uses TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Guesses of the password by network; "" is all those from where it was never right.
  CREATE TABLE guesses (
    network TEXT PRIMARY KEY,
    wrong INTEGER NOT NULL,
    -- Until when the next one has to wait.
    until INTEGER NOT NULL,
    -- When the last one was, and the last right one; 0 for never.
    tried_at INTEGER NOT NULL,
    proven_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the user made of it: marked as unread, archived, quiet until then.
  ALTER TABLE conversations ADD COLUMN is_unread INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN snooze_until INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Whether this is a large group: its messages change this row only when the list catches up.
  ALTER TABLE conversations ADD COLUMN large INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The last change of messages that the list knows of; the unread mentions of the user, and the first of them.
  ALTER TABLE conversations ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN mention_count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN mention_seq INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- When a login began and was last used (to the day), and the country of the address that it began from.
  ALTER TABLE logins ADD COLUMN made_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE logins ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE logins ADD COLUMN country TEXT NOT NULL DEFAULT '';
  `,
  `
  -- How many users wait for this user's approval to join a group.
  ALTER TABLE conversations ADD COLUMN application_count INTEGER NOT NULL DEFAULT 0;
  `,
];
