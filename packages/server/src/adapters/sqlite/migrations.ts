import { numberedSchema } from './numbered-schema.ts';

/** The steps of the schema. A released step is never changed; changes are new steps. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
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
    broadcast INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    last_entry_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE channel_terms (
    term TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    PRIMARY KEY (term, conversation_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX channel_terms_of ON channel_terms (conversation_id, term);

  CREATE TABLE participants (
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    joined_seq INTEGER NOT NULL,
    joined_message_count INTEGER NOT NULL,
    visible_from_seq INTEGER NOT NULL,
    left_seq INTEGER,
    changed_seq INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members ON participants (conversation_id, joined_seq, user_id) WHERE left_seq IS NULL;

  -- The dedupe key is unique for as long as the entry exists (contract 2), the number always (contract 3).
  CREATE TABLE entries (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    sender_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT,
    notice TEXT,
    PRIMARY KEY (conversation_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX entry_commands ON entries (conversation_id, sender_id, command_id);

  -- The index by user: what the user's shard holds of conversations.
  CREATE TABLE memberships (
    user_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    broadcast INTEGER NOT NULL,
    role TEXT NOT NULL,
    joined_seq INTEGER NOT NULL,
    joined_message_count INTEGER NOT NULL,
    visible_from_seq INTEGER NOT NULL,
    left_seq INTEGER,
    changed_seq INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX broadcast_memberships ON memberships (user_id, conversation_id) WHERE broadcast = 1 AND left_seq IS NULL;

  CREATE TABLE read_positions (
    user_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    administrator INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE user_terms (
    term TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (term, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX user_terms_of ON user_terms (user_id, term);

  CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    device TEXT,
    created_at_ms INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_of ON sessions (user_id, created_at_ms);

  CREATE TABLE invitations (
    token_hash TEXT PRIMARY KEY,
    uses_left INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    created_by TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  // The entry that made a conversation broadcast, instead of a flag. For existing ones it is set to the newest entry.
  `
  ALTER TABLE conversations RENAME COLUMN broadcast TO broadcast_seq;
  UPDATE conversations SET broadcast_seq = head_seq WHERE broadcast_seq = 1;
  `,
  // The revision of each read position; existing ones count as never changed.
  `
  ALTER TABLE read_positions ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX read_revisions ON read_positions (user_id, revision);
  `,
  // The epoch. `is_copy` marks a copy, which gets a new epoch when it is opened.
  `
  CREATE TABLE epoch (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch TEXT NOT NULL,
    is_copy INTEGER NOT NULL
  ) STRICT;
  INSERT INTO epoch VALUES (1, lower(hex(randomblob(16))), 0);
  `,
  // What lists take for the time of a conversation whose newest entry, head_seq, was dated ahead by a wrong clock.
  `
  CREATE TABLE activity_times (
    conversation_id TEXT PRIMARY KEY,
    head_seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Devices on which somebody once logged in.
  `
  CREATE TABLE device_secrets (
    user_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, secret_hash)
  ) STRICT, WITHOUT ROWID;
  `,
  // A homepage reads current memberships, and one page of ended ones: `left_seq` is in the indexes so that no row is
  // read. Future-dated conversations are found by time.
  `
  CREATE INDEX present_memberships ON memberships (user_id, conversation_id, left_seq) WHERE left_seq IS NULL;
  CREATE INDEX ended_memberships ON memberships (user_id, changed_at_ms, conversation_id, left_seq)
    WHERE left_seq IS NOT NULL;
  CREATE INDEX conversation_times ON conversations (last_entry_at_ms);
  `,
  // The feature level.
  `
  CREATE TABLE feature_level (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    level INTEGER NOT NULL
  ) STRICT;
  INSERT INTO feature_level VALUES (1, 1);
  `,
  // What followers read, how far each is, and what the first of them counts.
  `
  CREATE TABLE feed (
    decided_to INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    records TEXT NOT NULL
  ) STRICT;

  CREATE TABLE follower_progress (
    follower TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    log_id TEXT NOT NULL,
    applied_to INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    newest_set_aside TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE totals (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    messages INTEGER NOT NULL,
    direct_conversations INTEGER NOT NULL,
    groups INTEGER NOT NULL,
    channels INTEGER NOT NULL
  ) STRICT;
  `,
  numberedSchema,
  // Amendments of messages: the columns that they add to a conversation and to a message, and what is found by message; and the
  // settings of administrators.
  `
  ALTER TABLE conversations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN amended_at_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries ADD COLUMN revision INTEGER;
  ALTER TABLE entries ADD COLUMN reply_to INTEGER;
  ALTER TABLE entries ADD COLUMN amended TEXT;
  CREATE INDEX entry_revisions ON entries (conversation, revision) WHERE revision IS NOT NULL;

  CREATE TABLE reactions (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq, emoji, user_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pins (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE amendments (
    conversation_id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (conversation_id, sender_id, command_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE server_settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Users who may not become members. The list of a conversation is read by the numbers of the entries that banned them.
  `
  ALTER TABLE conversations ADD COLUMN ban_count INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE bans (
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    banned_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX bans_by_seq ON bans (conversation_id, seq);
  `,
  // How often a conversation was marked as unread, and how far it had been read before, which other members see.
  `
  ALTER TABLE read_positions ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE read_positions ADD COLUMN receipt_seq INTEGER NOT NULL DEFAULT 0;
  `,
];

/** The last step before numbers replaced ids. A database with rows is brought from there to the next by a rebuild. */
export const lastWithIds = 9;
