import type { Database } from 'bun:sqlite';
import {
  type FollowerName,
  type FollowerReport,
  type FollowerStates,
  type Progress,
  type ProgressChange,
  type SetAsideRecord,
  setAsideKept,
} from '../../followers/follower.ts';
import type { Clock } from '../../platform/clock.ts';
import { decidedProgress, moveOn, progressRow } from './follower-progress.ts';
import type { GroupCommit } from './group-commit.ts';

/** The progress of followers in SQLite, whose feed has one partition. */
export class SqliteFollowerStates implements FollowerStates {
  private readonly database: Database;

  constructor(
    private readonly writes: GroupCommit,
    private readonly clock: Pick<Clock, 'nowMs'>,
  ) {
    this.database = writes.database;
  }

  read(
    follower: string,
    partitions: readonly number[],
  ): Promise<Map<number, { applied: Progress | undefined; decided: Progress }>> {
    return this.writes.read(() => {
      const row = progressRow(this.database, follower);
      const applied = row && { epoch: row.epoch, logId: row.log_id, to: row.applied_to };
      return new Map(partitions.map((partition) => [partition, { applied, decided: decidedProgress(this.database) }]));
    });
  }

  setAside(follower: string, change: ProgressChange, record: SetAsideRecord): Promise<void> {
    return this.writes.run(() => {
      moveOn(this.database, follower, change);
      const kept = JSON.parse(progressRow(this.database, follower)?.newest_set_aside ?? '[]') as SetAsideRecord[];
      this.database
        .query('UPDATE follower_progress SET set_aside = set_aside + 1, newest_set_aside = ? WHERE follower = ?')
        .run(JSON.stringify([record, ...kept].slice(0, setAsideKept)), follower);
    });
  }

  /** Does nothing: {@link report} computes the lag from the times in the feed. */
  async confirm(): Promise<void> {}

  report(follower: FollowerName): Promise<FollowerReport> {
    return this.writes.read(() => {
      const row = progressRow(this.database, follower);
      const position = row?.applied_to ?? 0;
      const lagRecords = Math.max(0, decidedProgress(this.database).to - position);
      const waiting = this.database
        .query<{ at_ms: number }, [number]>('SELECT at_ms FROM feed WHERE decided_to > ? ORDER BY decided_to LIMIT 1')
        .get(position);
      return {
        ...{ name: follower, position, lagRecords, unbuiltPartitions: row ? 0 : 1, setAside: row?.set_aside ?? 0 },
        lagSeconds: waiting ? Math.max(0, this.clock.nowMs() - waiting.at_ms) / 1_000 : 0,
        newestSetAside: JSON.parse(row?.newest_set_aside ?? '[]') as SetAsideRecord[],
      };
    });
  }

  reset(follower: string): Promise<void> {
    return this.writes.run(() => {
      this.database.query('DELETE FROM follower_progress WHERE follower = ?').run(follower);
    });
  }
}
