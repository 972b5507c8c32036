import type { Admin } from '@platformatic/kafka';
import { backOffMs, failureOf, isBrokerError } from './connection.ts';

/** Offsets by partition. */
export type Offsets = Map<number, bigint>;

/** Kafka's special timestamps for the end of a partition and for its oldest record. */
export const atTheEnd = -1n;
export const atTheBeginning = -2n;

/**
 * Temporary reasons of a broker to refuse a group request: a new cluster is creating the topic of groups, another
 * broker took over, or stopped members still count.
 */
const passingReasons = [
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'NON_EMPTY_GROUP',
];
const groupTimeoutMs = 10_000;

/** Reads the ends of topics and the committed positions of groups. Every call rejects with `Unavailable`. */
export class Positions {
  constructor(private readonly admin: Admin) {}

  /** The end of each partition: the offset of its next record. */
  ends(topic: string, partitions: readonly number[]): Promise<Offsets> {
    return this.listed(topic, partitions, atTheEnd);
  }

  /** The offset of the oldest record of each partition; its end when it is empty. */
  beginnings(topic: string, partitions: readonly number[]): Promise<Offsets> {
    return this.listed(topic, partitions, atTheBeginning);
  }

  /** The offset of the first record of each partition from this time on; partitions without one are left out. */
  async since(topic: string, partitions: readonly number[], atMs: number): Promise<Offsets> {
    const listed = await this.listed(topic, partitions, BigInt(Math.max(0, atMs)));
    return new Map([...listed].filter(([, offset]) => offset >= 0n));
  }

  /** The committed offsets of the group; partitions without one are left out. */
  async committed(group: string, topic: string, partitions: readonly number[]): Promise<Offsets> {
    const topics = [{ name: topic, partitionIndexes: [...partitions] }];
    const [found] = await askingGroup(`read the offsets of group ${group}`, () =>
      this.admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] }),
    );
    const offsets = found?.topics.flatMap((each) => each.partitions) ?? [];
    return new Map(
      offsets.flatMap(({ partitionIndex, committedOffset }) =>
        committedOffset < 0n ? [] : [[partitionIndex, committedOffset]],
      ),
    );
  }

  /** Commits offsets for a group without members. */
  async commit(group: string, topic: string, partition: number, offset: bigint): Promise<void> {
    const topics = [{ name: topic, partitionOffsets: [{ partition, offset }] }];
    await askingGroup(`commit offsets of group ${group}`, () =>
      this.admin.alterConsumerGroupOffsets({ groupId: group, topics }),
    );
  }

  /** Deletes the offsets of a group; an unknown group is not an error. */
  async forget(group: string): Promise<void> {
    await askingGroup(`delete the offsets of group ${group}`, async () => {
      try {
        await this.admin.deleteGroups({ groups: [group] });
      } catch (error) {
        if (!isBrokerError(error, 'GROUP_ID_NOT_FOUND')) throw error;
      }
    });
  }

  /** The client ids of the group's current members. */
  async members(group: string): Promise<string[]> {
    const groups = await askingGroup(`describe group ${group}`, () => this.admin.describeGroups({ groups: [group] }));
    return Array.from(groups.get(group)?.members.values() ?? [], ({ clientId }) => clientId);
  }

  private async listed(topic: string, partitions: readonly number[], timestamp: bigint): Promise<Offsets> {
    const wanted = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
    const topics = await asking('tell offsets', () =>
      this.admin.listOffsets({ topics: [{ name: topic, partitions: wanted }] }),
    );
    return new Map(
      topics.flatMap(({ partitions: each }) => each.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
    );
  }
}

/** Retries temporary refusals for a bounded time. */
async function askingGroup<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
  const startMs = performance.now();
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (!passingReasons.some((reason) => isBrokerError(error, reason))) throw failureOf(error, doing);
      if (performance.now() - startMs > groupTimeoutMs) throw failureOf(error, `${doing} within ${groupTimeoutMs} ms`);
      await Bun.sleep(backOffMs(failures));
    }
  }
}

async function asking<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw failureOf(error, doing);
  }
}
