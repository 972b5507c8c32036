import { type Feed, type FeedPart, type FeedReader, takeMax } from '../../feed/feed-port.ts';
import type { KafkaSettings } from './connection.ts';
import { parsePart } from './feed-records.ts';
import { Fetcher } from './fetcher.ts';
import type { GroupTimes } from './group-member.ts';
import { Membership } from './membership.ts';
import { feedTopic } from './topics.ts';

/** The consumer group of the processes that run a follower. */
export function followerGroup(clusterName: string, follower: string): string {
  return `${clusterName}.follower.${follower}`;
}

/** No user waits for a follower, so a killed one may be replaced later than a distributor. */
const followerTimes: GroupTimes = { sessionTimeoutMs: 6_000, heartbeatMs: 1_000 };

/** The number of buffered feed records of one partition, below which more are fetched. */
const waitingMax = 8_000;

/** Reads the feed from Kafka, as the consumer group of a follower. */
export class KafkaFeed implements Feed {
  constructor(private readonly settings: KafkaSettings) {}

  async open(follower: string, wake: () => void): Promise<FeedReader> {
    const { settings } = this;
    const topic = feedTopic(settings.clusterName);
    return KafkaFeedReader.start({ settings, topic, group: followerGroup(settings.clusterName, follower), wake });
  }
}

interface ReaderOptions {
  settings: KafkaSettings;
  topic: string;
  group: string;
  wake(): void;
}

interface Waiting {
  part: FeedPart;
  offset: bigint;
}

class KafkaFeedReader implements FeedReader {
  /** By partition, the parts that were fetched and are not acknowledged. */
  private readonly waiting = new Map<number, Waiting[]>();
  private taken = new Map<number, Waiting[]>();
  private readonly fetcher: Fetcher;
  private readonly membership: Membership;
  private topicId = '';

  private constructor(private readonly options: ReaderOptions) {
    const { settings, topic, group, wake } = options;
    this.fetcher = new Fetcher({
      ...{ settings, topic, mayMiss: true },
      hasRoom: (partition) => recordsIn(this.waiting.get(partition) ?? []) < waitingMax,
      receive: (partition, records, topicId) => {
        if (topicId !== this.topicId) {
          this.membership.renew(new Error(`topic ${topic} was deleted and created again`));
          return;
        }
        for (const { value, offset } of records) this.put(partition, value, offset);
        wake();
      },
    });
    this.membership = new Membership({
      ...{ settings, topic, group, times: followerTimes },
      assigned: (positions, topicId) => {
        this.topicId = topicId;
        this.own(positions);
        wake();
      },
      lost: () => this.own(new Map()),
    });
  }

  static async start(options: ReaderOptions): Promise<KafkaFeedReader> {
    const reader = new KafkaFeedReader(options);
    try {
      await reader.membership.join();
    } catch (error) {
      await reader.close();
      throw error;
    }
    return reader;
  }

  get partitions(): ReadonlySet<number> {
    return new Set(this.waiting.keys());
  }

  async take(): Promise<FeedPart[]> {
    this.taken = new Map();
    let count = 0;
    for (const [partition, parts] of this.waiting) {
      if (count >= takeMax) break;
      const taken: Waiting[] = [];
      for (const each of parts) {
        if (count >= takeMax) break;
        taken.push(each);
        count += recordsIn([each]);
      }
      if (taken.length > 0) this.taken.set(partition, taken);
    }
    return [...this.taken.values()].flat().map(({ part }) => part);
  }

  get hasMore(): boolean {
    return [...this.waiting].some(([partition, parts]) => parts.length > (this.taken.get(partition)?.length ?? 0));
  }

  done(partitions: ReadonlySet<number>): void {
    for (const [partition, taken] of this.taken) {
      if (!partitions.has(partition)) continue;
      const parts = this.waiting.get(partition);
      const last = taken.at(-1);
      // Skip a partition that was revoked meanwhile, even if it was assigned again: it is read again.
      if (!parts || !last || parts[0] !== taken[0]) continue;
      parts.splice(0, taken.length);
      this.membership.done(partition, last.offset + 1n);
      // Move it to the end, so that a busy partition does not block the others.
      this.waiting.delete(partition);
      this.waiting.set(partition, parts);
    }
    this.taken = new Map();
    this.fetcher.fetch();
  }

  async close(): Promise<void> {
    this.membership.stopRenewing();
    await this.fetcher.close();
    await this.membership.close();
  }

  /** Skips a record that it cannot parse. The follower then sees a gap and rebuilds from the stores. */
  private put(partition: number, value: Buffer, offset: bigint): void {
    try {
      this.waiting.get(partition)?.push({ part: parsePart(partition, value), offset });
    } catch (error) {
      const { settings, topic } = this.options;
      settings.report(new Error(`record ${offset} of ${topic} partition ${partition} cannot be read: ${error}`));
    }
  }

  private own(positions: ReadonlyMap<number, bigint>): void {
    for (const partition of this.waiting.keys()) if (!positions.has(partition)) this.waiting.delete(partition);
    for (const partition of positions.keys()) if (!this.waiting.has(partition)) this.waiting.set(partition, []);
    this.fetcher.assign(positions);
  }
}

function recordsIn(waiting: readonly Waiting[]): number {
  return waiting.reduce((sum, { part }) => sum + Math.max(1, part.records.length), 0);
}
