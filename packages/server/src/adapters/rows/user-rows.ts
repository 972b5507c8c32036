import type { UserRecord } from '../../users/users-port.ts';
import type { Flag } from './conversation-rows.ts';

export interface UserRow {
  id: string;
  username: string;
  username_key: string;
  display_name: string;
  password_hash: string;
  administrator: Flag;
  disabled: Flag;
  created_at_ms: number;
}

export function userOf(row: UserRow): UserRecord {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    passwordHash: row.password_hash,
    administrator: Boolean(row.administrator),
    disabled: Boolean(row.disabled),
    createdAtMs: row.created_at_ms,
  };
}
