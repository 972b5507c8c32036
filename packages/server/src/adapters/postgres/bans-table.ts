/** Users who may not become members of a conversation, and their number at each conversation. */
export const bansTable = `
  CREATE TABLE bans (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    banned_by text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (shard, conversation_id, user_id)
  );
  CREATE UNIQUE INDEX bans_by_seq ON bans (shard, conversation_id, seq);
  ALTER TABLE conversations ADD COLUMN ban_count bigint NOT NULL DEFAULT 0;`;
