import { runContract } from './adapter-under-test.ts';
import { describeHistoryContract } from './history-contract.ts';
import { describeLogPositions } from './log-positions-contract.ts';
import { storageAdapters } from './storage-adapters.ts';

runContract(storageAdapters, describeHistoryContract);
// An embedded server's log ends with its process: SQLite keeps no positions of it.
runContract(
  storageAdapters.filter(({ name }) => name !== 'sqlite'),
  describeLogPositions,
);
