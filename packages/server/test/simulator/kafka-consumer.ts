import {
  batchMax,
  type CommandBatch,
  type CommandConsumer,
  type CommandRecord,
  HistoryRestored,
  LevelNotSupported,
} from '../../src/distribution/command-log-port.ts';
import type { LogReach } from '../../src/history/history-port.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { pause } from '../../src/platform/waiting.ts';
import type { Assigned, FetchedRecords, KafkaBroker } from './kafka-broker.ts';
import type { CallBroker } from './kafka-producer.ts';

interface ConsumerPorts {
  call: CallBroker;
  clock: Clock;
  memberId: string;
  handle(batch: CommandBatch): Promise<void>;
}

interface Partition extends Assigned {
  /** Of the next record. */
  position: number;
  /** Whether its start was reported by a batch without records. */
  isReported: boolean;
}

const heartbeatMs = 400;
const fetchWaitMs = 500;
const retryPauseMs = 100;

/** A member of the group of consumers. */
export class SimulatedConsumer implements CommandConsumer {
  readonly stopped = new Map<number, number>();
  private readonly assigned = new Map<number, Partition>();
  private isOpen = true;
  private stopHeartbeats: () => void = () => undefined;
  private running: Promise<void> = Promise.resolve();
  /** A batch that failed and has to come again. */
  private failed: CommandBatch | null = null;
  private endPause: () => void = () => undefined;

  constructor(
    private readonly broker: KafkaBroker,
    private readonly ports: ConsumerPorts,
  ) {}

  get owned(): ReadonlySet<number> {
    return new Set(this.assigned.keys());
  }

  async start(): Promise<void> {
    await this.heartbeat();
    this.stopHeartbeats = this.ports.clock.every(heartbeatMs, () => void this.heartbeat().catch(ignoreUnavailable));
    this.running = this.run();
  }

  lag(): Promise<ReadonlyMap<number, number>> {
    return this.ports.call('ends', () => {
      return new Map(
        [...this.assigned].map(([partition, { position }]) => [partition, this.broker.end(partition) - position]),
      );
    });
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.endPause();
    await this.running;
    this.stopHeartbeats();
    await this.ports.call('leave', () => this.broker.leave(this.ports.memberId));
  }

  private async heartbeat(): Promise<void> {
    const { call, memberId } = this.ports;
    const assigned = await call('heartbeat', () => this.broker.heartbeat(memberId));
    const current = new Map(assigned.map((each) => [each.partition, each]));
    for (const [partition, { generation }] of this.assigned) {
      if (current.get(partition)?.generation !== generation) this.assigned.delete(partition);
    }
    for (const each of assigned) {
      if (this.assigned.has(each.partition)) continue;
      this.stopped.delete(each.partition);
      this.assigned.set(each.partition, { ...each, position: each.committed, isReported: false });
    }
  }

  private async run(): Promise<void> {
    while (this.isOpen) {
      try {
        const batch = this.failedAgain() ?? this.newlyAssigned() ?? (await this.fetched());
        if (batch && this.isOpen) await this.process(batch);
      } catch (error) {
        ignoreUnavailable(error);
        await this.pause();
      }
    }
  }

  private async process(batch: CommandBatch): Promise<void> {
    const generations = new Map([...this.assigned].map(([partition, { generation }]) => [partition, generation]));
    try {
      await this.ports.handle(batch);
    } catch (error) {
      await this.handleFailed(batch, error);
      return;
    }
    for (const { partition, to } of batch.reaches) {
      const generation = generations.get(partition) ?? 0;
      const own = this.assigned.get(partition);
      if (own?.generation === generation) own.position = to;
      const { call, memberId } = this.ports;
      await call('commit', () => this.broker.commit(memberId, { partition, generation }, to)).catch(ignoreUnavailable);
    }
  }

  private async handleFailed(batch: CommandBatch, error: unknown): Promise<void> {
    if (error instanceof LevelNotSupported) {
      for (const { partition } of batch.reaches) this.stopped.set(partition, error.level);
      return;
    }
    if (error instanceof HistoryRestored) {
      for (const [partition, position] of error.decided) {
        const own = this.assigned.get(partition);
        if (own) own.position = position;
      }
    } else this.failed = batch;
    await this.pause();
  }

  /** The batch that failed, without the partitions that are assigned to another consumer by now. */
  private failedAgain(): CommandBatch | null {
    const { failed } = this;
    this.failed = null;
    if (!failed) return null;
    const reaches = failed.reaches.filter(({ partition, from }) => this.assigned.get(partition)?.position === from);
    const partitions = new Set(reaches.map(({ partition }) => partition));
    const records = failed.records.filter(({ at }) => at && partitions.has(at.partition));
    return reaches.length > 0 ? { records, reaches } : null;
  }

  private newlyAssigned(): CommandBatch | null {
    const unreported = [...this.assigned.values()].filter(({ isReported }) => !isReported);
    if (unreported.length === 0) return null;
    for (const each of unreported) each.isReported = true;
    const reaches = unreported.map(({ partition, position }) => this.reach(partition, position, position));
    return { records: [], reaches };
  }

  private async fetched(): Promise<CommandBatch | null> {
    const positions = new Map<number, number>();
    for (const { partition, position } of this.assigned.values()) {
      if (!this.stopped.has(partition)) positions.set(partition, position);
    }
    const fetched = await this.ports.call('fetch', () => this.broker.fetch(positions, batchMax, fetchWaitMs));
    // The assignment may have changed while the fetch was under way.
    const current = fetched.filter(({ partition, from }) => this.assigned.get(partition)?.position === from);
    if (current.length === 0) return null;
    const reaches = current.map(({ partition, from, texts }) => this.reach(partition, from, from + texts.length));
    return { records: current.flatMap(recordsOf), reaches };
  }

  private reach(partition: number, from: number, to: number): LogReach {
    return { partition, logId: this.broker.logId, from, to };
  }

  private async pause(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.endPause = resolve;
    });
    await Promise.race([ended, pause(this.ports.clock, retryPauseMs)]);
  }
}

function recordsOf({ partition, from, texts }: FetchedRecords): CommandRecord[] {
  return texts.map((text, index) => ({
    ...(JSON.parse(text) as CommandRecord),
    at: { partition, position: from + index },
  }));
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
}
