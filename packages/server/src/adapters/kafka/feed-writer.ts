import type { FeedPart, FeedWriter } from '../../feed/feed-port.ts';
import { Unavailable } from '../../platform/failures.ts';
import type { KafkaSettings } from './connection.ts';
import { formatPart, merged } from './feed-records.ts';
import { BatchingProducer } from './producer.ts';
import { feedTopic } from './topics.ts';

/** Parts that wait to be written; far more than come between two commits of positions. */
const waitingMax = 100_000;

/**
 * The feed in Kafka, in the partitions of the commands. What is decided is gathered here, and written before the
 * positions of its commands are committed, some times a second: that costs next to nothing, and nobody waits for it.
 */
export class KafkaFeedWriter implements FeedWriter {
  private readonly producer: BatchingProducer;
  private waiting: FeedPart[] = [];
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly settings: KafkaSettings) {
    this.producer = new BatchingProducer(settings);
  }

  async append(parts: readonly FeedPart[]): Promise<void> {
    if (this.waiting.length >= waitingMax) throw new Unavailable(`${this.waiting.length} batches wait to be fed`);
    this.waiting.push(...parts);
  }

  /** Resolves when what was appended so far is in the feed. Rejects with `Unavailable`; then all of it waits again. */
  flush(): Promise<void> {
    this.flushing = this.flushing.catch(() => undefined).then(() => this.write());
    return this.flushing;
  }

  async close(): Promise<void> {
    await this.producer.close();
  }

  private async write(): Promise<void> {
    const parts = merged(this.waiting);
    const count = this.waiting.length;
    const topic = feedTopic(this.settings.clusterName);
    const sends = parts.map((part) =>
      this.producer.send({ topic, partition: part.reach.partition, value: formatPart(part) }),
    );
    // All of them, so that none is under way when they are sent once more.
    const failed = (await Promise.allSettled(sends)).find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    this.waiting.splice(0, count);
  }
}
