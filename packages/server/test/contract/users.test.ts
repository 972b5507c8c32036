import { runContract } from './adapter-under-test.ts';
import { storageAdapters } from './storage-adapters.ts';
import { describeUsersContract } from './users-contract.ts';

runContract(storageAdapters, describeUsersContract);
