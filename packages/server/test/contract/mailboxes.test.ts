import { KafkaMailboxes } from '../../src/adapters/kafka/mailboxes.ts';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { withoutService } from '../support/services.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { kafkaModel, mailboxesOnModel } from './kafka-model-under-test.ts';
import { newTopics } from './kafka-under-test.ts';
import { describeMailboxesContract, type MailboxesUnderTest } from './mailboxes-contract.ts';

const withoutKafka = withoutService('kafka');

const adapters: AdapterUnderTest<MailboxesUnderTest>[] = [
  { name: 'memory', open: async () => ({ mailboxes: new MemoryMailboxes(), close: async () => undefined }) },
  { name: kafkaModel, open: mailboxesOnModel },
  { name: 'kafka', ...(withoutKafka !== null && { absent: withoutKafka }), open: kafkaMailboxes },
];

async function kafkaMailboxes(): Promise<MailboxesUnderTest> {
  const { settings, topics, close } = await newTopics();
  const mailboxes = new KafkaMailboxes(settings, topics);
  return {
    mailboxes,
    async close() {
      await mailboxes.close();
      await close();
    },
  };
}

runContract(adapters, describeMailboxesContract);
