/** The time that a new command may wait for the commands before it in its partition. */
export const targetMs = 300;
/** The rate that a log with one partition is assumed to have until it was measured. */
const firstPerSecond = 4_000;
/**
 * The number of commands that may always be under way: those of one batch. Partitions with commands under way share it,
 * so that one busy conversation can have a burst, and many of them do not make all wait.
 */
export const fewCommands = 512;
/** The least share of one of many partitions. */
const fewestCommands = 64;
/** The length of the window in which the rate is measured. A shorter one counts when everything was done in it. */
const windowMs = 200;
const shortestWindowMs = 20;

/** A command under way, in the order of submission within its partition. */
export interface UnderWay {
  sinceMs: number;
  isDone: boolean;
  next: UnderWay | null;
}

/** The number of partitions that have commands of this server under way. */
export interface BusyPartitions {
  count: number;
}

/**
 * The commands of one partition that this server has under way, and their limit: as many as the partition processed in
 * {@link targetMs} lately, so that the wait of a command is bounded at any load (race 11).
 */
export class PartitionLoad {
  private count = 0;
  private perSecond: number;
  private oldestUnderWay: UnderWay | null = null;
  private newest: UnderWay | null = null;
  /** The counts since the window began. */
  private windowFromMs = 0;
  private doneInWindow = 0;
  private wasFull = false;

  /**
   * @param partitions the number of partitions of the log.
   * @param busy counted by the loads of all partitions together.
   */
  constructor(
    partitions: number,
    private readonly busy: BusyPartitions,
  ) {
    this.perSecond = firstPerSecond / partitions;
  }

  /** The number of commands that may be under way. */
  get bound(): number {
    const others = this.count === 0 ? this.busy.count : this.busy.count - 1;
    const few = Math.max(fewestCommands, fewCommands / (others + 1));
    return Math.max(few, (this.perSecond * targetMs) / 1_000);
  }

  /** Whether another command would have to wait too long. */
  isFull(nowMs: number): boolean {
    this.endWindow(nowMs, windowMs);
    if (this.count < this.bound) return false;
    this.wasFull = true;
    return true;
  }

  /** When the oldest command under way was submitted; null when there is none. */
  get oldestSinceMs(): number | null {
    while (this.oldestUnderWay?.isDone) this.oldestUnderWay = this.oldestUnderWay.next;
    if (!this.oldestUnderWay) this.newest = null;
    return this.oldestUnderWay?.sinceMs ?? null;
  }

  begun(command: UnderWay): void {
    if (this.count++ === 0) {
      this.busy.count++;
      this.beginWindow(command.sinceMs);
    }
    if (this.newest) this.newest.next = command;
    else this.oldestUnderWay = command;
    this.newest = command;
  }

  /** The outcome of the command arrived, or the command was given up. */
  done(command: UnderWay, nowMs: number): void {
    command.isDone = true;
    if (--this.count === 0) this.busy.count--;
    this.doneInWindow++;
    // Without commands under way, time passes in which nothing could be done.
    this.endWindow(nowMs, this.count === 0 ? shortestWindowMs : windowMs);
  }

  /**
   * In a window in which the partition was full, the measured rate is its capacity. In any other window it is only a
   * lower bound, because there was no more to do.
   */
  private endWindow(nowMs: number, minMs: number): void {
    const elapsedMs = nowMs - this.windowFromMs;
    if (elapsedMs < minMs) return;
    const perSecond = (this.doneInWindow * 1_000) / elapsedMs;
    if (this.wasFull) this.perSecond = (this.perSecond + perSecond) / 2;
    else this.perSecond = Math.max(this.perSecond, perSecond);
    this.beginWindow(nowMs);
  }

  private beginWindow(nowMs: number): void {
    this.windowFromMs = nowMs;
    this.doneInWindow = 0;
    this.wasFull = false;
  }
}
