/** Copies pages of the log to the database file, off the event loop. */
export interface Checkpointer {
  /** Copies the present content of the log. Rejects when the copy fails. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

/** The answer of the thread: null, or why the checkpoint failed. */
type Answer = string | null;

/**
 * A thread with a connection of its own that copies the log to the database file. It starts with the first checkpoint.
 */
export class CheckpointThread implements Checkpointer {
  private worker: Worker | null = null;
  private answered: PromiseWithResolvers<Answer> | null = null;

  constructor(private readonly file: string) {}

  async checkpoint(): Promise<void> {
    this.worker ??= this.start();
    this.answered = Promise.withResolvers<Answer>();
    this.worker.postMessage(this.file);
    const failure = await this.answered.promise;
    if (failure !== null) throw new Error(`the log of ${this.file} cannot be copied into it: ${failure}`);
  }

  async close(): Promise<void> {
    if (!this.worker) return;
    const closed = Promise.withResolvers<void>();
    this.worker.addEventListener('close', () => closed.resolve());
    this.worker.postMessage(null);
    await closed.promise;
  }

  private start(): Worker {
    // The program may be one executable file, which has no file of the thread's source.
    const source = new Blob([`(${serve.toString()})()`], { type: 'text/javascript' });
    const url = URL.createObjectURL(source);
    // The type is that of browsers, which lacks Bun's options.
    const worker = new Worker(url, { smol: true, ref: false } as WorkerOptions);
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.answered?.resolve(data);
    worker.onerror = ({ message }) => {
      // The thread has ended; the next checkpoint starts another.
      this.worker = null;
      this.answered?.resolve(message);
    };
    return worker;
  }
}

/** Runs in the thread, so it can use nothing outside of itself: neither imports nor what a bundler adds for `require`. */
function serve(): void {
  let database: InstanceType<typeof import('bun:sqlite').Database> | null = null;
  self.onmessage = async ({ data: file }: MessageEvent<string | null>) => {
    if (file === null) {
      database?.close();
      process.exit(0);
    }
    try {
      const { Database } = await import('bun:sqlite');
      if (database === null) {
        database = new Database(file, { readwrite: true, create: false });
        // The log is synced before its pages are copied, and the database before the log is restarted.
        database.run('PRAGMA synchronous = NORMAL');
      }
      database.query('PRAGMA wal_checkpoint(PASSIVE)').get();
      self.postMessage(null);
    } catch (error) {
      self.postMessage(String(error));
    }
  };
}
