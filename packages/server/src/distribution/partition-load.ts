/** The time that a new command may wait for the commands before it in its partition. */
export const targetMs = 300;
/** The rate at which a log of one partition is taken to work until more is known. */
const firstPerSecond = 4_000;
/** Commands under way that a log of one partition may always have: as many as one batch takes. */
export const fewCommands = 512;
/** The same for one of many partitions. */
const fewestCommands = 64;
/** The rate is measured over so much time, or over a shorter one in which everything was done. */
const windowMs = 200;
const shortestWindowMs = 20;

/** A command under way, in the order of submission within its partition. */
export interface UnderWay {
  sinceMs: number;
  isDone: boolean;
  next: UnderWay | null;
}

/**
 * The commands of one partition that this server has under way, and how many it may have: as many as the partition
 * worked off in {@link targetMs} lately, so that the wait of a command is bounded at any load (race 11).
 */
export class PartitionLoad {
  /** The number of commands that may always be under way. */
  private readonly few: number;
  private count = 0;
  private perSecond: number;
  private oldestUnderWay: UnderWay | null = null;
  private newest: UnderWay | null = null;
  /** What happened since the window began. */
  private windowFromMs = 0;
  private doneInWindow = 0;
  private wasFull = false;

  /** @param partitions the number of partitions of the log. */
  constructor(partitions: number) {
    this.few = Math.max(fewestCommands, fewCommands / partitions);
    this.perSecond = firstPerSecond / partitions;
  }

  /** The number of commands that may be under way. */
  get bound(): number {
    return Math.max(this.few, (this.perSecond * targetMs) / 1_000);
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
    if (this.count++ === 0) this.beginWindow(command.sinceMs);
    if (this.newest) this.newest.next = command;
    else this.oldestUnderWay = command;
    this.newest = command;
  }

  /** The command has its outcome, or was given up. */
  done(command: UnderWay, nowMs: number): void {
    command.isDone = true;
    this.count--;
    this.doneInWindow++;
    // Without commands under way, time passes in which nothing could be done.
    this.endWindow(nowMs, this.count === 0 ? shortestWindowMs : windowMs);
  }

  /**
   * A window in which the partition was full shows what it can do. Another one shows only that it can do as much: there
   * was no more to do.
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
