import type { GroupCommit } from './group-commit.ts';
import { migrations } from './migrations.ts';

/** Writes what is there already. Rejects with what the write was refused with. */
export function probeWrite(writes: Pick<GroupCommit, 'run' | 'database'>): Promise<unknown> {
  return writes.run(() => writes.database.run(`PRAGMA user_version = ${migrations.length}`));
}
