import { fileURLToPath } from 'node:url';
import type { Subprocess } from 'bun';

const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

interface ProcessOptions {
  data: string;
  /** 0 for any free one. */
  port?: number;
  /** How to run `parley`; from the sources unless given. */
  program?: readonly string[];
  environment?: Record<string, string>;
}

/** A server in a process of its own, which can be killed. */
export class ServerProcess {
  private constructor(
    private readonly child: Subprocess<'ignore', 'ignore', 'pipe'>,
    readonly url: string,
  ) {}

  /** Resolves when it serves. Rejects with what it printed when it ends before. */
  static async start({ data, port = 0, program = [process.execPath, cli], environment }: ProcessOptions) {
    const settings = ['--data', data, '--port', String(port), '--rate-limits', 'off', '--drain-ms', '0'];
    const child = Bun.spawn([...program, 'serve', ...settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let printed = '';
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      printed += decoder.decode(chunk, { stream: true });
      const url = /http:\/\/localhost:\d+/.exec(printed)?.[0];
      if (url !== undefined) return new ServerProcess(child, url);
    }
    throw new Error(`the server ended before it served: ${printed}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** SIGKILL: no goodbye, nothing flushed. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }

  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number> {
    this.child.kill('SIGTERM');
    return this.child.exited;
  }
}
