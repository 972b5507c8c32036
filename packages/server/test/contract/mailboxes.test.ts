import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeMailboxesContract, type MailboxesUnderTest } from './mailboxes-contract.ts';

const adapters: AdapterUnderTest<MailboxesUnderTest>[] = [
  { name: 'memory', open: async () => ({ mailboxes: new MemoryMailboxes(), close: async () => undefined }) },
];

runContract(adapters, describeMailboxesContract);
