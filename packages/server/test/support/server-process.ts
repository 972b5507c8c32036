import { fileURLToPath } from 'node:url';
import type { Subprocess } from 'bun';

const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

interface ProcessOptions {
  data: string;
  /** 0 for any free one. */
  port?: number;
  /** How to run `parley serve`; from the sources unless given. */
  command?: readonly string[];
  environment?: Record<string, string>;
}

/** A server in a process of its own, which can be killed. */
export class ServerProcess {
  private constructor(
    private readonly child: Subprocess<'ignore', 'ignore', 'pipe'>,
    readonly url: string,
  ) {}

  /** Resolves when it serves. Rejects with what it printed when it ends before. */
  static async start({ data, port = 0, command = [process.execPath, cli, 'serve'], environment }: ProcessOptions) {
    const settings = ['--data', data, '--port', String(port), '--rate-limits', 'off', '--drain-ms', '0'];
    const child = Bun.spawn([...command, ...settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
      // A process group of its own: what started it (npm, say) and the server are told the same.
      detached: true,
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
    process.kill(-this.child.pid, 'SIGKILL');
    await this.child.exited;
  }

  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number> {
    process.kill(-this.child.pid, 'SIGTERM');
    return this.child.exited;
  }
}
