import { runContract } from './adapter-under-test.ts';
import { describeHistoryContract } from './history-contract.ts';
import { storageAdapters } from './storage-adapters.ts';

runContract(storageAdapters, describeHistoryContract);
