import { fileURLToPath } from 'node:url';
import type { Subprocess } from 'bun';

const program = fileURLToPath(new URL('lock-holder-process.ts', import.meta.url));

/** Another program that holds a lock on a database. */
export class LockHolder {
  private constructor(
    private readonly child: Subprocess<'pipe', 'pipe', 'inherit'>,
    /** Resolves when the lock is released, by time or by request. */
    readonly released: Promise<void>,
  ) {}

  /** Resolves when the lock is held. It is held until it is released, or for the given time. */
  static async hold(file: string, statement: string, forMs?: number): Promise<LockHolder> {
    const more = forMs === undefined ? [] : [String(forMs)];
    const child = Bun.spawn([process.execPath, program, file, statement, ...more], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = linesOf(child.stdout);
    if ((await lines.next()).value !== 'held') throw new Error(`the lock of ${file} could not be acquired`);
    return new LockHolder(
      child,
      lines.next().then(() => undefined),
    );
  }

  async release(): Promise<void> {
    await this.child.stdin.end();
    await this.child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
