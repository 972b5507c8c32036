import type { UserRecord } from '../../users/users-port.ts';

export interface UserRow {
  id: string;
  username: string;
  username_key: string;
  display_name: string;
  password_hash: string;
  administrator: boolean;
  disabled: boolean;
  created_at_ms: number;
}

export function userOf(row: UserRow): UserRecord {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    passwordHash: row.password_hash,
    administrator: row.administrator,
    disabled: row.disabled,
    createdAtMs: row.created_at_ms,
  };
}
