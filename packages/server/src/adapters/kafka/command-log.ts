import type {
  AppendFigures,
  CommandBatch,
  CommandConsumer,
  CommandLog,
  CommandRecord,
  MalformedRecord,
} from '../../distribution/command-log-port.ts';
import { shardOf } from '../../platform/shards.ts';
import type { KafkaSettings } from './connection.ts';
import { Consumption } from './consumption.ts';
import { defaultGroupTimes, type GroupOptions, type GroupTimes } from './group-member.ts';
import { BatchingProducer } from './producer.ts';
import { formatRecord } from './record-format.ts';
import { commandsTopic, deadLetterTopic } from './topics.ts';

interface CommandLogOptions {
  /** The number of partitions of the topic: the shard of a conversation is its partition. */
  shards: number;
  /** The lane of each partition; partitions in one lane are handled together. By default there is one lane. */
  laneOf?: (partition: number) => string;
  /** Whether commands of the partition may be handled now. By default always. */
  hasRoom?: (partition: number) => boolean;
  times?: GroupTimes;
  /** See {@link GroupOptions}. By default the positions of all handled commands are committed. */
  beforeCommit?: GroupOptions['beforeCommit'];
}

/** The consumer group of a cluster's distributors. */
export function distributionGroup(clusterName: string): string {
  return `${clusterName}.distribution`;
}

/**
 * The command log in Kafka; the commands of a conversation are in the partition of its shard. Each distributor of the
 * group is assigned some of the partitions; those of a dead one are assigned to the others. Records that were handled
 * but not committed come again.
 */
export class KafkaCommandLog implements CommandLog {
  private readonly producer: BatchingProducer;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly options: CommandLogOptions,
  ) {
    this.producer = new BatchingProducer(settings);
  }

  get partitions(): number {
    return this.options.shards;
  }

  get appends(): AppendFigures {
    return this.producer.figures;
  }

  /** Resolves when records can be appended. Rejects with `Unavailable`. */
  open(): Promise<void> {
    return this.producer.open();
  }

  append(record: CommandRecord): Promise<void> {
    const { conversationId } = record.command;
    return this.producer.send({
      topic: commandsTopic(this.settings.clusterName),
      partition: shardOf(conversationId, this.options.shards),
      key: conversationId,
      ...formatRecord(record),
    });
  }

  consume(
    handle: (batch: CommandBatch) => Promise<void>,
    malformed: (record: MalformedRecord) => Promise<void> = async () => undefined,
  ): Promise<CommandConsumer> {
    const { settings, options } = this;
    const { clusterName } = settings;
    /** Records that are in the dead letter topic, although the call that wrote them failed afterwards. */
    const written = new WeakSet<Buffer>();
    return Consumption.start({
      ...{ settings, handle, times: options.times ?? defaultGroupTimes },
      topic: commandsTopic(clusterName),
      group: distributionGroup(clusterName),
      laneOf: options.laneOf ?? (() => 'all'),
      hasRoom: options.hasRoom ?? (() => true),
      beforeCommit: options.beforeCommit ?? (async (partitions) => new Set(partitions)),
      setAside: async (partition, bytes, offset, record) => {
        const origin = { partition: String(partition), offset: String(offset) };
        if (!written.has(bytes)) await this.sendDeadLetter(bytes, record.reason, origin);
        written.add(bytes);
        await malformed(record);
      },
    });
  }

  setAside(record: CommandRecord, reason: string): Promise<void> {
    const { value, headers = {} } = formatRecord(record);
    return this.sendDeadLetter(value, reason, headers);
  }

  /** Sends the waiting records, then closes. */
  close(): Promise<void> {
    return this.producer.close();
  }

  private async sendDeadLetter(value: string | Buffer, reason: string, headers: Record<string, string>): Promise<void> {
    const topic = deadLetterTopic(this.settings.clusterName);
    await this.producer.send({ topic, partition: 0, value, headers: { reason, ...headers } });
    this.settings.report(new Error(`a record was set aside in topic ${topic}: ${reason}`));
  }
}
