/**
 * The progress of followers in each shard, and the counts of the follower `totals`. A row moves with its shard, and a
 * restore takes both back to the same moment.
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
