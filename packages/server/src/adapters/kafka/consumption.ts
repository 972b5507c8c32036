import type { CommandBatch, CommandConsumer } from '../../distribution/command-log-port.ts';
import type { KafkaSettings } from './connection.ts';
import { Fetcher } from './fetcher.ts';
import type { GroupOptions, GroupTimes } from './group-member.ts';
import { type LaneOptions, Lanes, waitingMax } from './lanes.ts';
import { Membership } from './membership.ts';
import { parseRecord } from './record-format.ts';

interface ConsumptionOptions {
  settings: KafkaSettings;
  topic: string;
  group: string;
  times: GroupTimes;
  laneOf(partition: number): string;
  hasRoom: LaneOptions['hasRoom'];
  setAside: LaneOptions['setAside'];
  handle(batch: CommandBatch): Promise<void>;
  beforeCommit: NonNullable<GroupOptions['beforeCommit']>;
}

/**
 * A distributor's share of the log: joins the group, fetches the assigned partitions, and has their records handled and
 * committed. When its membership breaks, it starts again; uncommitted records come again.
 */
export class Consumption implements CommandConsumer {
  private readonly lanes: Lanes;
  private readonly fetcher: Fetcher;
  private readonly membership: Membership;
  /** The id of the topic that is read. */
  private logId = '';

  private constructor(options: ConsumptionOptions) {
    const { settings, topic, group, times, handle, setAside, laneOf, hasRoom, beforeCommit } = options;
    this.lanes = new Lanes({
      ...{ handle, setAside, laneOf, hasRoom, report: settings.report },
      done: (partition, next) => {
        this.membership.done(partition, next);
        this.fetcher.fetch();
      },
      putBack: (partition, position) => {
        // Committed too, so that the lag is visible to all.
        this.fetcher.seek(partition, position);
        this.membership.done(partition, position);
      },
    });
    this.fetcher = new Fetcher({
      ...{ settings, topic, mayMiss: false },
      hasRoom: (partition) => this.lanes.waiting(partition) < waitingMax,
      receive: (partition, records, topicId) => {
        if (topicId !== this.logId) {
          this.membership.renew(new Error(`topic ${topic} was deleted and created again`));
          return;
        }
        const waiting = records.map((each) => ({ offset: each.offset, bytes: each.value, parsed: parseRecord(each) }));
        this.lanes.put(partition, waiting);
      },
    });
    this.membership = new Membership({
      ...{ settings, topic, group, times, beforeCommit },
      assigned: (positions, logId) => this.own(positions, logId),
      lost: () => this.own(new Map(), this.logId),
    });
  }

  static async start(options: ConsumptionOptions): Promise<Consumption> {
    const consumption = new Consumption(options);
    try {
      await consumption.membership.join();
    } catch (error) {
      await consumption.close();
      throw error;
    }
    return consumption;
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
    this.membership.stopRenewing();
    // Lanes stop at once, not only after the fetcher's connections are closed.
    await Promise.all([this.lanes.close(), this.fetcher.close()]);
    await this.membership.close();
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
}
