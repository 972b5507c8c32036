/**
 * The step of the schema by which numbers replace ids in what grows with messages. `rebuild.ts` copies the rows of a
 * database into a new file with this schema; where the step itself runs, the tables are empty. Tables with long rows have
 * row ids: a small page of an index would hold few such rows.
 */
export const numberedSchema = `
  DROP TABLE entries;
  DROP TABLE conversations;
  DROP TABLE users;
  DROP TABLE sessions;
  DROP TABLE invitations;
  DROP TABLE device_secrets;
  DROP TABLE follower_progress;

  CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT,
    description TEXT NOT NULL,
    announce_only INTEGER NOT NULL,
    history TEXT NOT NULL,
    created_by TEXT NOT NULL,
    head_seq INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    last_message_seq INTEGER NOT NULL,
    membership_seq INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    owner_count INTEGER NOT NULL,
    broadcast_seq INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    last_entry_at_ms INTEGER NOT NULL,
    last_entry_hour INTEGER NOT NULL
  ) STRICT;
  -- By the hour, so that most messages don't change it.
  CREATE INDEX conversation_hours ON conversations (last_entry_hour);

  CREATE TABLE user_numbers (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
  ) STRICT;

  -- Rows are in the order in which they were written, so that the messages of a batch share pages. 'INT' makes 'number'
  -- a key beside the row id, not the row id.
  CREATE TABLE entries (
    number INT NOT NULL PRIMARY KEY,
    message_count INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    command ANY NOT NULL,
    kind INTEGER NOT NULL,
    text TEXT,
    notice TEXT,
    conversation INTEGER GENERATED ALWAYS AS (number >> 32) VIRTUAL,
    seq INTEGER GENERATED ALWAYS AS (number & 4294967295) VIRTUAL
  ) STRICT;

  -- A command is one entry for as long as the entry exists (contract 2). The key is a hash of sender and command.
  CREATE TABLE command_keys (
    conversation INTEGER NOT NULL,
    key INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE command_key_seed (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    seed INTEGER NOT NULL
  ) STRICT;
  INSERT INTO command_key_seed VALUES (1, random() & 9007199254740991);

  CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    administrator INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    device TEXT,
    created_at_ms INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_of ON sessions (user_id, created_at_ms);

  CREATE TABLE invitations (
    token_hash TEXT NOT NULL PRIMARY KEY,
    uses_left INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    created_by TEXT
  ) STRICT;

  CREATE TABLE device_secrets (
    user_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, secret_hash)
  ) STRICT;

  CREATE TABLE follower_progress (
    follower TEXT NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL,
    log_id TEXT NOT NULL,
    applied_to INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    newest_set_aside TEXT NOT NULL
  ) STRICT;
`;
