import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediateTurn } from '../../src/platform/clock.ts';
import { PostgresModel } from '../simulator/postgres-model.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeAmendments } from './amendments-contract.ts';
import { describeHistoryContract } from './history-contract.ts';
import { describeLogPositions } from './log-positions-contract.ts';
import type { Stores } from './sqlite-stores.ts';
import { storageAdapters } from './storage-adapters.ts';

const model: AdapterUnderTest<Stores> = {
  name: "the simulator's model of PostgreSQL",
  open: async () => storesOfModel(),
};

function storesOfModel(): Stores {
  const clock = new FakeClock();
  const reportFailure = (error: unknown) => {
    throw error;
  };
  const folder = mkdtempSync(join(tmpdir(), 'parley-contract-'));
  const { stores, history } = PostgresModel.open(folder, { clock, nextTurn: setImmediateTurn, reportFailure });
  const close = async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  };
  return { ...stores, history, close, partitions: 1, passTime: (durationMs) => clock.advance(durationMs) };
}

runContract([...storageAdapters, model], describeHistoryContract);
runContract([...storageAdapters, model], describeAmendments);
// SQLite stores no positions, because an embedded server's log ends with its process.
runContract([...storageAdapters.filter(({ name }) => name !== 'sqlite'), model], describeLogPositions);
