import type { CommandRecord } from '../../distribution/command.ts';
import { batchMax } from '../../distribution/command-log-port.ts';
import { backOffMs } from './connection.ts';

/** A record that waits to be handled; null when it can't be read as a command. */
export interface WaitingRecord {
  offset: bigint;
  record: CommandRecord | null;
  bytes: Buffer;
}

interface Partition {
  waiting: WaitingRecord[];
  busy: boolean;
}

export interface LaneOptions {
  handle(batch: readonly CommandRecord[]): Promise<void>;
  /** Puts a record that can't be read out of the way. */
  setAside(partition: number, record: WaitingRecord): Promise<void>;
  /** Which partitions are handled together. A lane that fails holds no other up. */
  laneOf(partition: number): string;
  /** Everything of the partition before `next` is done. */
  done(partition: number, next: bigint): void;
  report(error: unknown): void;
}

/** Of one partition; more is fetched when there are fewer. */
export const waitingMax = 2_000;

/**
 * Hands records over in batches: one batch at a time in each lane, with everything that waits there; the records of a
 * partition in their order, and never in two batches at once. A batch that fails goes back to where it was, and comes
 * again after a pause, put together anew.
 */
export class Lanes {
  private readonly partitions = new Map<number, Partition>();
  private readonly running = new Map<string, Promise<void>>();
  /** What was set aside, in batches that failed after that and come again. */
  private readonly areAside = new WeakSet<WaitingRecord>();
  private open = true;
  private endPauses = Promise.withResolvers<void>();

  constructor(private readonly options: LaneOptions) {}

  /** How many records of the partition wait. */
  waiting(partition: number): number {
    return this.partitions.get(partition)?.waiting.length ?? 0;
  }

  put(partition: number, records: readonly WaitingRecord[]): void {
    const known = this.partitions.get(partition) ?? { waiting: [], busy: false };
    this.partitions.set(partition, known);
    for (const record of records) known.waiting.push(record);
    this.start(this.options.laneOf(partition));
  }

  /** Forgets what waits of the partition. A batch that is under way goes on, but is nobody's concern any more. */
  drop(partition: number): void {
    this.partitions.delete(partition);
  }

  /** Hands over nothing more; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.open = false;
    this.endPauses.resolve();
    await Promise.all(this.running.values());
  }

  private start(lane: string): void {
    if (this.open && !this.running.has(lane)) this.running.set(lane, this.run(lane));
  }

  private async run(lane: string): Promise<void> {
    let failures = 0;
    // Whatever this turn of the event loop brings goes into one batch.
    await new Promise<void>((next) => setImmediate(next));
    while (this.open) {
      const taken = this.take(lane);
      if (taken.length === 0) break;
      try {
        await this.handOver(taken);
        failures = 0;
      } catch (error) {
        this.options.report(error);
        await this.pause(backOffMs(failures++));
      }
      for (const { partition } of taken) partition.busy = false;
      // By now they may belong to another lane.
      for (const { id } of taken) if (this.waiting(id) > 0) this.start(this.options.laneOf(id));
    }
    this.running.delete(lane);
  }

  private take(lane: string): { id: number; partition: Partition; records: WaitingRecord[] }[] {
    const taken: { id: number; partition: Partition; records: WaitingRecord[] }[] = [];
    let room = batchMax;
    for (const [id, partition] of this.partitions) {
      if (room === 0) break;
      if (partition.busy || partition.waiting.length === 0 || this.options.laneOf(id) !== lane) continue;
      const records = partition.waiting.slice(0, room);
      room -= records.length;
      partition.busy = true;
      taken.push({ id, partition, records });
    }
    // Whoever was served goes to the end, so that a busy partition holds no other up.
    for (const { id, partition } of taken) {
      this.partitions.delete(id);
      this.partitions.set(id, partition);
    }
    return taken;
  }

  private async handOver(taken: { id: number; partition: Partition; records: WaitingRecord[] }[]): Promise<void> {
    const { handle, setAside, done } = this.options;
    for (const { id, records } of taken) {
      for (const each of records) {
        if (each.record !== null || this.areAside.has(each)) continue;
        await setAside(id, each);
        this.areAside.add(each);
      }
    }
    const batch = taken.flatMap(({ records }) => records.flatMap(({ record }) => record ?? []));
    if (batch.length > 0) await handle(batch);
    for (const { id, partition, records } of taken) {
      partition.waiting.splice(0, records.length);
      const last = records.at(-1);
      // A partition that was dropped meanwhile, and perhaps came back, is another one by now.
      if (last && this.partitions.get(id) === partition) done(id, last.offset + 1n);
    }
  }

  private async pause(delayMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, delayMs);
    });
    await Promise.race([passed, this.endPauses.promise]);
    clearTimeout(timer);
  }
}
