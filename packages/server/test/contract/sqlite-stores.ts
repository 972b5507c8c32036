import { join } from 'node:path';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { openSqliteStores } from '../../src/adapters/sqlite/stores.ts';
import type { ConversationStore } from '../../src/conversations/conversations-port.ts';
import type { TotalsStore } from '../../src/followers/totals/totals-port.ts';
import type { HistoryStore } from '../../src/history/history-port.ts';
import type { ServerSettingsStore } from '../../src/operations/server-settings-port.ts';
import type { UserStore } from '../../src/users/users-port.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** The stores of one engine over the same data. */
export interface Stores {
  history: HistoryStore;
  conversations: ConversationStore;
  users: UserStore;
  totals: TotalsStore;
  serverSettings: ServerSettingsStore;
  /** The partitions of the log by which the history is decided. */
  partitions: number;
  /** Lets time pass, for data that is written late. */
  passTime(durationMs: number): void;
  close(): Promise<void>;
}

/** The stores over a database in `folder`. Throws a failure that no caller receives, unless a test handles it. */
export function sqliteStores(folder: string, reportFailure: (error: unknown) => void = fail) {
  const clock = new FakeClock();
  return {
    ...openSqliteStores(join(folder, databaseFile), { clock, reportFailure }),
    partitions: 1,
    passTime: (durationMs: number) => clock.advance(durationMs),
  };
}

function fail(error: unknown): never {
  throw error;
}
