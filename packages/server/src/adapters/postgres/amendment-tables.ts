import type { SchemaIndex } from './read-indexes.ts';

/**
 * Amendments of messages: what they add to a conversation and to a message, and what is found by message; and the
 * settings of administrators. Statements of the previous version name their columns, so they leave the new ones as they are.
 */
export const amendmentTables = `
  ALTER TABLE conversations
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN amended_at_ms bigint NOT NULL DEFAULT 0;
  ALTER TABLE entries ADD COLUMN revision bigint, ADD COLUMN reply_to bigint, ADD COLUMN amended text;

  CREATE TABLE reactions (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    emoji text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, conversation_id, seq, emoji, user_id)
  );

  CREATE TABLE pins (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (shard, conversation_id, seq)
  );

  CREATE TABLE amendments (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    sender_id text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    revision bigint NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (shard, conversation_id, sender_id, command_id)
  );

  CREATE TABLE server_settings (
    shard smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (shard, name)
  );`;

/** Has only amended messages. */
export const amendmentIndexes: readonly SchemaIndex[] = [
  { name: 'entry_revisions', on: 'entries (shard, conversation_id, revision) WHERE revision IS NOT NULL' },
];
