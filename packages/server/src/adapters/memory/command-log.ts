import type { CommandRecord } from '../../distribution/command.ts';
import type { CommandConsumer, CommandLog } from '../../distribution/command-log-port.ts';
import type { Clock } from '../../platform/clock.ts';

const batchMax = 512;
/** Before a batch that failed comes again. */
const retryPauseMs = 100;

/** The embedded shape's log: a queue in this process. */
export class MemoryCommandLog implements CommandLog {
  private queue: CommandRecord[] = [];
  private wake: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  append(record: CommandRecord): Promise<void> {
    this.queue.push(record);
    this.wake?.();
    return Promise.resolve();
  }

  consume(handle: (batch: readonly CommandRecord[]) => Promise<void>): Promise<CommandConsumer> {
    let open = true;
    const running = this.run(handle, () => open);
    return Promise.resolve({
      close: () => {
        open = false;
        this.wake?.();
        return running;
      },
    });
  }

  private async run(handle: (batch: readonly CommandRecord[]) => Promise<void>, isOpen: () => boolean): Promise<void> {
    while (isOpen()) {
      const batch = this.queue.slice(0, batchMax);
      if (batch.length === 0) {
        await this.arrival();
        continue;
      }
      try {
        await handle(batch);
        this.queue = this.queue.slice(batch.length);
      } catch (error) {
        this.reportFailure(error);
        await new Promise<void>((resolve) => {
          this.clock.after(retryPauseMs, resolve);
        });
      }
    }
  }

  /** Resolves one turn of the event loop after something came, so that all of that turn's commands are in one batch. */
  private async arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = null;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
