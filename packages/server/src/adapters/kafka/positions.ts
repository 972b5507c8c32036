import type { Admin } from '@platformatic/kafka';
import { backOffMs, failureOf, isBrokerError } from './connection.ts';

/** Offsets by partition. */
export type Offsets = Map<number, bigint>;

/** Kafka's time stamps of where the next record will be, and of the oldest record that there is. */
export const atTheEnd = -1n;
export const atTheBeginning = -2n;

/**
 * Why a broker can't do something with a group for a moment: a new cluster is only making the topic that groups are
 * kept in, another broker took over, or members that stopped are still counted.
 */
const passingReasons = [
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'NON_EMPTY_GROUP',
];
const groupTimeoutMs = 10_000;

/** How far topics reach, and how far groups have come in them. Every call rejects with `Unavailable`. */
export class Positions {
  constructor(private readonly admin: Admin) {}

  /** Where the next record of each partition will be. */
  ends(topic: string, partitions: readonly number[]): Promise<Offsets> {
    return this.listed(topic, partitions, atTheEnd);
  }

  /** The oldest record that each partition still has; its end when it has none. */
  beginnings(topic: string, partitions: readonly number[]): Promise<Offsets> {
    return this.listed(topic, partitions, atTheBeginning);
  }

  /** The first record of each partition from this time on; partitions that have none since are left out. */
  async since(topic: string, partitions: readonly number[], atMs: number): Promise<Offsets> {
    const listed = await this.listed(topic, partitions, BigInt(Math.max(0, atMs)));
    return new Map([...listed].filter(([, offset]) => offset >= 0n));
  }

  /** How far the group is done: the next record's offset; partitions in which it never was are left out. */
  async committed(group: string, topic: string, partitions: readonly number[]): Promise<Offsets> {
    const topics = [{ name: topic, partitionIndexes: [...partitions] }];
    const [found] = await askingGroup(`tell how far group ${group} is`, () =>
      this.admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] }),
    );
    const offsets = found?.topics.flatMap((each) => each.partitions) ?? [];
    return new Map(
      offsets.flatMap(({ partitionIndex, committedOffset }) =>
        committedOffset < 0n ? [] : [[partitionIndex, committedOffset]],
      ),
    );
  }

  /** Notes how far a group is that nobody is a member of. */
  async commit(group: string, topic: string, partition: number, offset: bigint): Promise<void> {
    const topics = [{ name: topic, partitionOffsets: [{ partition, offset }] }];
    await askingGroup(`note how far group ${group} is`, () =>
      this.admin.alterConsumerGroupOffsets({ groupId: group, topics }),
    );
  }

  /** Forgets how far a group was; one that isn't known (any more) is as good as forgotten. */
  async forget(group: string): Promise<void> {
    await askingGroup(`forget group ${group}`, async () => {
      try {
        await this.admin.deleteGroups({ groups: [group] });
      } catch (error) {
        if (!isBrokerError(error, 'GROUP_ID_NOT_FOUND')) throw error;
      }
    });
  }

  /** The client ids of the consumers that are in the group now. */
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

/** Asks again while the reason for a refusal is a passing one, for a bounded time. */
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
