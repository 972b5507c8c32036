import type { Database } from 'bun:sqlite';
import type { Progress, ProgressChange } from '../../followers/follower.ts';
import { Unavailable } from '../../platform/failures.ts';
import { epochOf } from './epoch.ts';

/** The name of the feed's log, which is in the database that it is the feed of. */
export const feedLogId = 'feed';

interface ProgressRow {
  epoch: string;
  log_id: string;
  applied_to: number;
  set_aside: number;
  newest_set_aside: string;
}

/** Where the follower is; undefined when it has to be built. */
export function appliedTo(database: Database, follower: string): number | undefined {
  return progressRow(database, follower)?.applied_to;
}

/** Up to where the store has decided. */
export function decidedProgress(database: Database): Progress {
  const row = database.query<{ to: number | null }, []>('SELECT max(decided_to) AS "to" FROM feed').get();
  return { epoch: epochOf(database), logId: feedLogId, to: row?.to ?? 0 };
}

/** Within a transaction. @throws {Unavailable} when the follower is not where it was. */
export function moveOn(database: Database, follower: string, { before, to }: ProgressChange): void {
  const { changes } = database
    .query<null, [number, string, string, string, number]>(
      `UPDATE follower_progress SET applied_to = ?
       WHERE follower = ? AND epoch = ? AND log_id = ? AND applied_to = ?`,
    )
    .run(to, follower, before.epoch ?? '', before.logId, before.to);
  if (changes === 0) throw new Unavailable(`follower ${follower} was reset while it applied what is new`);
}

/** Within a transaction: the follower is where the store is now. */
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
