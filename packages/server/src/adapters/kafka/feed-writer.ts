import type { FeedPart, FeedWriter } from '../../feed/feed-port.ts';
import { backOffMs, type KafkaSettings } from './connection.ts';
import { formatPart, merged } from './feed-records.ts';
import { BatchingProducer, type OutgoingRecord } from './producer.ts';
import { feedTopic } from './topics.ts';

/** The maximum number of queued records and parts of one partition; far more than arrive between two writes. */
const waitingMax = 20_000;
/** Queued parts are written after this time, even if no position is committed. */
const writeWithinMs = 1_000;

interface WaitingParts {
  parts: FeedPart[];
  /** The number of records, plus one for each part. */
  size: number;
}

/**
 * Writes the feed to Kafka, with the same partitions as the command log. Queues parts and writes them before the
 * positions of their commands are committed, several times a second. Acks do not wait for these writes.
 */
export class KafkaFeedWriter implements FeedWriter {
  private readonly producer: Pick<BatchingProducer, 'send' | 'close'>;
  private readonly waiting = new Map<number, WaitingParts>();
  private writing: Promise<unknown> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private retryAtMs = 0;
  private open = true;

  constructor(
    private readonly settings: KafkaSettings,
    producer: Pick<BatchingProducer, 'send' | 'close'> = new BatchingProducer(settings),
  ) {
    this.producer = producer;
  }

  /**
   * Whether more commands of the partition may be processed. The command log asks before it takes them: a part that was
   * refused after its commands were decided would fail its whole batch.
   */
  hasRoom(partition: number): boolean {
    return (this.waiting.get(partition)?.size ?? 0) < waitingMax;
  }

  async append(parts: readonly FeedPart[]): Promise<void> {
    for (const part of parts) {
      const waiting = this.waiting.get(part.reach.partition) ?? { parts: [], size: 0 };
      waiting.parts.push(part);
      waiting.size += 1 + part.records.length;
      this.waiting.set(part.reach.partition, waiting);
    }
    this.writeSoon();
  }

  /** Writes the queued parts. Resolves to those of `partitions` that were written; the others stay queued. */
  async flush(partitions: readonly number[]): Promise<Set<number>> {
    const writing = this.writing.then(() => this.write());
    this.writing = writing;
    const failed = await writing;
    return new Set(partitions.filter((partition) => !failed.has(partition)));
  }

  async close(): Promise<void> {
    this.open = false;
    if (this.timer) clearTimeout(this.timer);
    await this.writing;
    await this.producer.close();
  }

  private writeSoon(): void {
    if (!this.open) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush([]);
    }, writeWithinMs);
  }

  /** Writes the queued parts. Resolves to the partitions that could not be written. */
  private async write(): Promise<Set<number>> {
    const left = new Set(this.waiting.keys());
    if (left.size === 0) return left;
    if (performance.now() < this.retryAtMs) {
      this.writeSoon();
      return left;
    }
    try {
      // One failing partition fails the whole send, so after a failure each partition is sent alone.
      const sends = this.failures === 0 ? [[...left]] : Array.from(left, (partition) => [partition]);
      for (const partitions of sends) {
        await this.send(partitions);
        for (const partition of partitions) left.delete(partition);
      }
      this.failures = 0;
    } catch (error) {
      this.settings.report(error);
      this.retryAtMs = performance.now() + backOffMs(this.failures++);
      this.writeSoon();
    }
    return left;
  }

  private async send(partitions: readonly number[]): Promise<void> {
    const topic = feedTopic(this.settings.clusterName);
    const sent = partitions.map((partition) => [partition, this.waiting.get(partition)?.parts.length ?? 0] as const);
    const records = partitions.flatMap((partition): OutgoingRecord[] =>
      merged(this.waiting.get(partition)?.parts ?? []).map((part) => ({ topic, partition, value: formatPart(part) })),
    );
    // Await all of them, so that none is in flight when they are sent again.
    const results = await Promise.allSettled(records.map((record) => this.producer.send(record)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      // Move these partitions to the end, so that the next attempt writes the others first.
      for (const [partition] of sent) this.requeue(partition);
      throw failed.reason;
    }
    for (const [partition, count] of sent) this.drop(partition, count);
  }

  private requeue(partition: number): void {
    const waiting = this.waiting.get(partition);
    this.waiting.delete(partition);
    if (waiting) this.waiting.set(partition, waiting);
  }

  /** Removes the first `count` parts of the partition. */
  private drop(partition: number, count: number): void {
    const waiting = this.waiting.get(partition);
    if (!waiting) return;
    for (const { records } of waiting.parts.splice(0, count)) waiting.size -= 1 + records.length;
    if (waiting.parts.length === 0) this.waiting.delete(partition);
  }
}
