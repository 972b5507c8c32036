import type { CommandRecord } from '../../distribution/command-log-port.ts';
import {
  type AppendFigures,
  batchMax,
  type CommandBatch,
  type CommandConsumer,
  type CommandLog,
} from '../../distribution/command-log-port.ts';
import { type Clock, type NextTurn, setImmediateTurn, systemClock } from '../../platform/clock.ts';

type Handle = (batch: CommandBatch) => Promise<void>;

/** The pause before a failed batch is delivered again. */
const retryPauseMs = 100;
/**
 * Batches begin at least this far apart while commands arrive during a batch: a batch of one message costs almost as
 * much as a batch of five. On a busy server a batch takes longer than this.
 */
const batchIntervalMs = 4;
/**
 * Turns of the event loop in which the entries of a batch are written to the sockets, and the sockets are read after
 * that: entries that the batch published are written at the start of the turn after the next callbacks.
 */
const turnsToReadAgain = 2;

/** The embedded shape's log: a queue in this process, with one consumer at a time. */
export class MemoryCommandLog implements CommandLog {
  readonly partitions = 1;
  private appended = 0;
  private queue: CommandRecord[] = [];
  private onArrival: (() => void) | null = null;
  private endPause: (() => void) | null = null;

  /** `nextTurn` calls back when the current turn of the event loop has appended all its commands. */
  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly reportFailure: (error: unknown) => void,
    private readonly nextTurn: NextTurn = setImmediateTurn,
    /** Measures the time between batches. It is not `clock`, because batches must go on while a test's clock stands. */
    private readonly pace: Pick<Clock, 'after' | 'monotonicMs'> = systemClock,
  ) {}

  /** Each record is sent by itself at once. */
  get appends(): AppendFigures {
    return { waiting: 0, records: this.appended, sends: this.appended };
  }

  append(record: CommandRecord): undefined {
    this.queue.push(record);
    this.appended++;
    this.onArrival?.();
  }

  async consume(handle: Handle): Promise<CommandConsumer> {
    let open = true;
    const running = this.run(handle, () => open);
    return {
      owned: new Set([0]),
      stopped: new Map(),
      lag: async () => new Map([[0, this.queue.length]]),
      close: () => {
        open = false;
        this.onArrival?.();
        this.endPause?.();
        return running;
      },
    };
  }

  async setAside(record: CommandRecord, reason: string): Promise<void> {
    const { kind, conversationId, actorId, commandId } = record.command;
    const command = JSON.stringify({ kind, conversationId, actorId, commandId });
    this.reportFailure(new Error(`a command was set aside: ${reason}: ${command}`));
  }

  private async run(handle: Handle, isOpen: () => boolean): Promise<void> {
    while (isOpen()) {
      if (this.queue.length === 0) {
        await this.arrival();
        continue;
      }
      const batch = this.queue.slice(0, batchMax);
      const startedMs = this.pace.monotonicMs();
      try {
        await handle({ records: batch, reaches: [] });
        this.queue = this.queue.slice(batch.length);
        await this.gather(startedMs);
      } catch (error) {
        this.reportFailure(error);
        if (isOpen()) await this.pause();
      }
    }
  }

  /** Resolves one turn of the event loop after a record arrived, so that all commands of that turn are in one batch. */
  private async arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onArrival = resolve;
    });
    this.onArrival = null;
    await this.turnEnd();
  }

  /**
   * Commands that arrived during a batch are not from senders who wait for its outcomes, so more of them can be expected
   * soon. A sender who waits for each outcome before the next command never waits here.
   *
   * The write of an entry to many sockets takes long, and costs the same for one entry as for ten. Commands that arrive
   * meanwhile are read only afterwards. A batch that began before would leave them for the next one, whose entries would
   * then be written separately.
   */
  private async gather(startedMs: number): Promise<void> {
    if (this.queue.length === 0 || this.queue.length >= batchMax) return;
    const leftMs = startedMs + batchIntervalMs - this.pace.monotonicMs();
    if (leftMs > 0) await new Promise<void>((resolve) => this.pace.after(leftMs, resolve));
    else for (let turn = 0; turn < turnsToReadAgain; turn++) await this.turnEnd();
  }

  private turnEnd(): Promise<void> {
    return new Promise((resolve) => this.nextTurn(resolve));
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(retryPauseMs, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
    this.endPause = null;
  }
}
