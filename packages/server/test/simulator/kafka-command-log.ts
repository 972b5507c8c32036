import type {
  AppendFigures,
  CommandBatch,
  CommandConsumer,
  CommandLog,
  CommandRecord,
} from '../../src/distribution/command-log-port.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { shardOf } from '../../src/platform/shards.ts';
import type { KafkaBroker } from './kafka-broker.ts';
import { SimulatedConsumer } from './kafka-consumer.ts';
import { type CallBroker, SimulatedProducer } from './kafka-producer.ts';

/** The command log on the model of Kafka, as one process sees it. */
export class SimulatedCommandLog implements CommandLog {
  readonly partitions: number;
  private readonly producer: SimulatedProducer;
  private consumers = 0;

  constructor(
    private readonly broker: KafkaBroker,
    private readonly ports: { call: CallBroker; clock: Clock; processName: string },
  ) {
    this.partitions = broker.partitionCount;
    this.producer = new SimulatedProducer(broker, ports.call);
  }

  get appends(): AppendFigures {
    return this.producer.figures;
  }

  append(record: CommandRecord): Promise<void> {
    const partition = shardOf(record.command.conversationId, this.partitions);
    return this.producer.send({ kind: 'command', partition, text: JSON.stringify(record) });
  }

  async consume(handle: (batch: CommandBatch) => Promise<void>): Promise<CommandConsumer> {
    const memberId = `${this.ports.processName} ${++this.consumers}`;
    const consumer = new SimulatedConsumer(this.broker, { ...this.ports, memberId, handle });
    await consumer.start();
    return consumer;
  }

  async setAside(record: CommandRecord, reason: string): Promise<void> {
    await this.ports.call('set aside', () => {
      this.broker.deadLetters.push(`${reason}: ${JSON.stringify(record)}`);
    });
  }
}
