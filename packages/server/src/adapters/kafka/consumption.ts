import type { CommandBatch, CommandConsumer } from '../../distribution/command-log-port.ts';
import { Unavailable } from '../../platform/failures.ts';
import { backOffMs, type KafkaSettings } from './connection.ts';
import { Fetcher } from './fetcher.ts';
import { GroupMember, type GroupTimes } from './group-member.ts';
import { type LaneOptions, Lanes, waitingMax } from './lanes.ts';
import { parseRecord } from './record-format.ts';

interface ConsumptionOptions {
  settings: KafkaSettings;
  topic: string;
  group: string;
  times: GroupTimes;
  laneOf(partition: number): string;
  setAside: LaneOptions['setAside'];
  handle(batch: CommandBatch): Promise<void>;
}

/** How long the first attempts to join a group are retried. */
const firstJoinMs = 30_000;

/**
 * A distributor's share of the log: joins the group, fetches the assigned partitions, and has their records handled and
 * committed. When its membership breaks, it starts again; uncommitted records come again.
 */
export class Consumption implements CommandConsumer {
  private readonly lanes: Lanes;
  private readonly fetcher: Fetcher;
  private member: GroupMember;
  /** The id of the topic. */
  private logId = '';
  private open = true;
  private beginning = false;
  private failures = 0;
  /** Until then, the caller of `start` retries. */
  private hasJoined = false;

  private constructor(private readonly options: ConsumptionOptions) {
    const { settings, topic, handle, setAside, laneOf } = options;
    this.lanes = new Lanes({
      ...{ handle, setAside, laneOf, report: settings.report },
      done: (partition, next) => {
        this.member.done(partition, next);
        this.fetcher.fetch();
      },
      putBack: (partition, position) => {
        // Committed too, so that the lag is visible to all.
        this.fetcher.seek(partition, position);
        this.member.done(partition, position);
      },
    });
    this.fetcher = new Fetcher({
      ...{ settings, topic, mayMiss: false },
      hasRoom: (partition) => this.lanes.waiting(partition) < waitingMax,
      receive: (partition, records, topicId) => {
        if (topicId !== this.logId) {
          this.beginAnew(this.member, new Error(`topic ${topic} was made anew`));
          return;
        }
        const waiting = records.map((each) => ({ offset: each.offset, bytes: each.value, parsed: parseRecord(each) }));
        this.lanes.put(partition, waiting);
      },
    });
    this.member = this.newMember();
  }

  static async start(options: ConsumptionOptions): Promise<Consumption> {
    const consumption = new Consumption(options);
    try {
      await consumption.joinFirst();
    } catch (error) {
      await consumption.close();
      throw error;
    }
    return consumption;
  }

  /** A new cluster has no group coordinator for some seconds; permanent refusals come at once. */
  private async joinFirst(): Promise<void> {
    const endMs = performance.now() + firstJoinMs;
    for (;;) {
      try {
        await this.member.join();
        this.hasJoined = true;
        return;
      } catch (error) {
        if (!(error instanceof Unavailable) || performance.now() > endMs) throw error;
        this.member.abandon();
        await Bun.sleep(backOffMs(this.failures++));
        this.member = this.newMember();
      }
    }
  }

  get owned(): ReadonlySet<number> {
    return new Set(this.lanes.positions.keys());
  }

  get stopped(): ReadonlyMap<number, number> {
    return this.lanes.stopped;
  }

  async lag(): Promise<Map<number, number>> {
    const ends = await this.fetcher.ends();
    return new Map(
      Array.from(this.lanes.positions, ([partition, next]) => [
        partition,
        Math.max(0, Number((ends.get(partition) ?? next) - next)),
      ]),
    );
  }

  async close(): Promise<void> {
    this.open = false;
    // Lanes stop at once, not only after the fetcher's connections are closed.
    await Promise.all([this.lanes.close(), this.fetcher.close()]);
    await this.member.close();
  }

  private newMember(): GroupMember {
    const { settings, topic, group, times } = this.options;
    const member = new GroupMember({
      ...{ settings, topic, group, times },
      assigned: (positions, logId) => {
        this.failures = 0;
        this.own(positions, logId);
      },
      broken: (error) => this.beginAnew(member, error),
    });
    return member;
  }

  private own(positions: ReadonlyMap<number, bigint>, logId: string): void {
    const { owned } = this;
    this.logId = logId;
    for (const partition of owned) if (!positions.has(partition)) this.lanes.drop(partition);
    for (const [partition, position] of positions) {
      if (!owned.has(partition)) this.lanes.begin(partition, logId, position);
    }
    this.fetcher.assign(positions);
  }

  private beginAnew(broken: GroupMember, error: unknown): void {
    this.options.settings.report(error);
    // A broken membership may be reported both by its event and by a pending call.
    if (!this.hasJoined || broken !== this.member || this.beginning) return;
    broken.abandon();
    this.own(new Map(), this.logId);
    if (!this.open) return;
    this.beginning = true;
    setTimeout(
      () => {
        this.beginning = false;
        if (!this.open) return;
        const member = this.newMember();
        this.member = member;
        member.join().catch((cause: unknown) => this.beginAnew(member, cause));
      },
      backOffMs(this.failures++),
    );
  }
}
