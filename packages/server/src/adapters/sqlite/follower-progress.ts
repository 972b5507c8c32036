import type { Database } from 'bun:sqlite';
import type { Progress, ProgressChange } from '../../followers/follower.ts';
import { Unavailable } from '../../platform/failures.ts';
import { epochOf } from './epoch.ts';

/** The log id of the embedded feed. It is constant, because the feed is in the same database as the entries. */
export const feedLogId = 'feed';

interface ProgressRow {
  epoch: string;
  log_id: string;
  applied_to: number;
  set_aside: number;
  newest_set_aside: string;
}

/** The follower's position; undefined if the follower must be built. */
export function appliedTo(database: Database, follower: string): number | undefined {
  return progressRow(database, follower)?.applied_to;
}

/** The position of the store. */
export function decidedProgress(database: Database): Progress {
  const row = database.query<{ to: number | null }, []>('SELECT max(decided_to) AS "to" FROM feed').get();
  return { epoch: epochOf(database), logId: feedLogId, to: row?.to ?? 0 };
}

/** Call this within a transaction. @throws {Unavailable} if the follower's progress is not `before`. */
export function moveOn(database: Database, follower: string, { before, to }: ProgressChange): void {
  const { changes } = database
    .query<null, [number, string, string, string, number]>(
      `UPDATE follower_progress SET applied_to = ?
       WHERE follower = ? AND epoch = ? AND log_id = ? AND applied_to = ?`,
    )
    .run(to, follower, before.epoch ?? '', before.logId, before.to);
  if (changes === 0) throw new Unavailable(`follower ${follower} was reset while it applied records`);
}

/** Sets the follower's progress to that of the store. Call this within a transaction. */
export function beUpToDate(database: Database, follower: string): void {
  const { epoch = '', logId, to } = decidedProgress(database);
  database
    .query<null, [string, string, string, number]>(
      `INSERT INTO follower_progress (follower, epoch, log_id, applied_to, set_aside, newest_set_aside)
       VALUES (?, ?, ?, ?, 0, '[]')
       ON CONFLICT (follower) DO UPDATE SET epoch = excluded.epoch, log_id = excluded.log_id,
         applied_to = excluded.applied_to, set_aside = 0, newest_set_aside = '[]'`,
    )
    .run(follower, epoch, logId, to);
}

export function progressRow(database: Database, follower: string): ProgressRow | undefined {
  return (
    database
      .query<ProgressRow, [string]>(
        `SELECT epoch, log_id, applied_to, set_aside, newest_set_aside FROM follower_progress WHERE follower = ?`,
      )
      .get(follower) ?? undefined
  );
}
