/**
 * How far followers are in each shard, and what the first of them counts. A row moves with its shard, and goes back in
 * time with it.
 */
export const followerTables = `
  CREATE TABLE follower_progress (
    shard smallint NOT NULL,
    follower text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    log_id text NOT NULL,
    applied_to bigint NOT NULL,
    set_aside bigint NOT NULL,
    newest_set_aside text NOT NULL,
    current_at timestamptz NOT NULL,
    PRIMARY KEY (shard, follower)
  ) WITH (fillfactor = 50);

  CREATE TABLE totals (
    shard smallint NOT NULL,
    messages bigint NOT NULL,
    direct_conversations bigint NOT NULL,
    groups bigint NOT NULL,
    channels bigint NOT NULL,
    PRIMARY KEY (shard)
  ) WITH (fillfactor = 50);`;
