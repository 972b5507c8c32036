import type { GroupCommit } from './group-commit.ts';
import { migrations } from './migrations.ts';

/** Writes a value that the database already has. Rejects with the error of the write. */
export function probeWrite(writes: Pick<GroupCommit, 'run' | 'database'>): Promise<unknown> {
  return writes.run(() => writes.database.run(`PRAGMA user_version = ${migrations.length}`));
}
