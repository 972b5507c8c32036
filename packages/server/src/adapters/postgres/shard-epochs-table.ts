/** The epoch of each shard. A row moves with its shard. */
export const shardEpochsTable = `
  CREATE TABLE shard_epochs (
    shard smallint NOT NULL,
    epoch text NOT NULL,
    PRIMARY KEY (shard)
  );`;
