import { runContract } from './adapter-under-test.ts';
import { describeHistoryContract } from './history-contract.ts';
import { describeLogPositions } from './log-positions-contract.ts';
import { storageAdapters } from './storage-adapters.ts';

runContract(storageAdapters, describeHistoryContract);
// SQLite stores no positions, because an embedded server's log ends with its process.
runContract(
  storageAdapters.filter(({ name }) => name !== 'sqlite'),
  describeLogPositions,
);
