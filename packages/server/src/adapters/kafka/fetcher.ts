import { Consumer } from '@platformatic/kafka';
import { systemClock } from '../../platform/clock.ts';
import {
  backOffMs,
  clientOptions,
  failureOf,
  isBrokerError,
  isUnknownTopic,
  type KafkaSettings,
} from './connection.ts';
import { atTheBeginning, atTheEnd } from './positions.ts';

/** A record of the log. */
export interface FetchedRecord {
  offset: bigint;
  /** The time of sending by the sender's clock, in milliseconds since the Unix epoch. */
  atMs: number;
  value: Buffer;
  headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

interface FetcherOptions {
  settings: KafkaSettings;
  topic: string;
  /**
   * Called with records of one partition in the order of the log, without gaps from the position that was set. A topic
   * that was recreated under the same name has another id.
   */
  receive(partition: number, records: FetchedRecord[], topicId: string): void;
  /** Whether more records of the partition are accepted now. */
  hasRoom(partition: number): boolean;
  /**
   * Whether records may be skipped that the log deleted before they were read: reading then continues with the oldest
   * record. Otherwise the partition is not read any further.
   */
  mayMiss: boolean;
}

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

/** Kafka's error code for a position that the log does not have. */
const offsetOutOfRange = 1;

/** The time after which a broker answers without records. */
const waitMs = 250;
const answerBytes = 8 * 1024 * 1024;
const partitionBytes = 1024 * 1024;
/** A topic counts as deleted when brokers do not know it for this long: one that restarts may not know it yet. */
const missingMinMs = 5_000;

/**
 * Reads partitions of one topic from given positions, one request at a time to each broker. A response counts only if
 * it starts at the current position of its partition: responses to requests from before a change of position are
 * dropped.
 */
export class Fetcher {
  private readonly consumer: Consumer;
  private positions = new Map<number, bigint>();
  /** Partitions whose log now starts after their position, which must not happen. */
  private readonly stopped = new Set<number>();
  private readonly asking = new Set<number>();
  private failures = 0;
  /** When the brokers were first found not to know the topic, since the last answer of one that does. */
  private missingSinceMs: number | null = null;
  private missingForMs = 0;
  private pausing = false;
  private open = true;

  constructor(private readonly options: FetcherOptions) {
    // The client requires a group, which is never joined.
    this.consumer = new Consumer({
      ...clientOptions(options.settings),
      ...{ groupId: `${options.topic}.fetch`, maxWaitTime: waitMs, minBytes: 1, maxBytes: answerBytes },
    });
    this.consumer.on('error', options.settings.report);
  }

  /** Reads exactly these partitions from now on: from these positions, or from the current ones. */
  assign(positions: ReadonlyMap<number, bigint>): void {
    this.positions = new Map(
      Array.from(positions, ([partition, position]) => [partition, this.positions.get(partition) ?? position]),
    );
    for (const partition of this.stopped) if (!positions.has(partition)) this.stopped.delete(partition);
    this.fetch();
  }

  /** Continues to read a partition from this position. */
  seek(partition: number, position: bigint): void {
    this.stopped.delete(partition);
    this.positions.set(partition, position);
    this.fetch();
  }

  /** Call when more records may be accepted. */
  fetch(): void {
    if (!this.open || this.pausing || this.positions.size === 0) return;
    this.askAll().catch((error: unknown) => this.failed(error));
  }

  /** Whether the topic was deleted. */
  get isDeleted(): boolean {
    return this.missingForMs >= missingMinMs;
  }

  /** The current end of each of the partitions. Rejects with `Unavailable`. */
  async ends(): Promise<Map<number, bigint>> {
    const partitions = [...this.positions.keys()];
    if (partitions.length === 0) return new Map();
    try {
      return await this.offsets(partitions, atTheEnd);
    } catch (error) {
      throw failureOf(error, 'tell offsets');
    }
  }

  async close(): Promise<void> {
    this.open = false;
    await this.consumer.close(true);
  }

  private async askAll(): Promise<void> {
    const { topic } = this.options;
    const metadata = await this.consumer.metadata({ topics: [topic] });
    const described = metadata.topics.get(topic);
    if (!described) throw new Error(`Unknown topic ${topic}`);
    const wanted = [...this.positions.keys()].filter(
      (partition) => !this.stopped.has(partition) && this.options.hasRoom(partition),
    );
    const byLeader = Map.groupBy(wanted, (partition) => described.partitions[partition]?.leader ?? -1);
    for (const [node, partitions] of byLeader) {
      if (!this.open || this.asking.has(node)) continue;
      this.asking.add(node);
      this.ask(node, described.id, partitions)
        .then(
          () => {
            this.failures = 0;
            this.missingSinceMs = null;
            this.missingForMs = 0;
          },
          (error: unknown) => this.failed(error),
        )
        .finally(() => {
          this.asking.delete(node);
          this.fetch();
        });
    }
  }

  private async ask(node: number, topicId: string, partitions: readonly number[]): Promise<void> {
    const asked = partitions.flatMap((partition) => {
      const fetchOffset = this.positions.get(partition);
      return fetchOffset === undefined ? [] : [{ partition, fetchOffset }];
    });
    if (asked.length === 0) return;
    const topics = asked.map(({ partition, fetchOffset }) => ({
      topicId,
      partitions: [
        { partition, fetchOffset, partitionMaxBytes: partitionBytes, currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
      ],
    }));
    const from = new Map(asked.map(({ partition, fetchOffset }) => [partition, fetchOffset]));
    try {
      this.take(await this.consumer.fetch({ node, topics }), from, topicId);
    } catch (error) {
      if (isBrokerError(error, 'OFFSET_OUT_OF_RANGE')) await this.handleOutOfRange(error, from);
      else throw error;
    }
  }

  private take(response: FetchResponse, from: ReadonlyMap<number, bigint>, topicId: string): void {
    for (const { partitions } of response.responses) {
      for (const { partitionIndex, records: batches } of partitions) {
        const position = this.positions.get(partitionIndex);
        if (position === undefined || position !== from.get(partitionIndex)) continue;
        const records: FetchedRecord[] = [];
        let next = position;
        for (const batch of batches ?? []) {
          for (const { offsetDelta, timestampDelta, value, headers } of batch.records) {
            const offset = batch.firstOffset + BigInt(offsetDelta);
            if (offset < position) continue;
            const atMs = Number(batch.firstTimestamp + timestampDelta);
            records.push({ offset, atMs, value: value ?? Buffer.alloc(0), headers });
          }
          next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
        }
        this.positions.set(partitionIndex, next);
        if (records.length > 0) this.options.receive(partitionIndex, records, topicId);
      }
    }
  }

  /** Handles positions that the log does not have: it deleted records by age, or is a different log. */
  private async handleOutOfRange(error: unknown, from: ReadonlyMap<number, bigint>): Promise<void> {
    const { settings, topic, mayMiss } = this.options;
    const response = (error as { response?: FetchResponse }).response;
    const gone = (response?.responses ?? []).flatMap(({ partitions }) =>
      partitions.filter(({ errorCode }) => errorCode === offsetOutOfRange).map(({ partitionIndex }) => partitionIndex),
    );
    // The response itself does not say where the log starts.
    const beginnings = await this.offsets(gone, atTheBeginning);
    for (const partition of gone) {
      const position = this.positions.get(partition);
      if (position === undefined || position !== from.get(partition)) continue;
      const beginning = beginnings.get(partition) ?? 0n;
      const begins = `${topic} partition ${partition} now begins at ${beginning}, the next position was ${position}`;
      if (mayMiss || beginning < position) {
        settings.report(new Error(begins));
        this.positions.set(partition, beginning);
      } else {
        settings.report(new Error(`${begins}: "parley cluster verify" says what to do`));
        this.stopped.add(partition);
      }
    }
  }

  private async offsets(partitions: number[], timestamp: bigint): Promise<Map<number, bigint>> {
    const { topic } = this.options;
    const offsets = await this.consumer.listOffsets({
      topics: [topic],
      partitions: { [topic]: partitions },
      timestamp,
    });
    return new Map(partitions.map((partition) => [partition, offsets.get(topic)?.[partition] ?? 0n]));
  }

  private failed(error: unknown): void {
    if (!this.open) return;
    this.options.settings.report(error);
    if (isUnknownTopic(error)) {
      this.missingSinceMs ??= performance.now();
      this.missingForMs = performance.now() - this.missingSinceMs;
    }
    this.consumer.clearMetadata();
    if (this.pausing) return;
    this.pausing = true;
    systemClock.after(backOffMs(this.failures++), () => {
      this.pausing = false;
      this.fetch();
    });
  }
}
