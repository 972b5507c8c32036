/** The time by which lists sort a conversation whose newest entry, head_seq, got a future time from a wrong clock. */
export const activityTimesTable = `
  CREATE TABLE activity_times (
    shard smallint NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    head_seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (shard, conversation_id)
  );`;
