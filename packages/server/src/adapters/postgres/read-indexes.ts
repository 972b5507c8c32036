/** `CREATE INDEX name ON on`. */
export interface SchemaIndex {
  name: string;
  on: string;
}

/**
 * A homepage reads current memberships, and one page of ended ones. Future-dated conversations are found by a BRIN
 * index, which summarizes adjacent entries: a B-tree index of heads by time would have to be written for each message.
 */
export const readIndexes: readonly SchemaIndex[] = [
  { name: 'present_memberships', on: 'memberships (shard, user_id, conversation_id) WHERE left_seq IS NULL' },
  {
    name: 'ended_memberships',
    on: 'memberships (shard, user_id, changed_at_ms, conversation_id) WHERE left_seq IS NOT NULL',
  },
  { name: 'entry_times', on: 'entries USING brin (at_ms) WITH (autosummarize = on)' },
];
