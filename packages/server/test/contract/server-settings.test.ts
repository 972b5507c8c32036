import { runContract } from './adapter-under-test.ts';
import { describeServerSettings } from './server-settings-contract.ts';
import { storageAdapters } from './storage-adapters.ts';

runContract(storageAdapters, describeServerSettings);
