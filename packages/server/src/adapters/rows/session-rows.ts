import type { SessionRecord } from '../../users/users-port.ts';

export interface SessionRow {
  id: string;
  user_id: string;
  device: string | null;
  created_at_ms: number;
  last_used_at_ms: number;
}

export function sessionOf(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    device: row.device,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}
