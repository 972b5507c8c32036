/** A column that names a row of another table. */
export interface Reference {
  table: string;
  column: string;
  /** The table that has the row, under its id. */
  to: 'users' | 'conversations';
  /** Whether both rows are always in one shard. */
  sameShard: boolean;
}

/** Every column that names a user or a conversation; null names nobody. */
export const references: readonly Reference[] = [
  { table: 'conversations', column: 'created_by', to: 'users', sameShard: false },
  { table: 'channel_terms', column: 'conversation_id', to: 'conversations', sameShard: true },
  { table: 'participants', column: 'conversation_id', to: 'conversations', sameShard: true },
  { table: 'participants', column: 'user_id', to: 'users', sameShard: false },
  { table: 'entries', column: 'conversation_id', to: 'conversations', sameShard: true },
  { table: 'entries', column: 'sender_id', to: 'users', sameShard: false },
  { table: 'activity_times', column: 'conversation_id', to: 'conversations', sameShard: true },
  { table: 'memberships', column: 'user_id', to: 'users', sameShard: true },
  { table: 'memberships', column: 'conversation_id', to: 'conversations', sameShard: false },
  { table: 'read_positions', column: 'user_id', to: 'users', sameShard: true },
  { table: 'read_positions', column: 'conversation_id', to: 'conversations', sameShard: false },
  { table: 'user_terms', column: 'user_id', to: 'users', sameShard: true },
  { table: 'sessions', column: 'user_id', to: 'users', sameShard: true },
  { table: 'device_secrets', column: 'user_id', to: 'users', sameShard: true },
  { table: 'invitations', column: 'created_by', to: 'users', sameShard: false },
];
