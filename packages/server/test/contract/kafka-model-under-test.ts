import { systemClock } from '../../src/platform/clock.ts';
import { KafkaBroker } from '../simulator/kafka-broker.ts';
import { SimulatedCommandLog } from '../simulator/kafka-command-log.ts';
import { SimulatedMailboxes } from '../simulator/kafka-mailboxes.ts';
import type { CallBroker } from '../simulator/kafka-producer.ts';
import type { CommandLogUnderTest } from './command-log-contract.ts';
import type { MailboxesUnderTest } from './mailboxes-contract.ts';

export const kafkaModel = "the simulator's model of Kafka";

const partitions = 4;
/** Without a network. */
const call: CallBroker = async (_, run) => run();

/** The model in real time, because the suites wait in real time. */
export async function commandLogOnModel(): Promise<CommandLogUnderTest> {
  const broker = new KafkaBroker(partitions, systemClock);
  return {
    log: new SimulatedCommandLog(broker, { call, clock: systemClock, processName: 'process' }),
    passRetryPause: async () => undefined,
    close: async () => broker.close(),
  };
}

export async function mailboxesOnModel(): Promise<MailboxesUnderTest> {
  const broker = new KafkaBroker(partitions, systemClock);
  return {
    mailboxes: new SimulatedMailboxes(broker, { call, clock: systemClock }),
    close: async () => broker.close(),
  };
}
