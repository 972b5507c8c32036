import { Consumer } from '@platformatic/kafka';
import { Unusable } from '../../platform/failures.ts';
import { supportedLevel } from '../../platform/features.ts';
import { clientOptions, failureOf, isBrokerError, type KafkaSettings } from './connection.ts';
import { memberClientId } from './member-levels.ts';
import { atTheBeginning } from './positions.ts';

export interface GroupTimes {
  /** The session timeout: the partitions of a member without a heartbeat for this long are assigned to others. */
  sessionTimeoutMs: number;
  heartbeatMs: number;
}

/** A killed distributor's partitions are served again within three seconds. */
export const defaultGroupTimes: GroupTimes = { sessionTimeoutMs: 2_000, heartbeatMs: 400 };

export interface GroupOptions {
  settings: KafkaSettings;
  group: string;
  topic: string;
  times: GroupTimes;
  /** Called with the partitions that are now assigned, their positions, and the id of the topic. */
  assigned(positions: ReadonlyMap<number, bigint>, topicId: string): void;
  /**
   * Awaited before positions of these partitions are committed. Resolves to those whose positions from before the call
   * may be committed.
   */
  beforeCommit?(partitions: readonly number[]): Promise<ReadonlySet<number>>;
  /** Called when the membership is broken and has to be renewed. */
  broken(error: unknown): void;
}

const commitIntervalMs = 200;

/** A member of a consumer group: its assigned partitions, and how far they are processed. */
export class GroupMember {
  private readonly consumer: Consumer;
  private readonly uncommitted = new Map<number, bigint>();
  private owned: ReadonlySet<number> = new Set();
  private committing: Promise<void> = Promise.resolve();
  private commitTimer: ReturnType<typeof setTimeout> | null = null;
  private joins = 0;
  private open = true;

  constructor(private readonly options: GroupOptions) {
    const { settings, group, topic, times } = options;
    this.consumer = new Consumer({
      ...clientOptions(settings),
      clientId: memberClientId(settings.clusterName, supportedLevel()),
      groupId: group,
      sessionTimeout: times.sessionTimeoutMs,
      rebalanceTimeout: times.sessionTimeoutMs,
      heartbeatInterval: times.heartbeatMs,
    });
    this.consumer.topics.track(topic);
    this.consumer.on('error', (error: unknown) => this.isBroken(error));
    this.consumer.on('consumer:heartbeat:stalled', ({ lastError }) => this.isBroken(lastError));
    this.consumer.on('consumer:group:join', () => this.joined());
  }

  /** @throws {Unusable} when the brokers do not allow such a short session. */
  async join(): Promise<void> {
    try {
      await this.consumer.joinGroup({});
    } catch (error) {
      if (!isBrokerError(error, 'INVALID_SESSION_TIMEOUT')) throw failureOf(error, 'admit a consumer');
      throw new Unusable(
        `the Kafka brokers refuse a session timeout of ${this.options.times.sessionTimeoutMs} ms, which a quick takeover needs: ` +
          'set group.min.session.timeout.ms to 1000 on them',
        { cause: error },
      );
    }
  }

  /** All records of the partition before `next` are processed. The position is committed soon, together with others. */
  done(partition: number, next: bigint): void {
    if (!this.owned.has(partition)) return;
    this.uncommitted.set(partition, next);
    this.commitSoon();
  }

  /** Commits the processed positions, then leaves: others take over at once. */
  async close(): Promise<void> {
    this.open = false;
    if (this.commitTimer) clearTimeout(this.commitTimer);
    await this.committing;
    await this.commit().catch(this.options.settings.report);
    await this.consumer.close();
  }

  /** Closes without contacting the brokers, which may not respond. */
  abandon(): void {
    this.open = false;
    if (this.commitTimer) clearTimeout(this.commitTimer);
    this.consumer.close(true).catch(this.options.settings.report);
  }

  private commitSoon(): void {
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = null;
      this.committing = this.committing
        .then(() => this.commit())
        .catch((error: unknown) => {
          this.options.settings.report(error);
          if (this.open) this.commitSoon();
        });
    }, commitIntervalMs);
  }

  private async commit(): Promise<void> {
    if (this.uncommitted.size === 0) return;
    if (!this.consumer.isActive()) {
      // Commits are refused during a rebalance.
      if (this.open) this.commitSoon();
      return;
    }
    const done = [...this.uncommitted];
    const permitted = await this.options.beforeCommit?.([...this.uncommitted.keys()]);
    const offsets = done
      // Some may have gone to another member meanwhile.
      .filter(([partition]) => this.uncommitted.has(partition) && (permitted?.has(partition) ?? true))
      .map(([partition, offset]) => ({ topic: this.options.topic, partition, offset, leaderEpoch: -1 }));
    if (offsets.length < done.length && this.open) this.commitSoon();
    if (offsets.length === 0) return;
    await this.consumer.commit({ offsets });
    for (const { partition, offset } of offsets) {
      if (this.uncommitted.get(partition) === offset) this.uncommitted.delete(partition);
    }
  }

  private joined(): void {
    this.positions().catch((error: unknown) => this.isBroken(error));
  }

  private async positions(): Promise<void> {
    const { topic } = this.options;
    const join = ++this.joins;
    const partitions = this.consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
    const kept = partitions.filter((partition) => this.owned.has(partition));
    this.owned = new Set(kept);
    for (const partition of this.uncommitted.keys()) if (!this.owned.has(partition)) this.uncommitted.delete(partition);
    const [committed, topicId] = await Promise.all([this.committed(partitions), this.topicId()]);
    if (join !== this.joins || !this.open) return;
    this.owned = new Set(partitions);
    this.options.assigned(committed, topicId);
  }

  private async topicId(): Promise<string> {
    const { topic } = this.options;
    const metadata = await this.consumer.metadata({ topics: [topic], forceUpdate: true });
    const described = metadata.topics.get(topic);
    if (!described) throw new Error(`there is no topic ${topic}`);
    return described.id;
  }

  /** The position at which each partition continues: the committed one, or its start. */
  private async committed(partitions: number[]): Promise<Map<number, bigint>> {
    if (partitions.length === 0) return new Map();
    const { topic } = this.options;
    const offsets = await this.consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
    const found = offsets.get(topic) ?? [];
    const hasNone = partitions.some((partition) => (found[partition] ?? -1n) < 0n);
    const beginnings = hasNone
      ? await this.consumer.listOffsets({
          topics: [topic],
          partitions: { [topic]: partitions },
          timestamp: atTheBeginning,
        })
      : null;
    return new Map(
      partitions.map((partition) => {
        const offset = found[partition] ?? -1n;
        return [partition, offset >= 0n ? offset : (beginnings?.get(topic)?.[partition] ?? 0n)];
      }),
    );
  }

  private isBroken(error: unknown): void {
    if (!this.open) return;
    this.open = false;
    this.options.broken(error);
  }
}
