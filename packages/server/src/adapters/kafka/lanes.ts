import {
  batchMax,
  type CommandBatch,
  type CommandRecord,
  HistoryRestored,
  LevelNotSupported,
  type MalformedRecord,
} from '../../distribution/command-log-port.ts';
import type { LogReach } from '../../history/history-port.ts';
import { backOffMs } from './connection.ts';
import type { ParsedRecord } from './record-format.ts';

/** A record that waits to be handled. */
export interface WaitingRecord {
  offset: bigint;
  parsed: ParsedRecord;
  bytes: Buffer;
}

interface Partition {
  logId: string;
  /** The position before which all records are processed. */
  next: bigint;
  waiting: WaitingRecord[];
  busy: boolean;
  /** No batch was handled yet: the first one, with or without records, says where the partition continues. */
  isNew: boolean;
  /** The unsupported feature level at which the partition is stopped; null while it is not stopped. */
  needsLevel: number | null;
}

interface Taken {
  id: number;
  partition: Partition;
  records: WaitingRecord[];
}

export interface LaneOptions {
  handle(batch: CommandBatch): Promise<void>;
  /** Whether records of the partition may be handled now; asked again every {@link roomPollMs} while it says no. */
  hasRoom(partition: number): boolean;
  /** Sets a malformed record aside. */
  setAside(partition: number, bytes: Buffer, offset: bigint, malformed: MalformedRecord): Promise<void>;
  /** The lane of each partition. A lane that fails does not block others. */
  laneOf(partition: number): string;
  /** All records of the partition before `next` are processed. */
  done(partition: number, next: bigint): void;
  /** All records of the partition from this position on have to come again. */
  putBack(partition: number, position: bigint): void;
  report(error: unknown): void;
}

/** Records of one partition; more are fetched when there are fewer. */
export const waitingMax = 2_000;
const roomPollMs = 100;

/**
 * Passes records on in batches: one batch at a time in each lane, with everything that waits there. The records of a
 * partition stay in order, and are never in two batches at the same time. A batch that fails returns to the queue; its
 * records come again after a pause, in a new batch.
 */
export class Lanes {
  private readonly partitions = new Map<number, Partition>();
  private readonly running = new Map<string, Promise<void>>();
  /** Records that were set aside in batches that failed afterwards and come again. */
  private readonly areAside = new WeakSet<WaitingRecord>();
  private open = true;
  /** Of lanes with a partition that has no room: the timers that look again. */
  private readonly roomTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private endPauses = Promise.withResolvers<void>();

  constructor(private readonly options: LaneOptions) {}

  /** The number of waiting records of the partition. */
  waiting(partition: number): number {
    return this.partitions.get(partition)?.waiting.length ?? 0;
  }

  /** The started partitions, each with the position before which all records are processed. */
  get positions(): Map<number, bigint> {
    return new Map(Array.from(this.partitions, ([id, { next }]) => [id, next]));
  }

  /** The stopped partitions, each with the feature level that it needs. */
  get stopped(): Map<number, number> {
    return new Map(
      Array.from(this.partitions).flatMap(([id, { needsLevel }]) => (needsLevel === null ? [] : [[id, needsLevel]])),
    );
  }

  /** Starts a partition, whose first record is at `next` or after it. */
  begin(partition: number, logId: string, next: bigint): void {
    this.partitions.set(partition, { logId, next, waiting: [], busy: false, isNew: true, needsLevel: null });
    this.start(this.options.laneOf(partition));
  }

  /** Adds records of a started partition. */
  put(partition: number, records: readonly WaitingRecord[]): void {
    const known = this.partitions.get(partition);
    if (!known) return;
    for (const record of records) known.waiting.push(record);
    this.start(this.options.laneOf(partition));
  }

  /** Drops the waiting records of the partition. A current batch continues, but its result is ignored. */
  drop(partition: number): void {
    this.partitions.delete(partition);
  }

  /** Stops; resolves when no batch is being handled. */
  async close(): Promise<void> {
    this.open = false;
    this.endPauses.resolve();
    for (const timer of this.roomTimers.values()) clearTimeout(timer);
    await Promise.all(this.running.values());
  }

  private start(lane: string): void {
    if (this.open && !this.running.has(lane)) this.running.set(lane, this.run(lane));
  }

  private async run(lane: string): Promise<void> {
    let failures = 0;
    // All records of one turn of the event loop go into one batch.
    await new Promise<void>((next) => setImmediate(next));
    while (this.open) {
      const taken = this.take(lane);
      if (taken.length === 0) break;
      try {
        await this.handOver(taken);
        failures = 0;
      } catch (error) {
        if (error instanceof LevelNotSupported) for (const { id, partition } of taken) this.stop(id, partition, error);
        else {
          this.options.report(error);
          await this.pause(backOffMs(failures++));
        }
        if (error instanceof HistoryRestored) this.putBack(taken, error.decided);
      }
      for (const { partition } of taken) partition.busy = false;
      // They may belong to another lane now.
      for (const { id } of taken) if (this.hasWork(this.partitions.get(id))) this.start(this.options.laneOf(id));
    }
    this.running.delete(lane);
  }

  private startLater(lane: string): void {
    if (!this.open || this.roomTimers.has(lane)) return;
    const look = () => {
      this.roomTimers.delete(lane);
      this.start(lane);
    };
    this.roomTimers.set(lane, setTimeout(look, roomPollMs));
  }

  private hasWork(partition: Partition | undefined): boolean {
    if (partition === undefined || partition.needsLevel !== null) return false;
    return partition.isNew || partition.waiting.length > 0;
  }

  /** Stops the partition: its next record needs another program. */
  private stop(id: number, partition: Partition, error: LevelNotSupported): void {
    partition.needsLevel = error.level;
    const { next } = partition;
    this.options.report(new Error(`partition ${id} stops at position ${next}: ${error.message}`, { cause: error }));
  }

  private take(lane: string): Taken[] {
    const taken: Taken[] = [];
    let room = batchMax;
    for (const [id, partition] of this.partitions) {
      if (room === 0) break;
      if (partition.busy || !this.hasWork(partition) || this.options.laneOf(id) !== lane) continue;
      if (!this.options.hasRoom(id)) {
        this.startLater(lane);
        continue;
      }
      const records = this.supported(id, partition, room);
      if (records === null) continue;
      room -= records.length;
      partition.busy = true;
      taken.push({ id, partition, records });
    }
    // Partitions that were served go to the end, so that a busy partition does not delay others.
    for (const { id, partition } of taken) {
      this.partitions.delete(id);
      this.partitions.set(id, partition);
    }
    return taken;
  }

  /** The next records of a partition, up to one that needs a later program; null when that is the first record. */
  private supported(id: number, partition: Partition, limit: number): WaitingRecord[] | null {
    const records = partition.waiting.slice(0, limit);
    const end = records.findIndex(({ parsed }) => parsed.kind === 'later');
    const later = records[end]?.parsed;
    if (end !== 0 || later?.kind !== 'later') return end < 0 ? records : records.slice(0, end);
    this.stop(id, partition, new LevelNotSupported(later.level));
    return null;
  }

  private async handOver(taken: readonly Taken[]): Promise<void> {
    const { handle, setAside, done } = this.options;
    for (const { id, records } of taken) {
      for (const each of records) {
        const { parsed, bytes, offset } = each;
        if (parsed.kind !== 'malformed' || this.areAside.has(each)) continue;
        await setAside(id, bytes, offset, parsed.malformed);
        this.areAside.add(each);
      }
    }
    await handle({ records: taken.flatMap(recordsOf), reaches: taken.map(reachOf) });
    for (const { id, partition, records } of taken) {
      partition.waiting.splice(0, records.length);
      partition.isNew = false;
      const last = records.at(-1);
      if (!last) continue;
      partition.next = last.offset + 1n;
      // A partition that was dropped meanwhile, and possibly started again, does not count.
      if (this.partitions.get(id) === partition) done(id, partition.next);
    }
  }

  private putBack(taken: readonly Taken[], decided: ReadonlyMap<number, number>): void {
    for (const { id, partition } of taken) {
      const position = decided.get(id);
      if (position === undefined || this.partitions.get(id) !== partition) continue;
      this.begin(id, partition.logId, BigInt(position));
      this.options.putBack(id, BigInt(position));
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

function recordsOf({ id, records }: Taken): CommandRecord[] {
  return records.flatMap(({ offset, parsed }) =>
    parsed.kind === 'command' ? { ...parsed.record, at: { partition: id, position: Number(offset) } } : [],
  );
}

function reachOf({ id, partition: { logId, next }, records }: Taken): LogReach {
  const last = records.at(-1);
  return { partition: id, logId, from: Number(next), to: Number(last ? last.offset + 1n : next) };
}
