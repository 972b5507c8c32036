import { runContract } from './adapter-under-test.ts';
import { describeConversationsContract } from './conversations-contract.ts';
import { storageAdapters } from './storage-adapters.ts';

runContract(storageAdapters, describeConversationsContract);
